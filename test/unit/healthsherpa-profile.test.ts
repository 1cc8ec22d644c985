import { describe, expect, it } from 'vitest';
import { asText } from '../../src/lib/bytes.js';
import type { Json } from '../../src/lib/merge-patch.js';
import { effective } from '../../src/providers/effective.js';
import healthsherpa from '../../src/providers/healthsherpa/index.js';
import { selfSigned } from '../support/certificates.js';
import { type BuildWanted, buildInput, requestInput } from '../support/profiles.js';

function body(type: string, wanted?: BuildWanted) {
  return JSON.parse(asText(healthsherpa.build(buildInput(healthsherpa, type, wanted)).body));
}

describe('bodies', () => {
  it('write the day off exchange and the instant on exchange', () => {
    expect(body('sync').event_timestamp).toBe('01/31/2026');
    expect(body('sync', { variant: 'on_exchange' }).event_timestamp).toBe('2026-01-31T08:00:00Z');
    expect(body('submission', { variant: 'on_exchange' }).event_timestamp).toBe('2026-01-31T08:00:00.000Z');
  });

  it('carry people off exchange only', () => {
    expect(body('sync').members).toHaveLength(1);
    expect(Object.keys(body('sync', { variant: 'on_exchange' }))).not.toContain('members');
  });

  it('carry no id that a consumer could dedupe on alone', () => {
    expect(healthsherpa.build(buildInput(healthsherpa, 'sync')).providerEventId).toBeNull();
  });

  it.each(['unknown', 'blank'])('know %s on exchange only', (status) => {
    const data = { policy_status: status };
    expect(body('sync', { variant: 'on_exchange', data }).policy_status).toBe(status);
    expect(() => body('sync', { data })).toThrow(/policy_status/);
  });

  it('may lack what the published schema lets be absent', () => {
    const data = { policy_status: null, payment: null };
    expect(body('sync', { variant: 'on_exchange', data })).not.toHaveProperty('payment');
    expect(() => body('sync', { variant: 'on_exchange', data: { transaction_id: null } })).toThrow();
  });

  it('of the skill name the policy status webhook otherwise', () => {
    const settings = { generation: 'skill-2026-06' };
    expect(body('sync', { settings })).toMatchObject({
      event_type: 'policy_status_changed',
      policy: { effective_date: '2026-02-01', gross_premium: '750.25' },
      timestamp: '2026-01-31T08:00:00Z',
    });
  });
});

describe('a subscription', () => {
  const wants = (
    settings: Record<string, Json>,
    event: { type: string; variant: string | null; body?: Json },
  ) =>
    healthsherpa.wants({
      events: null,
      body: null,
      ...event,
      subscriptionSettings: effective(healthsherpa, 'subscription', [], settings).settings,
      tenantSettings: effective(healthsherpa, 'tenant').settings,
    });
  const off = { type: 'sync', variant: 'off_exchange' };
  const on = { type: 'submission', variant: 'on_exchange' };

  it.each([
    [{}, off, true],
    [{}, on, true],
    [{ exchange: 'on' }, off, false],
    [{ exchange: 'on' }, on, true],
    [{ exchange: 'off' }, on, false],
    [{ webhooks: 'submission' }, off, false],
    [{ webhooks: 'submission' }, on, true],
    [{ webhooks: 'policy_status' }, off, true],
    [{ webhooks: 'policy_status' }, on, false],
    [{ exchange: 'on' }, { type: 'sync', variant: null, body: { transaction_id: 1 } }, true],
    [{ exchange: 'on' }, { type: 'sync', variant: null, body: { application_id: 'HSA1' } }, false],
  ])('with %j and %j: %s', (settings, event, wanted) => {
    expect(wants(settings, event)).toBe(wanted);
  });
});

describe('authentication', () => {
  const { auth: rule } = healthsherpa;
  const asked = rule.value.kind === 'chosen' ? Object.entries(rule.value.asked) : [];

  it.each(asked)('%s is had by asking as the profile says', (name, { secret, settings }) => {
    const authority = selfSigned({ commonName: 'authority' });
    const { cert, key } = authority.issue({ commonName: 'client' });
    const pems: Record<string, string> = { CERTIFICATE_PEM: cert, KEY_PEM: key, CA_PEM: authority.cert };
    const filledIn = JSON.parse(JSON.stringify(settings ?? {}), (_key, value) => pems[value] ?? value);
    const inEffect = effective(healthsherpa, 'subscription', [], filledIn).settings;
    const { headers } = healthsherpa.request(
      requestInput(healthsherpa, { settings: filledIn, secrets: secret === undefined ? [] : [secret] }),
    );
    const access = healthsherpa.access?.(inEffect);
    const proof = [
      ...headers.filter(([header]) => !['Content-Type', 'Accept', 'User-Agent'].includes(header)),
      ...Object.values(access ?? {}).filter((part) => part !== null),
    ];
    expect(proof).toHaveLength(name === 'none' ? 0 : 1);
  });

  const send = (auth: Json) =>
    healthsherpa.request(requestInput(healthsherpa, { settings: { auth }, secrets: [] }));

  it.each([
    [{ kind: 'apiKey', header: 'X-Own', value: 'k' }, ['x-own']],
    [{ kind: 'basic', username: 'u', password: 'p' }, ['authorization']],
    [{ kind: 'bearer', token: 't' }, ['authorization']],
    [{ kind: 'customHeaders', headers: { 'X-One': '1' } }, ['x-one']],
    [{ kind: 'none' }, []],
  ])('masks the headers of %j', (auth, secretHeaders) => {
    expect(send(auth).secretHeaders).toEqual(secretHeaders);
  });

  it.each<Json>([
    { kind: 'apiKey', header: 'Content-Length', value: '1' },
    { kind: 'apiKey', header: 'bad name', value: '1' },
    { kind: 'apiKey', header: 'X-Own', value: 'a\r\nX-Injected: 1' },
    { kind: 'basic', username: 'a:b', password: 'p' },
    { kind: 'bearer', token: 'two words' },
    { kind: 'customHeaders', headers: { Host: 'elsewhere' } },
    { kind: 'oauth2' },
  ])('refuses %j', (auth) => {
    expect(() => effective(healthsherpa, 'subscription', [], { auth })).toThrow(/auth/);
  });
});
