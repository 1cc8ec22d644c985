import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/lib/bytes.js';
import { seededRandom } from '../../src/lib/random.js';
import type { Profile } from '../../src/providers/contract.js';
import { type Explained, type ExplainInput, explain } from '../../src/providers/signing/explain.js';
import { buildInput, loadAll, NOW_MS, requestInput } from '../support/profiles.js';

const registry = await loadAll();
const { get } = registry;
const SIGNING = ['noyo', 'voyado', 'healthsync', 'healthsherpa'];

interface Arrived extends ExplainInput {
  profile: Profile;
}

/** A request as this provider sends it, one minute after the publish, and judged a second later. */
function arrived(id: string, change: { secret?: string; body?: Uint8Array } = {}): Arrived {
  const profile = get(id);
  const secret = change.secret ?? profile.secret.value.make(seededRandom('mine'));
  const body = change.body ?? profile.build(buildInput(profile, profile.events[0]!.type)).body;
  const input = requestInput(profile, { secrets: [secret], body, providerEventId: 'msg_1' });
  const { headers } = profile.request(input);
  return { profile, headers, body, secrets: [secret], nowMs: NOW_MS + 61_000, toleranceMs: 300_000 };
}

function explained({ profile, ...input }: Arrived, change: Partial<ExplainInput> = {}): Explained {
  return explain(profile, { ...input, ...change });
}

const codes = ({ causes }: Explained) => causes.map(({ code }) => code);
const text = (body: Uint8Array) => Buffer.from(body).toString();

describe.each(SIGNING)('a request of %s', (id) => {
  const good = arrived(id);
  const body = text(good.body);

  it('is valid as it was sent, with the signature recomputed', () => {
    const result = explained(good);
    expect(result).toMatchObject({ verdict: 'valid', causes: [], firstDifference: null });
    expect(result.header!.received).toBe(result.header!.expected[0]);
    expect(result.signed).toMatchObject({ bodyBytes: good.body.length });
  });

  const harms: [string, Uint8Array, string, number][] = [
    ['a newline after it', utf8(`${body}\n`), 'trailing_newline', good.body.length],
    ['a byte order mark', utf8(`\ufeff${body}`), 'bom', 0],
    ['other spaces', utf8(JSON.stringify(JSON.parse(body), null, 2)), 'reserialised_json', 1],
    ['quotes around it', utf8(JSON.stringify(body)), 'reserialised_json', 0],
  ];
  it.each(harms)('names the cause of %s, and the first byte', (_, harmed, code, at) => {
    const result = explained(good, { body: harmed });
    expect(result.verdict).toBe('invalid');
    expect(codes(result)).toEqual([code]);
    expect(result.firstDifference).toMatchObject({ in: 'body', at });
  });

  it('finds two things done one after the other', () => {
    const harmed = utf8(`\ufeff${JSON.stringify(JSON.parse(body), null, 2).replaceAll('\n', '\r\n')}`);
    expect(new Set(codes(explained(good, { body: harmed })))).toEqual(new Set(['bom', 'reserialised_json']));
  });

  it('names a cut body by its Content-Length', () => {
    const headers = [...good.headers, ['content-length', String(good.body.length)] as const];
    expect(codes(explained(good, { headers, body: good.body.subarray(0, 20) }))).toEqual(['truncated_body']);
  });

  it('names a body that breaks off, without its Content-Length', () => {
    for (const end of [2, 20, good.body.length - 1]) {
      const cut = explained(good, { body: good.body.subarray(0, end) });
      expect(codes(cut), String(end)).toEqual(['truncated_body']);
    }
  });

  it('takes a changed body that ends as the whole does for none that breaks off', () => {
    const changed = utf8(body.replace('"', 'x'));
    expect(codes(explained(good, { body: changed }))).toEqual(['wrong_secret']);
  });

  it('names a signature that is wrong in one or two characters alone', () => {
    const name = explained(good).header!.name.toLowerCase();
    const damage = (places: readonly number[]) =>
      good.headers.map(([header, value]) => {
        if (header.toLowerCase() !== name) return [header, value] as const;
        const letters = [...value];
        for (const place of places) letters[place] = letters[place] === '7' ? '8' : '7';
        return [header, letters.join('')] as const;
      });
    const one = explained(good, { headers: damage([12]) });
    expect(one).toMatchObject({
      causes: [{ code: 'damaged_signature', text: expect.stringContaining('one character alone') }],
      firstDifference: { in: 'header', at: 12 },
    });
    expect(codes(explained(good, { headers: damage([12, 20]) }))).toEqual(['damaged_signature']);
    expect(codes(explained(good, { headers: damage([12, 20, 24]) }))).toEqual(['wrong_secret']);
  });

  it('names another secret, and is sure of it where the sent body is known', () => {
    const secrets = [good.profile.secret.value.make(seededRandom('another'))];
    const unsure = explained(good, { secrets });
    expect(codes(unsure)).toEqual(['wrong_secret']);
    expect(unsure.causes[0]!.text).toContain('--sent @file');
    expect(unsure.firstDifference).toBeNull();
    const sure = explained(good, { secrets, sent: good.body });
    expect(sure.causes[0]!.text).toContain('so it was signed with another secret');
  });

  it('knows what changed where the sent body is known', () => {
    const swapped = utf8(body.replace(/"\w+":/, '"changed":'));
    const result = explained(good, { body: swapped, sent: good.body });
    expect(codes(result)).toEqual(['changed_body']);
    expect(result.firstDifference!.in).toBe('body');
  });

  it('says that the header is missing', () => {
    const name = explained(good).header!.name;
    const headers = good.headers.filter(([header]) => header !== name);
    expect(codes(explained(good, { headers }))).toEqual(['missing_header']);
  });
});

