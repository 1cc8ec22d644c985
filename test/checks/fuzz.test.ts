import { describe, expect, it, vi } from 'vitest';
import { fuzzConsumer, replayStory } from '../../src/checks/fuzz/fuzz-consumer.js';
import { vitestFile } from '../../src/checks/fuzz/vitest-file.js';
import { type Consumer, consumers } from './consumers/index.js';

const named = (name: string): Consumer => consumers.find((consumer) => consumer.name === name)!;

async function against<T>(
  name: string,
  work: (input: {
    provider: string;
    url: string;
    effects: string;
    secret: string;
    seed: string;
  }) => Promise<T>,
): Promise<T> {
  const consumer = named(name);
  const { url, effectsUrl, secret, close } = await consumer.start();
  try {
    return await work({
      provider: consumer.provider,
      url,
      effects: effectsUrl,
      secret: secret!,
      seed: 'fuzz',
    });
  } finally {
    await close();
  }
}

vi.setConfig({ testTimeout: 180_000 });

describe('delivery fuzzing', () => {
  it.each(['noyo-follows-arrival', 'healthsync-follows-arrival'])(
    'shrinks a planted order bug to at most four steps, and tells it again: %s',
    async (name) => {
      const fuzzed = await against(name, (input) => fuzzConsumer(input));
      const { broken } = fuzzed;
      expect(broken?.lines.length).toBeLessThanOrEqual(4);
      expect(broken!.difference).toMatch(/In order: .*This time: /);
      const { story } = broken!;
      await expect(against(name, (input) => replayStory({ ...input, story }))).rejects.toThrow(/another one/);
      const correct = name.replace('follows-arrival', 'correct');
      await against(correct, (input) => replayStory({ ...input, story }));
      const file = vitestFile(fuzzed, { effects: 'http://127.0.0.1:1/effects', secret: true });
      expect(file).toContain(`import { replayStory } from 'ringer';`);
      for (const line of broken!.lines) expect(file).toContain(`. ${line}`);
    },
  );

  it('finds nothing in a correct consumer', async () => {
    const { broken, stories } = await against('noyo-correct', (input) => fuzzConsumer(input, { runs: 15 }));
    expect(broken).toBeNull();
    expect(stories).toBe(15);
  });

  it('says that it needs to see the state', async () => {
    const wanted = { provider: 'noyo', url: 'http://127.0.0.1:9/hook', secret: 's', seed: 1 };
    await expect(fuzzConsumer(wanted)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
