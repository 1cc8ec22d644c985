import { describe, expect, it } from 'vitest';
import {
  joinSettings,
  MASK,
  maskSettings,
  openParts,
  sealParts,
  splitSettings,
  unmaskSettings,
} from '../../src/engine/sealed-settings.js';
import { seededRandom } from '../../src/lib/random.js';
import { createSealer, SealError } from '../../src/lib/sealing.js';

const PATHS = ['key', 'auth.password', 'auth.headers.*'];
const settings = {
  mode: 'x',
  key: 'k',
  auth: { kind: 'headers', password: 'p', headers: { 'x-a': '1', 'x-b': '2' } },
};

describe('settings that are secrets', () => {
  it('are taken out whole and put back in order', () => {
    const { clear, secrets } = splitSettings(settings, PATHS);
    expect(clear).toEqual({ mode: 'x', auth: { kind: 'headers', headers: {} } });
    expect(JSON.stringify(joinSettings(clear, secrets).auth)).toContain('{"x-a":"1","x-b":"2"}');
    expect(joinSettings(clear, secrets)).toEqual(settings);
  });

  it('a null and an absent path are no secrets', () => {
    expect(splitSettings({ key: null, auth: 'none' }, PATHS)).toEqual({
      clear: { key: null, auth: 'none' },
      secrets: [],
    });
  });

  it('are masked, and a mask that comes back is what it stood for', () => {
    const masked = maskSettings(settings, PATHS);
    expect(masked).toEqual({
      mode: 'x',
      key: MASK,
      auth: { kind: 'headers', password: MASK, headers: { 'x-a': MASK, 'x-b': MASK } },
    });
    expect(unmaskSettings(masked, settings, PATHS)).toEqual(settings);
    expect(unmaskSettings({ key: MASK }, {}, PATHS)).toEqual({ key: MASK });
  });

  it('open at their own place only', () => {
    const sealer = createSealer([seededRandom('key').bytes(32)], seededRandom('iv'));
    const parts = {
      headers: [['x-a', '1']] as [string, string][],
      settings: splitSettings(settings, PATHS).secrets,
    };
    const sealed = sealParts(sealer, 'subscription:a:b', parts)!;
    expect(openParts(sealer, 'subscription:a:b', sealed)).toEqual(parts);
    expect(() => openParts(sealer, 'subscription:a:c', sealed)).toThrow(SealError);
    expect(sealParts(sealer, 'p', { headers: [], settings: [] })).toBeNull();
    expect(openParts(sealer, 'p', null)).toEqual({ headers: [], settings: [] });
  });
});
