import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CATALOGUE } from '../../src/engine/faults/catalogue.js';
import { type Distorted, distort, targetOf } from '../../src/engine/faults/distort.js';
import { type Fault, paramsOf } from '../../src/engine/faults/fault.js';
import { unknownEnum } from '../../src/engine/faults/legal/unknown-enum.js';
import { asText } from '../../src/lib/bytes.js';
import { seededRandom } from '../../src/lib/random.js';
import type { Profile, RequestInput } from '../../src/providers/contract.js';
import { loadRegistry } from '../../src/providers/registry.js';
import { buildInput, NOW_MS, requestInput } from '../support/profiles.js';
import { type Arrived, healthSyncVerifies, noyoVerifies } from '../support/verifiers.js';

const registry = await loadRegistry();
const PROVIDERS = registry.list();
const TOLERANCE_MS = 5 * 60_000;

// The verifiers compare with the global Date.
beforeAll(() => {
  vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] });
});
afterAll(() => {
  vi.useRealTimers();
});

/** Both read the JSON after they verified the bytes. */
const bySvix =
  (Library: typeof SvixWebhook | typeof StandardWebhook, prefix: string) =>
  (secret: string, { headers, body }: Arrived) => {
    const named = Object.entries(headers).map(([name, value]) => [name.replace(/^svix-/, prefix), value]);
    try {
      new Library(secret).verify(body.toString(), Object.fromEntries(named));
      return true;
    } catch (error) {
      return error instanceof SyntaxError;
    }
  };

/** Careful consumers: the verifiers that the providers give out, and the time where that is signed. */
const ACCEPTS: Record<string, ((secret: string, arrived: Arrived) => boolean)[]> = {
  voyado: [bySvix(SvixWebhook, 'svix-'), bySvix(StandardWebhook, 'webhook-')],
  noyo: [
    (secret, arrived) =>
      Math.abs(Date.parse(arrived.headers['x-noyo-timestamp']!) - NOW_MS) <= TOLERANCE_MS &&
      noyoVerifies(secret, arrived),
  ],
  healthsync: [healthSyncVerifies],
  healthsherpa: [
    (secret, { headers, body }) =>
      headers['x-webhook-signature'] === createHmac('sha256', secret).update(body).digest('hex'),
  ],
  novamed: [(secret, { headers }) => headers['x-api-key'] === secret],
};

function accepts(provider: string, secret: string, { wire }: Distorted): boolean {
  const arrived = {
    headers: Object.fromEntries(wire.headers.map(([name, value]) => [name.toLowerCase(), value])),
    body: Buffer.from(wire.body),
  };
  const verdicts = ACCEPTS[provider]!.map((verify) => {
    try {
      return verify(secret, arrived);
    } catch {
      return false;
    }
  });
  expect(new Set(verdicts).size, 'all verifiers of one provider agree').toBe(1);
  return verdicts[0]!;
}

const OLD = 'whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk';

function inputOf(
  profile: Profile,
  more: Pick<RequestInput, 'secrets'> | Record<string, never> = {},
): RequestInput {
  const { type } = profile.events[0]!;
  const { body, providerEventId } = profile.build(buildInput(profile, type));
  const secrets = [profile.secret.value.make(seededRandom('secret'))];
  return requestInput(profile, { type, body, providerEventId, timestampMs: NOW_MS, secrets, ...more });
}

/** What a fault cannot do without. */
const NEEDS: Record<string, Record<string, unknown>> = { outage: { for: '1h' } };

function apply(fault: Fault, input: RequestInput, profile: Profile, seed = 'turn'): Distorted {
  const params = paramsOf(fault, NEEDS[fault.type] ?? {});
  return distort(profile, input, { drawn: [{ fault, params, random: seededRandom(seed) }], retired: [OLD] });
}

function refusal(fault: Fault, input: RequestInput, profile: Profile, retired: string[] = [OLD]) {
  return fault.refuse?.(targetOf(profile, input, retired), paramsOf(fault, NEEDS[fault.type] ?? {})) ?? null;
}

/** Whatever else a fault does to a request, these make it one that must be refused. */
const SENT_BY_ANOTHER_COPY = ['captured_replay'];

