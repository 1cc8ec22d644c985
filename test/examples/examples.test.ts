import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkConsumer, createRinger, listen, makeSecrets, type Ringer, type Run } from '../../src/index.js';

interface Example {
  url: string;
  effects(): Record<string, unknown>;
  close(): Promise<void>;
}

type Listen = (secret: string | string[], options?: { take?(message: unknown): void }) => Promise<Example>;

const EXAMPLES = [
  ['express-noyo', 'noyo', 'difference.created'],
  ['fastify-voyado', 'voyado', 'contact.created'],
  ['hono-healthsync', 'healthsync', 'document.uploaded'],
] as const;

async function load(name: string): Promise<Listen> {
  const file = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));
  return ((await import(pathToFileURL(file).href)) as { listen: Listen }).listen;
}

/** What a run finds at fault, for people. */
function faults({ report: { checks } }: Run): string[] {
  return checks
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ id, reason, cause }) => `${id}: ${reason} ${cause}`);
}

describe.each(EXAMPLES)('the example %s', (name, provider, type) => {
  let ringer: Ringer;
  let secrets: Record<string, string>;
  beforeAll(async () => {
    ringer = await createRinger();
    secrets = await makeSecrets();
  });
  afterAll(() => ringer.close());

  it('takes real deliveries once, and those of nobody else', async () => {
    const secret = secrets[provider]!;
    const messages: unknown[] = [];
    const consumer = await (await load(name))(secret, { take: (message) => messages.push(message) });
    const [mine, stranger] = [await ringer.tenant(), await ringer.tenant()];
    await mine.subscribe({ provider: provider as string, url: consumer.url, secret });
    await stranger.subscribe({ provider: provider as string, url: consumer.url });
    for (const tenant of [mine, stranger]) {
      await tenant.clock.set({ mode: 'manual' });
      await tenant.send(type, { provider: provider as string });
      await tenant.clock.advance(0);
    }
    const [delivered] = await mine.deliveries();
    expect(delivered).toMatchObject({ status: 'delivered', attemptCount: 1 });
    await mine.resend(delivered!.id);
    await mine.clock.advance(0);
    expect((await mine.deliveries())[0]!.attempts!.map(({ outcome }) => outcome)).toEqual([
      'delivered',
      'delivered',
    ]);
    expect(messages).toHaveLength(1);
    expect(Object.keys(consumer.effects())).toEqual([delivered!.providerEventId]);
    const [refused] = await stranger.deliveries();
    expect(refused!.attempts!.map(({ response }) => response!.status)).toEqual([401]);
    await consumer.close();
  }, 60_000);

  it('passes ringer check', async () => {
    const secret = secrets[provider]!;
    const consumer = await (await load(name))(secret);
    const run = await checkConsumer({
      provider,
      url: consumer.url,
      secret,
      effects: consumer.effects,
      seed: name,
    });
    expect(faults(run)).toEqual([]);
    expect(run.report.passed).toBeGreaterThan(20);
    await consumer.close();
  }, 120_000);
});

describe('ringer listen', () => {
  it.each(['healthsherpa', 'voyado', 'novamed'])(
    'passes ringer check as a consumer of %s',
    async (provider) => {
      const secret = (await makeSecrets())[provider]!;
      const listener = await listen({ provider, secrets: { [provider]: [secret] } });
      const run = await checkConsumer({
        provider,
        url: `${listener.url}/hook`,
        secret,
        effects: `${listener.url}/effects`,
        seed: 'listen',
      });
      expect(faults(run)).toEqual([]);
      expect(run.report.passed).toBeGreaterThan(15);
      await listener.close();
    },
    120_000,
  );
});
