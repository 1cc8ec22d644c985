import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.js';
import { effective } from '../../src/providers/effective.js';
import { loadAll } from '../support/profiles.js';

const noyo = (await loadAll()).get('noyo');

function refusal(run: () => unknown): AppError {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('was not refused');
}

describe('what is in effect', () => {
  it('is the profile’s own without presets and settings', () => {
    const { policies, settings } = effective(noyo, 'subscription');
    expect(policies.retry).toEqual(noyo.policies.retry.value);
    expect(settings).toEqual(noyo.settings.subscription.parse({}));
  });

  it('takes presets in their order, and explicit settings over them', () => {
    const both = effective(noyo, 'subscription', ['body', 'both']);
    expect(both.settings.signedContent).toBe('both');
    const explicit = effective(noyo, 'subscription', ['body'], { signedContent: 'timestamp.body' });
    expect(explicit.settings.signedContent).toBe('timestamp.body');
    const curves = effective(noyo, 'subscription', ['cappedAt12h', 'fifteenAttempts']).policies.retry.curve;
    expect(curves).toMatchObject({ retries: 14, capMs: null });
  });

  it('leaves the profile as it is', () => {
    const before = structuredClone(noyo.policies.timeout);
    effective(noyo, 'subscription', ['timeout30s'], { timeoutMs: 1 });
    expect(noyo.policies.timeout).toEqual(before);
  });

  it('lets a timeout and a timestamp scope of its own reach the policies', () => {
    const settings = { timeoutMs: 2000, timestampScope: 'event' };
    const { policies } = effective(noyo, 'subscription', ['timeout30s'], settings);
    expect(policies.timeout).toEqual({ kind: 'total', ms: 2000 });
    expect(policies.timestamp).toMatchObject({ header: 'x-noyo-timestamp', scope: 'event' });
  });
});

describe('a refusal', () => {
  it('lists the presets of the scope', () => {
    const error = refusal(() => effective(noyo, 'tenant', ['noSuchPreset']));
    expect(error.code).toBe('unknown_preset');
    expect(error.message).toContain('shuffledKeys');
    expect(error.message).not.toContain('body');
  });

  it('says where a preset of the other scope belongs', () => {
    const error = refusal(() => effective(noyo, 'subscription', ['shuffledKeys']));
    expect(error.code).toBe('unknown_preset');
    expect(error.message).toContain('PUT …/tenants/{tenant}/providers/{provider}');
  });

  it('lists the settings of the scope, or says where one belongs', () => {
    const unknown = refusal(() => effective(noyo, 'subscription', [], { signed_content: 'body' }));
    expect(unknown.code).toBe('unknown_setting');
    expect(unknown.message).toContain('signedContent');
    expect(unknown.errors?.[0]?.path).toBe('settings.signed_content');
    const elsewhere = refusal(() => effective(noyo, 'tenant', [], { signedContent: 'body' }));
    expect(elsewhere.message).toContain('belongs to a subscription');
  });

  it('names the field that does not fit', () => {
    const error = refusal(() => effective(noyo, 'subscription', [], { timeoutMs: 'soon' }));
    expect(error.code).toBe('invalid_setting');
    expect(error.errors?.map(({ path }) => path)).toEqual(['settings.timeoutMs']);
  });

  it('does not take a key of Object for a setting', () => {
    expect(refusal(() => effective(noyo, 'tenant', [], { constructor: 1 })).code).toBe('unknown_setting');
  });
});