describe('the catalogue', () => {
  it('has every fault of the folder, each once and in the folder of its class', () => {
    const folder = fileURLToPath(new URL('../../src/engine/faults/', import.meta.url));
    const files = ['legal', 'hostile', 'broken'].flatMap((kind) =>
      readdirSync(`${folder}${kind}`).map(
        (name) => `${kind}/${name.replace('.ts', '').replaceAll('-', '_')}`,
      ),
    );
    expect(CATALOGUE.map((fault) => `${fault.class}/${fault.type}`).sort()).toEqual(files.sort());
  });

  it('is what docs/faults.md lists, word for word and with every parameter', () => {
    const doc = readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8');
    const rows = doc.split('\n').filter((line) => /^\| `\w+` \| (legal|hostile|broken) \|/.test(line));
    expect(rows.map((row) => /`(\w+)`/.exec(row)![1])).toEqual(CATALOGUE.map(({ type }) => type));
    for (const [i, fault] of CATALOGUE.entries()) {
      const [, , kind, summary, params, wire] = rows[i]!.split('|').map((cell) => cell.trim());
      expect([kind, summary, wire]).toEqual([fault.class, fault.summary, fault.wire]);
      for (const name of Object.keys(fault.params)) expect(params).toContain(`\`${name}\``);
    }
  });

  it.each(CATALOGUE.map((fault) => [fault.type, fault] as const))(
    '%s touches an attempt somewhere',
    (_, fault) => {
      const { postpone, copy, input, request, manner, losesAnswer } = fault as Fault;
      expect([postpone, copy, input, request, manner, losesAnswer].some(Boolean)).toBe(true);
      expect(fault.summary).toMatch(/\.$/);
      expect(fault.wire).toMatch(/\.$/);
    },
  );
});

describe.each(PROVIDERS.map((profile) => [profile.id, profile] as const))('at %s', (id, profile) => {
  const input = inputOf(profile);
  const possible = CATALOGUE.filter((fault) => refusal(fault, input, profile) === null);

  it('a request without a fault is accepted', () => {
    expect(accepts(id, input.secrets[0]!, distort(profile, input, { drawn: [] }))).toBe(true);
  });

  it.each(possible.filter((f) => f.class === 'legal').map((f) => [f.type, f] as const))(
    'legal %s is accepted by careful consumers',
    (_, fault) => {
      expect(accepts(id, input.secrets[0]!, apply(fault, input, profile))).toBe(true);
    },
  );

  it.each(
    possible
      .filter((f) => f.class === 'hostile' && !SENT_BY_ANOTHER_COPY.includes(f.type))
      .map((f) => [f.type, f] as const),
  )('hostile %s is refused by careful consumers, whatever the seed', (_, fault) => {
    for (const seed of ['a', 'b', 'c', 'd', 'e'])
      expect(accepts(id, input.secrets[0]!, apply(fault, input, profile, seed))).toBe(false);
  });

  it.each(
    possible
      .filter((f) => f.type === 'empty_body' || f.type === 'malformed_json')
      .map((f) => [f.type, f] as const),
  )('broken %s carries a valid proof, so that nothing else is at fault', (_, fault) => {
    const distorted = apply(fault, input, profile);
    expect(accepts(id, input.secrets[0]!, distorted)).toBe(true);
    expect(() => JSON.parse(asText(distorted.wire.body))).toThrow();
  });

  it.each(CATALOGUE.map((f) => [f.type, f] as const))('%s repeats itself by its seed', (_, fault) => {
    const once = () => apply(fault, { ...input, random: seededRandom('same') }, profile, 'one');
    expect(once()).toEqual(once());
  });
});

