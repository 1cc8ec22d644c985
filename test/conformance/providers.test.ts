import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asText } from '../../src/lib/bytes.js';
import { isObject, type Json } from '../../src/lib/merge-patch.js';
import { seededRandom } from '../../src/lib/random.js';
import type { Claim, PolicyValues, Profile } from '../../src/providers/contract.js';
import { effective } from '../../src/providers/effective.js';
import { nextDelay, retryDelays } from '../../src/providers/retry/delays.js';
import { documentText } from '../support/golden.js';
import { buildInput, loadAll, NOW_MS, requestInput } from '../support/profiles.js';

const registry = await loadAll();

const POLICIES = {
  retry: true,
  success: true,
  timeout: true,
  health: true,
  https: true,
  redirect: true,
  timestamp: true,
  rotation: true,
  whileStopped: true,
  deliveryControl: true,
} as const satisfies Record<keyof PolicyValues, true>;

const UUID = '01890a5d-ac96-774b-bcce-b302099a8057';
const SUBJECT = {
  tenantId: UUID,
  subscriptionId: UUID,
  subscriptionUid: null,
  application: 'default',
  applicationUid: null,
} as const;
const HAPPENINGS = [
  ...(['health', 'endpoint', 'user'] as const).map((by) => ({
    kind: 'disabled' as const,
    by,
    failingSinceMs: null,
  })),
  ...(['failing', 'exhausted', 'recovered'] as const).map((kind) => ({
    kind,
    event: { id: UUID, providerEventId: null, uid: null },
    attempt: { id: UUID, status: null, startedAtMs: 0 },
  })),
];

const CAMEL_CASE = /^[a-z][a-zA-Z0-9]*$/;

it.each(['noyo', 'healthsherpa', 'voyado', 'novamed', 'healthsync'])(
  'the README of %s says which document its source stands for',
  (id) => {
    const readme = readFileSync(new URL(`../../src/providers/${id}/README.md`, import.meta.url), 'utf8');
    const [source, ...others] = new Set(JSON.stringify(registry.get(id)).match(/seeds\/[a-z-]+\.md/g));
    expect(others).toEqual([]);
    expect(readme).toContain(`\`${source}\` in a source stands for `);
  },
);

