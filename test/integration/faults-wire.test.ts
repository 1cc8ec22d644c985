import { createHmac } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createEgress } from '../../src/engine/egress/egress.js';
import { meetTogether, type Together } from '../../src/engine/egress/together.js';
import { CATALOGUE } from '../../src/engine/faults/catalogue.js';
import { PLAIN } from '../../src/engine/faults/manner.js';
import type { FaultInput } from '../../src/services/schemas/faults.js';
import { eventually } from '../support/eventually.js';
import { type RawConnection, type RawReceiver, rawReceiver } from '../support/raw-receiver.js';
import { bare, HOUR, type Scene, SECOND, START, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
/** To which a rotation goes, where a fault wants one behind it. */
const NEXT = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

interface Shown {
  connections: RawConnection[];
  /** The body as the event has it. */
  body: Buffer;
  scene: Scene;
  deliveryId: string;
  /** Its own id, before any fault. */
  messageId: string;
}

/** One event at a provider that signs everything, with one fault, to a receiver that keeps every byte. */
async function show(
  given: FaultInput,
  { count = 1, advance = '0s', rotated = false }: Omit<Wanted, 'given'> = {},
): Promise<Shown> {
  const receiver = await rawReceiver();
  const scene = await setScene(world, 'voyado', { url: receiver.url, secret: SECRET });
  if (rotated) {
    const rotation = { secret: NEXT, overlap: HOUR };
    await scene.services.secrets.rotate(scene.tenantId, scene.subscriptionId, rotation);
    await scene.advance({ by: HOUR });
  }
  await scene.services.faults.add(scene.tenantId, given);
  const deliveryId = await scene.publish();
  await settled(scene, deliveryId, advance);
  const connections = await got(receiver, count);
  const delivery = await scene.delivery(deliveryId);
  const body = Buffer.from(await scene.services.history.eventBytes(scene.tenantId, bare(delivery.eventId)));
  return { connections, body, scene, deliveryId, messageId: delivery.providerEventId! };
}

async function settled(scene: Scene, deliveryId: string, advance: string): Promise<void> {
  await scene.advance({ by: Number.parseInt(advance, 10) * (advance.endsWith('h') ? 3_600_000 : 1_000) });
  await scene.delivery(deliveryId);
}

const got = (receiver: RawReceiver, count: number) => receiver.got(count);

const header = ({ headers }: RawConnection, name: string) =>
  headers.find(([sent]) => sent.toLowerCase() === name)?.[1];

/** What each one must show on the wire, beside being logged. */
const PROOFS: Record<string, (shown: Shown) => void | Promise<void>> = {
  duplicate({ connections, body }) {
    expect(connections).toHaveLength(2);
    expect(new Set(connections.map((c) => header(c, 'svix-id'))).size).toBe(1);
    for (const connection of connections) expect(connection.body).toEqual(body);
  },
  duplicate_concurrent({ connections, body }) {
    expect(connections).toHaveLength(3);
    for (const connection of connections) expect(connection.body).toEqual(body);
  },
  async ack_lost(shown) {
    // The receiver answered 200 to it.
    whole(shown);
    const { status, attempts } = await shown.scene.delivery(shown.deliveryId);
    expect([status, attempts.length, attempts[0]!.outcome]).toEqual(['pending', 1, 'retry']);
  },
  burst({ connections }) {
    expect(connections).toHaveLength(5);
    expect(new Set(connections.map((c) => header(c, 'svix-id'))).size).toBe(1);
  },
  replay_by_operator: ({ connections }) => expect(connections).toHaveLength(2),
  // Backwards: what comes first in a window goes out last after its end.
  reorder: lateBy(2 * 10 * SECOND - 1),
  delay: lateBy(30 * SECOND),
  late: lateBy(26 * HOUR),
  outage: lateBy(HOUR),
  slow_body({ connections, body }) {
    expect(connections[0]!.body).toEqual(body);
    expect(connections[0]!.pieces.length).toBeGreaterThan(3);
  },
  chunked({ connections, body }) {
    const [connection] = connections;
    expect(header(connection!, 'transfer-encoding')).toBe('chunked');
    expect(header(connection!, 'content-length')).toBeUndefined();
    const first = connection!.body.toString('latin1').split('\r\n')[0]!;
    expect(Number.parseInt(first, 16)).toBe(64);
    expect(unchunked(connection!.body)).toEqual(body);
  },
  extra_header: ({ connections }) => expect(header(connections[0]!, 'x-ringer-unknown')).toBe('1'),
  header_case: ({ connections }) =>
    expect(connections[0]!.headers.every(([name]) => name === name.toUpperCase())).toBe(true),
  unknown_event_type: ({ connections }) => expect(connections[0]!.text).toContain('ringer.unknown'),
  unknown_field: ({ connections, body }) => {
    const sent = JSON.parse(connections[0]!.body.toString());
    expect(sent).toEqual({ ...JSON.parse(body.toString()), ringer_unknown: 'a field of a later version' });
  },
  unknown_enum: ({ connections }) => expect(connections[0]!.text).toContain('"ringer_unknown"'),
  big_body: ({ connections }) => {
    expect(connections[0]!.body).toHaveLength(2 * 1_048_576);
    expect(header(connections[0]!, 'content-length')).toBe(String(2 * 1_048_576));
  },
  byte_variants({ connections, body }) {
    expect(connections[0]!.body).not.toEqual(body);
    expect(JSON.parse(connections[0]!.body.toString())).toEqual(JSON.parse(body.toString()));
  },
  rotated_secret: ({ connections }) =>
    expect(header(connections[0]!, 'svix-signature')!.split(' ')).toHaveLength(2),
  bad_signature: ({ connections }) => expect(header(connections[0]!, 'svix-signature')).toMatch(/^v1,.{44}$/),
  missing_signature: ({ connections }) => expect(header(connections[0]!, 'svix-signature')).toBeUndefined(),
  tampered_body({ connections, body }) {
    const sent = connections[0]!.body;
    expect(sent).toHaveLength(body.length);
    expect([...sent].filter((byte, i) => byte !== body[i])).toHaveLength(1);
  },
  stale_timestamp: ({ connections }) => expect(ageOf(connections[0]!)).toBeGreaterThan(590),
  future_timestamp: ({ connections }) => expect(ageOf(connections[0]!)).toBeLessThan(-500),
  wrong_secret: signed,
  other_tenant_secret: signed,
  retired_secret: signed,
  wrong_scheme_version: ({ connections }) =>
    expect(header(connections[0]!, 'svix-signature')).toMatch(/^v9,/),
  id_swap({ connections, messageId }) {
    const sent = [...header(connections[0]!, 'svix-id')!];
    expect(sent).toHaveLength(messageId.length);
    expect(sent.filter((letter, at) => letter !== messageId[at])).toHaveLength(1);
  },
  captured_replay({ connections, body }) {
    expect(connections).toHaveLength(2);
    expect(connections[1]!.body).toEqual(body);
    expect(ageOf(connections[1]!)).toBeGreaterThan(590);
    expect(header(connections[1]!, 'svix-id')).toBe(header(connections[0]!, 'svix-id'));
  },
  truncated_body({ connections, body }) {
    expect(header(connections[0]!, 'content-length')).toBe(String(body.length));
    expect(connections[0]!.body).toEqual(body.subarray(0, Math.floor(body.length / 2)));
    expect(connections[0]!.end).toBe('fin');
  },
  empty_body({ connections }) {
    expect(header(connections[0]!, 'content-length')).toBe('0');
    expect(connections[0]!.body).toHaveLength(0);
  },
  malformed_json({ connections, body }) {
    expect(connections[0]!.body).toEqual(body.subarray(0, -1));
    expect(header(connections[0]!, 'content-length')).toBe(String(body.length - 1));
  },
  wrong_content_type: ({ connections }) => expect(header(connections[0]!, 'content-type')).toBe('text/plain'),
  reset_mid_body({ connections, body }) {
    expect(header(connections[0]!, 'content-length')).toBe(String(body.length));
    expect(connections[0]!.body.length).toBeLessThan(body.length);
    expect(connections[0]!.end).toBe('reset');
  },
  slow_headers({ connections, body }) {
    expect(connections[0]!.body).toEqual(body);
    expect(connections[0]!.pieces.length).toBeGreaterThan(5);
  },
  half_open({ connections, body }) {
    expect(header(connections[0]!, 'content-length')).toBe(String(body.length));
    expect(connections[0]!.body).toHaveLength(0);
    expect(connections[0]!.end).toBe('reset');
  },
};

function whole({ connections, body }: Shown): void {
  expect(connections).toHaveLength(1);
  expect(connections[0]!.body).toEqual(body);
}

function lateBy(ms: number) {
  return async (shown: Shown) => {
    whole(shown);
    const [first] = await shown.scene.offsets(shown.deliveryId, START);
    expect(first).toBe(ms);
  };
}

function signed({ connections }: Shown): void {
  expect(header(connections[0]!, 'svix-signature')).toMatch(/^v1,.{44}$/);
}

/** Seconds between its timestamp and now. */
function ageOf(connection: RawConnection): number {
  return Date.now() / 1000 - Number(header(connection, 'svix-timestamp'));
}

function unchunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16);
    if (size === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

/** Whose signature is on the wire where it is not that of the one secret; null: nobody's. */
const SIGNED_BY: Record<string, string | null> = {
  bad_signature: null,
  missing_signature: null,
  tampered_body: null,
  id_swap: null,
  wrong_secret: null,
  other_tenant_secret: null,
};

/** The secrets by which a signature of this request is right, over the bytes that it says it has. */
function signersOf(connection: RawConnection, body: Buffer): string[] {
  const sent = (header(connection, 'svix-signature') ?? '')
    .split(' ')
    .map((one) => one.replace(/^v\d+,/, ''));
  return [SECRET, NEXT].filter((secret) => {
    const signer = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'));
    signer.update(`${header(connection, 'svix-id')}.${header(connection, 'svix-timestamp')}.`).update(body);
    return sent.includes(signer.digest('base64'));
  });
}

/** What it would be, had it come whole. */
function claimed(connection: RawConnection, body: Buffer): Buffer {
  if (header(connection, 'transfer-encoding') === 'chunked') return unchunked(connection.body);
  const isCut = Number(header(connection, 'content-length')) > connection.body.length;
  return isCut ? body : connection.body;
}

interface Wanted {
  given?: object;
  count?: number;
  advance?: string;
  /** A rotation whose overlap is over lies behind it. */
  rotated?: boolean;
}

/** Parameters that keep a test short, and what must be waited for. */
const WANTED: Record<string, Wanted> = {
  duplicate: { count: 2, advance: '1s' },
  duplicate_concurrent: { count: 3 },
  burst: { given: { n: 5, concurrency: 2 }, count: 5 },
  replay_by_operator: { count: 2, advance: '1h' },
  captured_replay: { count: 2, advance: '1h' },
  reorder: { advance: '60s' },
  delay: { advance: '60s' },
  late: { advance: '26h' },
  outage: { given: { for: '1h' }, advance: '1h' },
  slow_body: { given: { chunk: 32, interval: '5ms' } },
  slow_headers: { given: { chunk: 32, interval: '5ms' } },
  half_open: { given: { for: '50ms' } },
  big_body: { given: { bytes: 2 * 1_048_576 } },
  unknown_enum: { given: { path: 'eventType' } },
  retired_secret: { rotated: true },
};

describe('on the wire', () => {
  it('has a proof for every fault, and for nothing else', () => {
    expect(new Set(Object.keys(PROOFS))).toEqual(new Set(CATALOGUE.map(({ type }) => type)));
  });

  it.each(CATALOGUE.map(({ type }) => type))('%s', async (type) => {
    const { given = {}, ...wanted } = WANTED[type] ?? {};
    const shown = await show({ type, ...given, on: [1] }, wanted);
    await PROOFS[type]!(shown);
    const { [type]: signer = SECRET } = SIGNED_BY;
    for (const connection of shown.connections)
      expect(signersOf(connection, claimed(connection, shown.body))).toEqual(signer === null ? [] : [signer]);
    const { attempts } = await shown.scene.delivery(shown.deliveryId);
    const touched = attempts.flatMap(({ faults }) => faults);
    expect(touched.length, 'it is logged').toBeGreaterThan(0);
    expect(new Set(touched.map((record) => record.type))).toEqual(new Set([type]));
    expect(attempts.length).toBeGreaterThanOrEqual(shown.connections.length);
  });
});

describe('requests that end together', () => {
  it('keep their last byte until every one of them has got so far', async () => {
    const egress = createEgress({ mode: 'local', allow: [], ownPorts: () => [] });
    onTestFinished(() => egress.close());
    let letThrough = () => {};
    const gate = new Promise<void>((done) => {
      letThrough = done;
    });
    const receiver = await rawReceiver();
    const body = Buffer.from('{"a":1}');
    const send = (together: Together | null, delay?: Promise<void>) =>
      Promise.resolve(delay).then(() =>
        egress.send({
          url: receiver.url,
          headers: [],
          body,
          timeout: { kind: 'total', ms: 60_000 },
          poolKey: 'tenant',
          https: 'optional',
          manner: PLAIN,
          together,
        }),
      );
    const places = meetTogether(3);
    const sent = [send(places[0]!), send(places[1]!), send(places[2]!, gate)];
    const lengths = () => receiver.connections.map((connection) => connection.body.length);
    await eventually(() => expect(lengths()).toEqual([body.length - 1, body.length - 1]), 60_000);
    // Whatever else goes on meanwhile, these two wait.
    expect(await send(null)).toMatchObject({ kind: 'answered', status: 200 });
    expect(lengths()).toEqual([body.length - 1, body.length - 1, body.length]);
    letThrough();
    for (const result of await Promise.all(sent))
      expect(result).toMatchObject({ kind: 'answered', status: 200 });
  });

  it('do not wait for one that never connects', async () => {
    const egress = createEgress({ mode: 'local', allow: [], ownPorts: () => [1] });
    onTestFinished(() => egress.close());
    const receiver = await rawReceiver();
    const places = meetTogether(2);
    const send = (url: string, together: Together) =>
      egress.send({
        url,
        headers: [],
        body: Buffer.from('{}'),
        timeout: { kind: 'total', ms: 60_000 },
        poolKey: 'tenant',
        https: 'optional',
        manner: PLAIN,
        together,
      });
    const [refused, answered] = await Promise.all([
      send('http://127.0.0.1:1/', places[0]!),
      send(receiver.url, places[1]!),
    ]);
    expect(refused).toMatchObject({ kind: 'failed', reason: 'egress_blocked', requestSent: false });
    expect(answered).toMatchObject({ kind: 'answered', status: 200 });
  });
});