describe('what makes no sense is refused, with the reason', () => {
  const UNSIGNED_TIME = 'signs no timestamp';
  const UNSIGNED_ID = 'signs no id in a header';
  const NOTHING_SIGNED = 'signs nothing here';
  const NO_VERSION = 'name no version';
  const NO_LIST = 'closed list of values';
  const ONE_SECRET = 'one secret at a time';
  /** Everything else is possible. */
  const REFUSED: Record<string, Record<string, string>> = {
    voyado: { unknown_enum: NO_LIST },
    noyo: { id_swap: UNSIGNED_ID, wrong_scheme_version: NO_VERSION },
    healthsync: {
      unknown_enum: NO_LIST,
      stale_timestamp: UNSIGNED_TIME,
      future_timestamp: UNSIGNED_TIME,
      id_swap: UNSIGNED_ID,
      rotated_secret: ONE_SECRET,
    },
    healthsherpa: {
      stale_timestamp: UNSIGNED_TIME,
      future_timestamp: UNSIGNED_TIME,
      id_swap: UNSIGNED_ID,
      wrong_scheme_version: NO_VERSION,
      rotated_secret: ONE_SECRET,
    },
    novamed: {
      unknown_enum: NO_LIST,
      tampered_body: NOTHING_SIGNED,
      stale_timestamp: NOTHING_SIGNED,
      future_timestamp: NOTHING_SIGNED,
      id_swap: NOTHING_SIGNED,
      wrong_scheme_version: NOTHING_SIGNED,
      rotated_secret: ONE_SECRET,
    },
  };

  it.each(
    PROVIDERS.flatMap((profile) =>
      CATALOGUE.map((fault) => [fault.type, profile.id, fault, profile] as const),
    ),
  )('%s at %s', (type, id, fault, profile) => {
    const reason = refusal(fault, inputOf(profile), profile);
    const expected = REFUSED[id]![type];
    if (expected === undefined) expect(reason).toBeNull();
    else expect(reason).toContain(expected);
  });

  it('a proof cannot be falsified where there is none', () => {
    const sherpa = registry.get('healthsherpa');
    const bare = inputOf(sherpa, { secrets: [] });
    for (const type of ['bad_signature', 'missing_signature', 'captured_replay'])
      expect(refusal(CATALOGUE.find((f) => f.type === type)!, bare, sherpa)).toContain(
        'Nothing in its requests proves',
      );
    for (const type of ['wrong_secret', 'other_tenant_secret', 'retired_secret'])
      expect(refusal(CATALOGUE.find((f) => f.type === type)!, bare, sherpa)).toContain('No secret is set');
  });

  it('a retired secret cannot be used where none is retired', () => {
    const noyo = registry.get('noyo');
    const fault = CATALOGUE.find((f) => f.type === 'retired_secret')!;
    expect(refusal(fault, inputOf(noyo), noyo, [])).toContain('rotate it');
  });
});

const NO_VARIANT = { unicode: false, slash: false, float: false, whitespace: false };

