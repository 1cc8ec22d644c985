import { vi } from 'vitest';
import { proofHeader } from './forge.js';
import type { Reply, Rig } from './rig.js';

const MINUTE_MS = 60_000;
const taken = ({ status }: Reply) => status >= 200 && status < 300;
const refused = ({ status }: Reply) => status >= 400 && status < 500;
const without = (headers: Record<string, string>, name: string) =>
  Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
const spelled = (headers: Record<string, string>, spell: (name: string) => string) =>
  Object.fromEntries(Object.entries(headers).map(([key, value]) => [spell(key), value]));

async function eventsCounted(rig: Rig): Promise<number> {
  return Object.values(await rig.effects()).reduce((sum, { events }) => sum + Number(events), 0);
}

async function some(replies: readonly Promise<Reply>[], shows: (reply: Reply) => boolean): Promise<boolean> {
  return (await Promise.all(replies)).some(shows);
}

const twice = async (rig: Rig) => {
  await rig.send({ id: 'same', thing: 'one' });
  const again = await rig.send({ id: 'same', thing: 'one', sentAtMs: Date.now() + 1000 });
  return { again, events: await eventsCounted(rig) };
};
/** What is shown of a thing after the three steps of a life in this order. */
async function after(rig: Rig, order: readonly (0 | 1 | 2)[], thing: string) {
  const happenedAtMs = Date.now();
  for (const step of order)
    await rig.send({ thing, step, id: `${thing}-${step}`, happenedAtMs: happenedAtMs + step * 5000 });
  const shown = Object.entries(await rig.effects()).find(([name]) => name.endsWith(thing))?.[1];
  return JSON.stringify(shown);
}

/**
 * How a planted bug looks from outside, in the words of the table of checks and as small as can be: proves that the
 * bug is there and that the correct consumer has none. By the check that must find it; the clock stands still.
 */