describe.each(registry.list().map((profile) => ({ id: profile.id, profile })))('$id', ({ profile }) => {
  const presetsOf = (scope: 'tenant' | 'subscription') => profile.presets.filter((p) => p.scope === scope);
  /** The defaults and every preset alone. */
  const choices = [[], ...presetsOf('subscription').map(({ name }) => [name])];

  it('has names in the forms that URLs and requests need', () => {
    expect(profile.id).toMatch(/^[a-z][a-z0-9]*$/);
    for (const name of [...profile.presets.map((p) => p.name), ...Object.keys(profile.settingClaims)])
      expect(name).toMatch(CAMEL_CASE);
    const types = profile.events.map(({ type }) => type);
    expect(new Set(types).size).toBe(types.length);
    const { offered, refused } = profile.environments.value;
    expect(offered.filter((name) => name in refused)).toEqual([]);
  });

  it('says of every policy and every setting where it comes from, and gives every setting a default', () => {
    expect(new Set(Object.keys(profile.policies))).toEqual(new Set(Object.keys(POLICIES)));
    for (const policy of Object.values(profile.policies)) expectClaim(policy);
    const { tenant, subscription } = profile.settings;
    const keys = [...Object.keys(tenant.shape), ...Object.keys(subscription.shape)];
    expect(new Set(Object.keys(profile.settingClaims))).toEqual(new Set(keys));
    for (const schema of [tenant, subscription]) {
      expect(new Set(Object.keys(schema.parse({})))).toEqual(new Set(Object.keys(schema.shape)));
      expect(schema.safeParse({ noSuchSetting: 1 }).success).toBe(false);
    }
    expect(subscription.parse({}).testAffectsHealth).toBe(false);
  });

  it('makes claims that can be checked', () => {
    const claims = claimsOf(profile);
    expect(claims.length).toBeGreaterThan(10);
    for (const claim of claims) expectClaim(claim);
  });

  const quotes = claimsOf(profile).filter((claim) => claim.claim === 'documented');
  const readable = quotes.filter(({ source }) => documentText(source) !== null);
  const quoting = 'quotes its documents word for word';
  // Where the documents are not at hand, or none is quoted, there is nothing to compare.
  if (readable.length > 0)
    it(quoting, () => {
      const missing = readable.filter(
        ({ source, quote }) => !folded(documentText(source)!).includes(folded(quote)),
      );
      expect(missing).toEqual([]);
    });

  it('has presets that apply, each changing something', () => {
    expect(new Set(profile.presets.map(({ name }) => name)).size).toBe(profile.presets.length);
    for (const { name, scope, policies, settings } of profile.presets) {
      expect(effective(profile, scope, [name]), name).not.toEqual(effective(profile, scope));
      if (scope === 'tenant') expect(policies, `${name} shapes bodies only`).toBeUndefined();
      for (const key of Object.keys(settings ?? {}))
        expect(profile.settings[scope].shape).toHaveProperty(key);
    }
  });

  const folder = new URL(`../../src/providers/${profile.id}/`, import.meta.url);
  // A fixture of the tests has no reader.
  if (existsSync(folder))
    it('tells all of it in its README', () => {
      const text = readFileSync(new URL('README.md', folder), 'utf8');
      const names = [...profile.presets.map(({ name }) => name), ...Object.keys(profile.settingClaims)];
      expect(names.filter((name) => !new RegExp(`\`${name}[\`:]`).test(text))).toEqual([]);
    });

  it('waits a whole, non-negative time before each retry, and then no more', () => {
    for (const presets of choices) {
      const { retry } = effective(profile, 'subscription', presets).policies;
      const delays = retryDelays(retry);
      for (const delay of delays) expect(delay).toSatisfy((ms: number) => Number.isInteger(ms) && ms >= 0);
      if (retry.anchor === 'first') expect(delays).toEqual([...delays].sort((a, b) => a - b));
      const failure = { random: { float: () => 0.5 }, retryAfterMs: null, timedOutOr429: false };
      for (const [i, delayMs] of delays.entries())
        expect(nextDelay(retry, { ...failure, attempt: i + 1 })).toEqual({ anchor: retry.anchor, delayMs });
      expect(nextDelay(retry, { ...failure, attempt: delays.length + 1 })).toBeNull();
    }
  });

  it('sends the same headers for the same input, none of them twice, all of them legal', () => {
    for (const presets of choices) {
      const { headers } = profile.request(requestInput(profile, { presets }));
      expect(profile.request(requestInput(profile, { presets })).headers).toEqual(headers);
      const names = headers.map(([name]) => name.toLowerCase());
      expect(new Set(names).size).toBe(names.length);
      expect(names).toContain('content-type');
      for (const [name, value] of headers) {
        expect(name).toMatch(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/);
        expect(value).toMatch(/^[\t\x20-\x7e\x80-\xff]+$/);
      }
    }
  });

  it('sends what its rules say', () => {
    for (const presets of choices) {
      const input = requestInput(profile, { presets });
      const first = profile.request(input);
      const later = requestInput(profile, {
        presets,
        attempt: 2,
        timestampMs: input.timestampMs + 1e6,
        seed: 2,
      });
      const retry = profile.request(later);
      const rule = input.policies.timestamp;
      if (rule.kind === 'header')
        expect(headerOf(first, rule.header) === headerOf(retry, rule.header)).toBe(rule.scope === 'event');
      const id = profile.eventId.value;
      if (id.kind === 'header' && presets.length === 0)
        expect(headerOf(retry, id.header)).toBe(input.providerEventId);
      if (id.kind === 'header')
        expect(retry.headers.map(([, value]) => value)).toContain(input.providerEventId);
      const auth = profile.auth.value;
      if (presets.length === 0 && auth.kind === 'signature')
        expect(headerOf(first, auth.header)?.startsWith(auth.prefix)).toBe(true);
      if (presets.length === 0 && auth.kind === 'sharedKey')
        expect(headerOf(first, auth.header)).toBe(input.secrets[0]);
    }
  });

  it('names every header that carries a secret', () => {
    const customHeaders = [['Authorization', 'Bearer swordfish']] as const;
    const secrets = ['a-secret-that-would-be-seen'].filter(
      (s) => profile.secret.value.accepts.safeParse(s).success,
    );
    const input = requestInput(profile, { customHeaders, ...(secrets.length > 0 ? { secrets } : {}) });
    const { headers, secretHeaders } = profile.request(input);
    const carrying = headers
      .filter(([, value]) => ['swordfish', ...input.secrets].some((secret) => value.includes(secret)))
      .map(([name]) => name.toLowerCase());
    expect(secretHeaders).toEqual(expect.arrayContaining(carrying));
    expect(secretHeaders.filter((name) => name !== name.toLowerCase())).toEqual([]);
  });

  it('lets a custom header take the place of none of its own', () => {
    const own = profile.request(requestInput(profile)).headers.map(([name]) => name.toLowerCase());
    const reserved = profile.reservedHeaders.value;
    const kept = own.filter((name) =>
      reserved.some((r) => (r.endsWith('*') ? name.startsWith(r.slice(0, -1)) : r === name)),
    );
    expect(reserved.filter((name) => name !== name.toLowerCase())).toEqual([]);
    const { header } = { header: '', ...profile.auth.value };
    if (profile.auth.value.kind === 'signature' || profile.auth.value.kind === 'sharedKey')
      expect(kept).toContain(header.toLowerCase());
  });

  it('makes secrets that it accepts', () => {
    const { use, accepts } = profile.secret.value;
    if (use === 'none') return;
    for (const secret of requestInput(profile).secrets) expect(accepts.safeParse(secret).success).toBe(true);
  });

  it('has a test event of its own catalogue', () => {
    expect(() => registry.event(profile, profile.test.value.type)).not.toThrow();
  });

  it('gives the known answers', () => {
    for (const vector of profile.vectors ?? []) expect(vector.actual(), vector.title).toBe(vector.expected);
    if (profile.auth.value.kind === 'signature') expect(profile.vectors?.length).toBeGreaterThan(0);
  });

  if (profile.operational)
    it('tells of its deliveries in events of its own list, to whoever wants them', () => {
      const { events, failingAfter, tell } = profile.operational!.value;
      const types = events.map(({ type }) => type);
      expect(new Set(types).size).toBe(types.length);
      expect(types.filter((type) => profile.events.some((event) => event.type === type))).toEqual([]);
      expect(failingAfter).toBeGreaterThan(0);
      const said = HAPPENINGS.map((happening) =>
        tell({ about: SUBJECT, ...happening }, { nowMs: NOW_MS, random: seededRandom(1) }),
      ).filter((told) => told !== null);
      expect(new Set(said.map(({ type }) => type))).toEqual(new Set(types));
      for (const { type, body } of said) {
        expect(() => JSON.parse(asText(body))).not.toThrow();
        const subscriptionSettings = effective(profile, 'subscription').settings;
        const tenantSettings = effective(profile, 'tenant').settings;
        const wanted = { type, variant: null, body: null, subscriptionSettings, tenantSettings };
        expect(profile.wants({ ...wanted, events: null })).toBe(true);
        expect(profile.wants({ ...wanted, events: [type] })).toBe(true);
        expect(profile.wants({ ...wanted, events: ['another'] })).toBe(false);
      }
    });

  it('wants its own events where nothing is filtered', () => {
    const subscriptionSettings = effective(profile, 'subscription').settings;
    const tenantSettings = effective(profile, 'tenant').settings;
    for (const { type, offeredWhen } of profile.events) {
      if (offeredWhen && Object.entries(offeredWhen).some(([key, value]) => tenantSettings[key] !== value))
        continue;
      const body = JSON.parse(asText(profile.build(buildInput(profile, type)).body)) as Json;
      const wanted = { type, variant: null, events: null, body, subscriptionSettings, tenantSettings };
      expect(profile.wants(wanted), type).toBe(true);
    }
  });
});

function headerOf({ headers }: { headers: readonly (readonly [string, string])[] }, name: string) {
  return headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

function expectClaim(claim: Claim): void {
  if (claim.claim === 'documented') {
    expect(claim.source).toMatch(/^seeds\/[a-z0-9-]+\.md$|^https:\/\//);
    expect(claim.quote.trim()).not.toBe('');
    expect(claim.quote.trim().split(/\s+/).length, claim.quote).toBeLessThanOrEqual(15);
  } else if (claim.claim === 'external') {
    expect(claim.source).toMatch(/^https:\/\//);
  } else {
    expect(claim.why.trim()).not.toBe('');
  }
}

/** Every claim anywhere in the profile's data. */
function claimsOf(profile: Profile): Claim[] {
  const { settings, secret, ...data } = profile;
  const found: Claim[] = [secret];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const entry of node) visit(entry);
    else if (isObject(node)) {
      if (typeof node.claim === 'string') found.push(node as unknown as Claim);
      for (const value of Object.values(node)) visit(value);
    }
  };
  visit(data);
  return found;
}

function folded(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