describe('what is rewritten', () => {
  const noyo = registry.get('noyo');
  const input = inputOf(noyo);
  const original = JSON.parse(asText(input.body));
  const bodyOf = (type: string, given: Record<string, unknown> = {}) => {
    const fault: Fault = CATALOGUE.find((f) => f.type === type)!;
    const drawn = [{ fault, params: paramsOf(fault, given), random: seededRandom('turn') }];
    return asText(distort(noyo, input, { drawn }).wire.body);
  };

  it('byte variants mean the same, in other bytes', () => {
    const text = bodyOf('byte_variants');
    expect(JSON.parse(text)).toEqual(original);
    expect(text).not.toBe(asText(input.body));
    expect(text).toMatch(/\\u00/);
    expect(text.endsWith('\n')).toBe(true);
    expect(bodyOf('byte_variants', NO_VARIANT)).toBe(asText(input.body));
    expect(Object.keys(JSON.parse(bodyOf('byte_variants', { order: true })))).toEqual(
      Object.keys(original).reverse(),
    );
    expect(bodyOf('byte_variants', { bigNumber: true })).toContain('9007199254740993');
  });

  it.each<[string, string, Record<string, unknown>, (text: string) => string]>([
    [
      'a field more',
      'unknown_field',
      { name: 'later', value: 7 },
      (text) => text.replace(' }\n', ',"later":7 }\n'),
    ],
    [
      'more bytes',
      'big_body',
      { bytes: 200 },
      (text) => text.replace(' }\n', `,"ringer_padding":"${'x'.repeat(200 - text.length - 20)}" }\n`),
    ],
    [
      'another type',
      'unknown_event_type',
      { name: 'x' },
      (text) => text.replace('"difference.created"', '"x"'),
    ],
    [
      'another value',
      'unknown_enum',
      { path: 'data.words.1', value: 'x' },
      (text) => text.replace('"old"', '"x"'),
    ],
    [
      'another order',
      'byte_variants',
      { ...NO_VARIANT, order: true },
      (text) => {
        const [, event, big, data] = /^(.*?), (.*?) , (.*) \}\n$/.exec(text.slice(2))!;
        return `{ ${data}, ${big} , ${event} }\n`;
      },
    ],
    [
      'a great number',
      'byte_variants',
      { ...NO_VARIANT, bigNumber: true },
      (text) => text.replace(' }\n', ',"ringer_number":9007199254740993 }\n'),
    ],
  ])('leaves every other byte as it was: %s', (_, type, given, expected) => {
    const text =
      '{ "event" : {"type":"difference.created","2":1e2,"1":-0}, "big":9007199254740993 , "data":{ "words": ["\\u0061", "old"],"n":1.0} }\n';
    const fault: Fault = CATALOGUE.find((f) => f.type === type)!;
    const drawn = [{ fault, params: paramsOf(fault, given), random: seededRandom('turn') }];
    const written = { ...input, type: 'difference.created', body: Buffer.from(text) };
    expect(asText(distort(noyo, written, { drawn }).wire.body)).toBe(expected(text));
  });

  it('a big body has exactly as many bytes', () => {
    for (const bytes of [20_480, 262_144, 2 * 1_048_576])
      expect(Buffer.byteLength(bodyOf('big_body', { bytes }))).toBe(bytes);
  });

  it('an unknown type, field and value stand where a known one stood', () => {
    expect(bodyOf('unknown_event_type')).toContain('"ringer.unknown"');
    expect(JSON.parse(bodyOf('unknown_field', { name: 'later', value: 7 }))).toEqual({
      ...original,
      later: 7,
    });
    expect(bodyOf('unknown_enum')).toContain('"ringer_unknown"');
  });
});

describe('a value that no list names', () => {
  /** The types of events in which a list is documented, and where; in no others there is one. */
  const LISTS: Record<string, (type: string) => boolean> = {
    noyo: (type) => /status|connection/.test(type),
    healthsherpa: () => true,
    healthsync: (type) => type.startsWith('analysis.'),
    voyado: () => false,
    novamed: () => false,
  };
  it.each(PROVIDERS.map((profile) => [profile.id, profile] as const))('at %s', (id, profile) => {
    for (const { type } of profile.events) {
      const { body, providerEventId } = profile.build(buildInput(profile, type));
      const input = requestInput(profile, { type, body, providerEventId, timestampMs: NOW_MS });
      expect([type, refusal(unknownEnum, input, profile) === null]).toEqual([type, LISTS[id]!(type)]);
    }
  });
});

describe('parameters', () => {
  it.each([
    ['duplicate', { n: 0 }],
    ['outage', {}],
    ['late', { by: 'tomorrow' }],
    ['big_body', { bytes: 3 * 1_048_576 }],
    ['truncated_body', { fraction: 1 }],
    ['slow_body', { interval: '2m' }],
    ['chunked', { size: 3 }],
  ])('%s does not take %j', (type, given) => {
    expect(() => paramsOf(CATALOGUE.find((f) => f.type === type)!, given)).toThrow();
  });
});

describe('a tampered body', () => {
  const { tampered_body: tampered } = Object.fromEntries(
    CATALOGUE.map((fault) => [fault.type, fault] as const),
  );
  it.each([
    ['letters of two units', Buffer.from('{"a":"😀😀😀","name":"aab😀aaaab1111"}')],
    ['bytes that are no UTF-8', Buffer.from('7b2261223a22ff656667227d', 'hex')],
  ])('differs in one byte from one with %s', (_, body) => {
    for (let i = 0; i < 100; i++) {
      const context = { random: seededRandom(`tamper ${i}`) } as Parameters<NonNullable<Fault['request']>>[2];
      const made = tampered!.request!({ headers: [], body, secretHeaders: [], signature: null }, {}, context);
      const differing = [...body].filter((byte, at) => byte !== made.body[at]);
      expect([made.body.length, differing.length]).toEqual([body.length, 1]);
    }
  });
});