export const symptoms: Readonly<Record<string, (rig: Rig) => Promise<boolean>>> = {
  'ACK-01': async (rig) => !taken(await rig.send()),
  'ACK-03': async (rig) => Math.floor((await rig.send()).status / 100) === 3,
  'ACK-04': async (rig) => (await rig.send()).status === 403,
  'ACK-05': async (rig) => (await rig.get()).status >= 500,
  'SIG-01': async (rig) => !taken(await rig.send()),
  async 'SIG-02'(rig) {
    const forged = await rig.send({ body: '{"a":1}', sentBody: '{"a":2}' });
    const body = { thing: 'one', id: 'one' } as const;
    const stolen = await rig.send({
      ...body,
      headers: (h) => ({ ...h, [proofHeader(rig.consumer, rig.started)]: 'x' }),
    });
    return !refused(forged) || !refused(stolen) || (await eventsCounted(rig)) > 0;
  },
  async 'SIG-03'(rig) {
    const name = proofHeader(rig.consumer, rig.started);
    const missing = rig.send({ headers: (genuine) => without(genuine, name) });
    const others = ['', 'garbage'].map((value) => rig.send({ headers: (h) => ({ ...h, [name]: value }) }));
    return some([missing, ...others], (reply) => !refused(reply));
  },
  'SIG-04': async (rig) => !refused(await rig.send({ secrets: ['whsec_c29tZWJvZHkgZWxzZXMgc2VjcmV0'] })),
  'SIG-05': async (rig) => !refused(await rig.send({ sentAtMs: Date.now() - 10 * MINUTE_MS })),
  'SIG-06': async (rig) => !refused(await rig.send({ sentAtMs: Date.now() + 10 * MINUTE_MS })),
  'SIG-07': (rig) =>
    some(
      [-4, 4].map((minutes) => rig.send({ sentAtMs: Date.now() + minutes * MINUTE_MS })),
      (r) => !taken(r),
    ),
  'SIG-08': async (rig) => !refused(await rig.send({ headers: (h) => ({ ...h, 'svix-id': 'msg_other' }) })),
  'SIG-09': async (rig) =>
    !taken(
      await rig.send({ body: '{ "event": {"type": "a\\/b\\u00e9", "n": [1.0, 1e2, 9007199254740993]}}\n' }),
    ),
  'SIG-10': (rig) =>
    some(
      [(name: string) => name.toLowerCase(), (name: string) => name.toUpperCase()].map((spell) =>
        rig.send({ headers: (genuine) => ({ ...spelled(genuine, spell), 'X-Extra': 'yes' }) }),
      ),
      (reply) => !taken(reply),
    ),
  async 'SIG-11'(rig) {
    const name = proofHeader(rig.consumer, rig.started);
    const missing = rig.send({ headers: (genuine) => without(genuine, name) });
    return some([missing, rig.send({ secrets: ['another'] })], taken);
  },
  async 'ROT-01'(rig) {
    const own = rig.started.secret!;
    const other = 'whsec_c29tZWJvZHkgZWxzZXMgc2VjcmV0';
    return some([rig.send({ secrets: [own, other] }), rig.send({ secrets: [other, own] })], (r) => !taken(r));
  },
  async 'ROT-02'(rig) {
    const mixed = (h: Record<string, string>) => ({
      ...h,
      'svix-signature': `v9,abc ${h['svix-signature']}`,
    });
    return !taken(await rig.send({ headers: mixed }));
  },
  'ROT-03': async (rig) => !refused(await rig.send({ secrets: [rig.started.retiredSecret!] })),
  'DUP-01': async (rig) => (await twice(rig)).events !== 1,
  async 'DUP-02'(rig) {
    await Promise.all([1, 2, 3].map(() => rig.send({ id: 'same', thing: 'one' })));
    return (await eventsCounted(rig)) !== 1;
  },
  'DUP-03': async (rig) => (await twice(rig)).events !== 1,
  async 'DUP-04'(rig) {
    const happenedAtMs = Date.now();
    await rig.send({ id: 'same', thing: 'one', happenedAtMs });
    vi.setSystemTime(happenedAtMs + 26 * 60 * MINUTE_MS);
    await rig.send({ id: 'same', thing: 'one', happenedAtMs });
    return (await eventsCounted(rig)) !== 1;
  },
  async 'DUP-05'(rig) {
    await rig.send({ thing: 'one', id: 'a' });
    await rig.send({ thing: 'one', id: 'b' });
    return (await eventsCounted(rig)) !== 2;
  },
  async 'DUP-06'(rig) {
    const { again, events } = await twice(rig);
    return !taken(again) || events !== 1;
  },
  'ORD-01': async (rig) => !taken(await rig.send({ step: 1 })),
  async 'ORD-02'(rig) {
    const inOrder = await after(rig, [0, 1, 2], 'first');
    const reversed = await after(rig, [2, 0, 1], 'second');
    return inOrder !== reversed;
  },
  async 'ORD-03'(rig) {
    const newer = await after(rig, [2], 'only');
    const old = await after(rig, [2, 1], 'both');
    return JSON.parse(newer).status !== JSON.parse(old).status;
  },
  'EVO-01': async (rig) => !taken(await rig.send({ type: 'nobody.knows:this' })),
  'EVO-02': (rig) =>
    some(
      [rig.send({ extra: { new_field: 1 } }), rig.send({ status: 'brand_new' })],
      (reply) => !taken(reply),
    ),
  async 'EVO-03'(rig) {
    await rig.send({ type: 'test.hello_world' });
    return (await eventsCounted(rig)) > 0;
  },
  async 'BRK-01'(rig) {
    const malformed = await rig.send({ body: '{"half":' });
    const empty = await rig.send({ body: '' });
    const typed = await rig.send({ headers: (h) => ({ ...h, 'Content-Type': 'text/plain' }) });
    return ![malformed, empty, typed].every(refused) || !taken(await rig.send());
  },
  async 'BRK-02'(rig) {
    await (await rig.half()).cut();
    return !taken(await rig.send()) || (await eventsCounted(rig)) !== 1;
  },
  async 'NET-01'(rig) {
    const { cut } = await rig.half();
    let answered = false;
    const other = rig.send().then(() => {
      answered = true;
    });
    for (let turn = 0; turn < 300 && !answered; turn += 1) await rig.effects();
    const blocked = !answered;
    await cut();
    await other;
    return blocked || !taken(await rig.send({ chunked: true }));
  },
  'NET-02': (rig) =>
    some(
      [20, 256, 1000].map((kb) => rig.send({ extra: { padding: 'x'.repeat(kb * 1024) } })),
      (reply) => !taken(reply),
    ),
  'LOAD-01': (rig) =>
    some(
      [...Array(120).keys()].map(() => rig.send()),
      ({ status }) => status >= 500,
    ),
  async 'SEC-01'(rig) {
    const captured = { id: 'same', thing: 'one', sentAtMs: Date.now(), happenedAtMs: Date.now() };
    await rig.send(captured);
    vi.setSystemTime(Date.now() + 10 * MINUTE_MS);
    const again = await rig.send(captured);
    return (isStamped(rig) && taken(again)) || (await eventsCounted(rig)) !== 1;
  },
  async 'SEC-02'(rig) {
    const { text } = await rig.send({ secrets: ['whsec_c29tZWJvZHkgZWxzZXMgc2VjcmV0'] });
    return /[0-9a-f]{64}|\n? {4}at /.test(text);
  },
  async 'REC-01'(rig) {
    for (const thing of ['a', 'b', 'c']) await rig.send({ thing });
    return (await eventsCounted(rig)) !== 3;
  },
};

const isKeyed = ({ consumer, started }: Rig) => proofHeader(consumer, started).toLowerCase() === 'x-api-key';
const isStamped = ({ consumer }: Rig) => ['noyo', 'voyado'].includes(consumer.provider);
const isVoyado = ({ consumer }: Rig) => consumer.provider === 'voyado';

/** Whom a symptom says nothing of: what the provider does not send, its consumer cannot look at. */
const only: Readonly<Record<string, (rig: Rig) => boolean>> = {
  'SIG-02': (rig) => !isKeyed(rig),
  'SIG-05': isStamped,
  'SIG-06': isStamped,
  'SIG-07': isStamped,
  'SIG-08': isVoyado,
  'SIG-11': isKeyed,
  'ROT-01': isStamped,
  'ROT-02': isVoyado,
  'ROT-03': ({ started }) => started.retiredSecret !== null,
  'DUP-05': ({ consumer }) => consumer.provider !== 'healthsherpa',
  'EVO-03': ({ consumer }) => consumer.provider === 'noyo',
};

export function applies(checkId: string, rig: Rig): boolean {
  return only[checkId]?.(rig) ?? true;
}
