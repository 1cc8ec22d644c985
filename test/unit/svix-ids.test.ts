import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIds } from '../../src/lib/ids.js';
import { seededRandom } from '../../src/lib/random.js';
import { fromBase62 } from '../../src/providers/voyado/ksuid.js';
import { type SvixPrefix, svixId, uuidOfSvixId } from '../../src/providers/voyado/svix-ids.js';

const EPOCH_MS = 1_400_000_000_000;
/** Every instant whose second fits into the four bytes of a KSUID. */
const instants = fc.integer({ min: EPOCH_MS, max: EPOCH_MS + 0xffffffff * 1000 });
const prefixes = fc.constantFrom<SvixPrefix>('app', 'ep', 'msg', 'atmpt', 'qtask', 'org');
const uuids = fc
  .tuple(instants, fc.integer())
  .map(([atMs, seed]) => createIds(() => atMs, seededRandom(seed)).next());

describe('ids in the form of Svix', () => {
  it('come back to the id they were made of, under their own prefix only', () => {
    fc.assert(
      fc.property(prefixes, prefixes, uuids, (prefix, other, uuid) => {
        const id = svixId(prefix, uuid);
        expect(id).toMatch(new RegExp(`^${prefix}_[0-9A-Za-z]{27}$`));
        expect(uuidOfSvixId(prefix, id)).toBe(uuid);
        if (other !== prefix) expect(uuidOfSvixId(other, id)).toBeNull();
      }),
    );
  });

  it('sort as our own ids do, by their time', () => {
    fc.assert(
      fc.property(uuids, uuids, (a, b) => {
        expect(svixId('ep', a) < svixId('ep', b)).toBe(a < b);
      }),
    );
  });

  it('begin with the second as a KSUID has it', () => {
    const uuid = createIds(() => Date.parse('2025-09-01T12:00:00.999Z'), seededRandom('one')).next();
    const bytes = fromBase62(svixId('msg', uuid).slice(4))!;
    const seconds = Buffer.from(bytes).readUInt32BE();
    expect((seconds + 1_400_000_000) * 1000).toBe(Date.parse('2025-09-01T12:00:00Z'));
  });

  it('are refused when their second was changed', () => {
    const uuid = createIds(() => Date.parse('2026-01-02T03:04:05Z'), seededRandom('two')).next();
    const id = svixId('ep', uuid);
    for (let i = 3; i < 8; i++) {
      const changed = `${id.slice(0, i)}${id[i] === 'a' ? 'b' : 'a'}${id.slice(i + 1)}`;
      expect(uuidOfSvixId('ep', changed), changed).toBeNull();
    }
  });

  it.each(['', 'ep_', 'ep_zzzzzzzzzzzzzzzzzzzzzzzzzzz', 'ep_2x', 'ep_32Clu059-Zq4PfsVCmz6jZrCG7f'])(
    'refuses %s',
    (text) => expect(uuidOfSvixId('ep', text)).toBeNull(),
  );

  it('refuses an id of another maker, whose second says nothing of its bytes', () => {
    expect(uuidOfSvixId('app', 'app_32ClaTY2C4ZqPfsVCmz6jZrCG7f')).toBeNull();
  });
});
