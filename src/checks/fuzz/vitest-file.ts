import type { Fuzzed } from './fuzz-consumer.js';

interface Replayed {
  effects: string;
  /** Whether the provider proves its requests with a secret. */
  secret: boolean;
}

/** A vitest file that tells the story again; it passes once the consumer is mended. */
export function vitestFile(
  { provider, target, seed, broken }: Fuzzed,
  { effects, secret }: Replayed,
): string {
  if (broken === null) throw new Error('there is no story to tell again');
  const lines = broken.lines.map((line, i) => `// ${i + 1}. ${line}`).join('\n');
  return `import { env } from 'node:process';
import { replayStory } from 'ringer';
import { test } from 'vitest';

${lines}
// ${broken.difference.replaceAll('\n', ' ')}
test('the order and the number of arrivals change nothing', async () => {
  await replayStory({
    provider: ${JSON.stringify(provider)},
    url: env.CONSUMER_URL ?? ${JSON.stringify(target)},
    effects: env.CONSUMER_EFFECTS ?? ${JSON.stringify(effects)},
${secret ? '    secret: env.CONSUMER_SECRET,\n' : ''}    seed: ${JSON.stringify(seed)},
    story: ${JSON.stringify(broken.story, null, 2).replaceAll('\n', '\n    ')},
  });
}, 60_000);
`;
}
