import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { requireBuilt } from '../support/built.js';
import { startServer } from '../support/server-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { ADMIN_TOKEN } from '../support/world.js';

const SEED = fileURLToPath(new URL('../../dist/seed/seed.js', import.meta.url));
const run = promisify(execFile);

const seed = (folder: string) =>
  run(process.execPath, [SEED], {
    env: {
      PATH: process.env.PATH ?? '',
      RINGER_DATA_DIR: folder,
      RINGER_PORT: '0',
      RINGER_ADMIN_TOKEN: ADMIN_TOKEN,
    },
  });

describe('the demo world', { timeout: 120_000 }, () => {
  beforeAll(requireBuilt);

  it('has a subscription of every provider and every documented event, and is made once', async () => {
    const folder = join(temporaryFolder(), 'data');
    const server = await startServer({ RINGER_DATA_DIR: folder });
    onTestFinished(async () => void (await server.stop()));
    const first = await seed(folder);
    expect(first.stderr).toContain(`the server at ${server.url} is used`);
    const providers = first.stdout.split('\n').filter((line) => line.includes(' sub_'));
    expect(providers).toHaveLength(5);
    for (const line of providers) expect(line).toMatch(/ ([1-9]\d*) events, \1 of them new$/);
    expect(first.stdout).toMatch(/^deliveries: (\d+) delivered$/m);
    const again = await seed(folder);
    expect(again.stdout.replaceAll(/, \d+ of them new/g, '')).toBe(
      first.stdout.replaceAll(/, \d+ of them new/g, ''),
    );
    expect(again.stdout).not.toMatch(/[1-9]\d* of them new/);
    const received = await server.call<{ requests: { verified: boolean | null }[] }>(
      'GET',
      '/api/v1/tenants/demo/receiver',
    );
    expect(received.requests.length).toBeGreaterThan(40);
    expect(received.requests.filter(({ verified }) => verified === false)).toEqual([]);
  });

  it('is there for the next server when none runs', async () => {
    const folder = join(temporaryFolder(), 'data');
    const alone = await seed(folder);
    expect(alone.stderr).toContain('no server runs here');
    const server = await startServer({ RINGER_DATA_DIR: folder });
    onTestFinished(async () => void (await server.stop()));
    const { data } = await server.call<{ data: unknown[] }>('GET', '/api/v1/tenants/demo/subscriptions');
    expect(data).toHaveLength(5);
  });
});