describe('causes of one kind of provider', () => {
  it('finds line ends that were turned, in a body that has them', () => {
    const good = arrived('noyo', { body: utf8('{\n  "a": 1\n}') });
    const result = explained(good, { body: utf8('{\r\n  "a": 1\r\n}') });
    expect(codes(result)).toEqual(['crlf']);
    expect(result.firstDifference).toMatchObject({ at: 1, found: '0x0d "\\r"', wanted: '0x0a "\\n"' });
  });

  it('finds a body read as Latin-1', () => {
    const good = arrived('noyo', { body: utf8('{"name":"Zoë"}') });
    const harmed = utf8(Buffer.from(good.body).toString('latin1'));
    expect(codes(explained(good, { body: harmed }))).toEqual(['charset']);
  });

  it('undoes what PHP and Python write, and keeps numbers as they are', () => {
    const good = arrived('noyo', { body: utf8('{"url":"a/b","name":"ë","n":1.0}') });
    const spaced = '{"url": "a/b", "name": "ë", "n": 1.0}';
    expect(codes(explained(good, { body: utf8(spaced) }))).toEqual(['reserialised_json']);
    const other = arrived('noyo', { body: utf8('{"url":"a\\/b","name":"\\u00eb"}') });
    expect(codes(explained(other, { body: utf8('{"url":"a/b","name":"ë"}') }))).toEqual([
      'reserialised_json',
    ]);
  });

  it('names the sender’s other scheme', () => {
    const good = arrived('noyo');
    const input = requestInput(good.profile, {
      secrets: good.secrets,
      body: good.body,
      settings: { signedContent: 'body' },
    });
    const result = explained(good, { headers: good.profile.request(input).headers });
    expect(codes(result)).toEqual(['wrong_scheme']);
    expect(result.causes[0]!.text).toBe('it covers {body}, not {timestamp}.{body}');
  });

  it('names a digest in the wrong clothes', () => {
    const good = arrived('healthsync');
    const headers = good.headers.map(([name, value]) => [name, value.replace('sha256=', '')] as const);
    const result = explained(good, { headers });
    expect(codes(result)).toEqual(['wrong_scheme']);
    expect(result.causes[0]!.text).toContain('sha256=<lowercase hex>');
  });

  it('names the header it stands in', () => {
    const good = arrived('voyado');
    const headers = good.headers.map(([name, value]) => [name.replace('svix-', 'webhook-'), value] as const);
    const result = explained(good, { headers });
    expect(codes(result)).toEqual(['wrong_header']);
    expect(result.causes[0]!.text).toContain('stands in webhook-signature');
  });

  it('names spaces around a secret, and another encoding of it', () => {
    const good = arrived('noyo', { secret: 'c2VjcmV0' });
    expect(codes(explained(good, { secrets: ['c2VjcmV0\n'] }))).toEqual(['secret_whitespace']);
    const decoded = arrived('noyo', { secret: 'secret' });
    const result = explained(decoded, { secrets: ['c2VjcmV0'] });
    expect(codes(result)).toEqual(['secret_encoding']);
    expect(result.causes[0]!.text).toContain('base64');
  });

  it('takes either secret while they are rotated', () => {
    const good = arrived('voyado');
    const other = good.profile.secret.value.make(seededRandom('next'));
    expect(explained(good, { secrets: [other, ...good.secrets] }).verdict).toBe('valid');
  });

  it('judges the age of a signed timestamp against the tolerance, both ways', () => {
    const good = arrived('voyado');
    const at = NOW_MS + 60_000;
    expect(explained(good, { nowMs: at + 300_000 }).verdict).toBe('valid');
    const stale = explained(good, { nowMs: at + 300_001 });
    expect([stale.verdict, ...codes(stale)]).toEqual(['invalid', 'stale_timestamp']);
    expect(codes(explained(good, { nowMs: at - 600_000 }))).toEqual(['future_timestamp']);
    expect(explained(good, { nowMs: at + 86_400_000, toleranceMs: null }).verdict).toBe('valid');
    expect(explained(arrived('healthsync'), { nowMs: at + 86_400_000 }).verdict).toBe('valid');
  });

  it('says which signed header is missing, and which is no instant', () => {
    const good = arrived('noyo');
    const without = good.headers.filter(([name]) => name !== 'x-noyo-timestamp');
    expect(codes(explained(good, { headers: without }))).toEqual(['missing_header']);
    const spoiled = good.headers.map(
      ([name, value]) => [name, name === 'x-noyo-timestamp' ? 'soon' : value] as const,
    );
    expect(codes(explained(good, { headers: spoiled }))).toContain('unreadable_timestamp');
  });

  it('compares a shared key, and never shows it', () => {
    const good = arrived('novamed');
    expect(explained(good).verdict).toBe('valid');
    const wrong = explained(good, { secrets: ['another-key'] });
    expect(codes(wrong)).toEqual(['wrong_secret']);
    expect(JSON.stringify(wrong)).not.toContain(good.secrets[0]!);
    expect(codes(explained(good, { secrets: [`${good.secrets[0]} `] }))).toEqual(['secret_whitespace']);
    expect(explained(good, { secrets: [] }).causes).toEqual([
      { code: 'wrong_secret', text: 'no key was given to compare it with' },
    ]);
  });

  it('has nothing to check where nothing was agreed', () => {
    const good = arrived('healthsherpa');
    expect(explained(good, { secrets: [] }).verdict).toBe('unproved');
  });
});
