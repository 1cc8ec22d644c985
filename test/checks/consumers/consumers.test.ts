import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { providers, type SendOnceInput, sendOnce } from '../../../src/index.js';
import { createConsumer } from '../../support/consumer.js';
import { CHECK_IDS } from './check-ids.js';
import { type Consumer, consumers, type Started } from './index.js';
import { proofHeader } from './proof/forge.js';
import { rigOf } from './proof/rig.js';
import { applies, symptoms } from './proof/symptoms.js';

const correct = consumers.filter(({ bug }) => bug === null);
const planted = consumers.filter(({ bug }) => bug !== null);
const PROVIDERS = ['noyo', 'healthsherpa', 'voyado', 'novamed', 'healthsync'];
/** Shows in time alone, and no test here measures time. */
const SHOWS_IN_TIME = ['ACK-02'];
const EFFECTLESS = 'test.hello_world';

async function running(consumer: Consumer) {
  const started = await consumer.start();
  onTestFinished(() => started.close());
  return rigOf(consumer, started);
}

describe('the table', () => {
  it('has a correct consumer and at least four planted bugs of each provider, at least 28 in all', () => {
    expect(planted.length).toBeGreaterThanOrEqual(28);
    expect(new Set(consumers.map(({ name }) => name)).size).toBe(consumers.length);
    for (const wanted of PROVIDERS) {
      const ofProvider = ({ provider }: Consumer) => provider === wanted;
      expect(correct.filter(ofProvider).length, wanted).toBeGreaterThanOrEqual(1);
      expect(planted.filter(ofProvider).length, wanted).toBeGreaterThanOrEqual(4);
    }
  });

  it('names for each bug a check that exists, and for a correct one none', () => {
    expect(new Set(CHECK_IDS).size).toBe(40);
    for (const { name, foundBy } of planted) expect(CHECK_IDS, name).toContain(foundBy);
    for (const { name, foundBy } of correct) expect(foundBy, name).toBeNull();
  });
});

it('is told in README.md, each consumer with its check', () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  for (const { name, bug, foundBy } of consumers)
    expect(readme).toContain(`| \`${name}\` | ${bug ?? '–'} | ${foundBy ?? '–'} |`);
});

describe('a correct consumer and what Ringer sends', () => {
  it.each(correct)('$name takes every event, each with one effect but for a test', async (consumer) => {
    const { started, effects } = await running(consumer);
    const { provider } = consumer;
    const events = (await providers()).find(({ id }) => id === provider)!.events;
    let expected = 0;
    for (const { type } of events) {
      const sent = await sendOnce(inputOf(consumer, started, type)).catch((refusal: { code?: string }) => {
        // Types of another generation of the provider's documents are not on offer.
        expect(refusal.code).toBe('unknown_event');
      });
      if (!sent) continue;
      expect(sent, type).toMatchObject({ ok: true, response: { status: 200 } });
      expected += type === EFFECTLESS ? 0 : 1;
    }
    expect(expected).toBeGreaterThan(1);
    const counted = Object.values(await effects()).reduce((sum, { events }) => sum + Number(events), 0);
    expect(counted).toBe(expected);
  });

  it.each(correct)('$name refuses it with a byte changed, or with another key', async (consumer) => {
    const { started, effects, send } = await running(consumer);
    const { url, secret, settings } = started;
    const keyed = proofHeader(consumer, started).toLowerCase() === 'x-api-key';
    // What Ringer made, caught on its way, changed in one byte, and handed on.
    const relay = await changing(url, keyed ? 'x-api-key' : null);
    const type = (await providers()).find(({ id }) => id === consumer.provider)!.events[0]!.type;
    const sent = await sendOnce(inputOf(consumer, { url: relay, secret, settings }, type));
    expect(sent).toMatchObject({ ok: false, reason: 'status_401', response: { status: 401 } });
    expect(await effects()).toEqual({});
    expect((await send()).status).toBe(200);
  });
});

describe('what is wrong', () => {
  // The clock stands, so that nothing depends on how fast the machine is.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each(planted.filter(({ foundBy }) => !SHOWS_IN_TIME.includes(foundBy!)))(
    '$foundBy shows in $name',
    async (consumer) => {
      const rig = await running(consumer);
      expect(applies(consumer.foundBy!, rig)).toBe(true);
      expect(await symptoms[consumer.foundBy!]!(rig)).toBe(true);
    },
  );

  it.each(correct)('nothing of it shows in $name', async (consumer) => {
    const shown: string[] = [];
    for (const [checkId, shows] of Object.entries(symptoms)) {
      const rig = await running(consumer);
      if (applies(checkId, rig) && (await shows(rig))) shown.push(checkId);
    }
    expect(shown).toEqual([]);
  });
});

function inputOf(
  { provider }: Consumer,
  { url, secret, settings }: Pick<Started, 'url' | 'secret' | 'settings'>,
  type: string,
): SendOnceInput {
  const known = { ...(secret === null ? {} : { secret }), ...(settings ? { settings } : {}) };
  return { provider, type, url, ...known } as SendOnceInput;
}

/** Hands on to `url` what it is sent, with one byte changed: of the named header, or of the body. */
async function changing(url: string, header: string | null): Promise<string> {
  const relay = await createConsumer();
  onTestFinished(() => relay.close());
  const flipped = (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([bytes.at(-1)! ^ 1])]);
  relay.answer(async ({ headers: { host: _h, connection: _c, 'content-length': _l, ...headers }, body }) => {
    const changed =
      header === null ? headers : { ...headers, [header]: flipped(Buffer.from(headers[header]!)).toString() };
    const sent = header === null ? flipped(body) : body;
    const response = await fetch(url, { method: 'POST', headers: changed, body: new Uint8Array(sent) });
    return { status: response.status, body: await response.text() };
  });
  return relay.url;
}
