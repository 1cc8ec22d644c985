import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { run } from '../../src/cli/program.js';
import { type CheckInput, checkConsumer, createRinger } from '../../src/index.js';
import { createConsumer } from '../support/consumer.js';
import { quietShell } from '../support/quiet-shell.js';
import { consumers } from './consumers/index.js';

vi.setConfig({ testTimeout: 120_000 });

const STATES = { created: 'open', discrepancy: 'disputed', replaced: 'replaced', resolved: 'resolved' };
type State = (typeof STATES)[keyof typeof STATES];

/** Keeps the state of each difference that it was told of; its signatures are of no interest here. */
async function differences() {
  const { url, answer, close } = await createConsumer();
  const states: Record<string, State> = {};
  answer(({ body }) => {
    const { event, data } = JSON.parse(body.toString());
    const [kind, change] = event.type.split('.') as [string, keyof typeof STATES];
    if (kind === 'difference') states[data.id] = STATES[change];
    return 200;
  });
  onTestFinished(close);
  return { url, states };
}

/** What the provider says of a difference now. */
async function ask(api: string, id: string): Promise<State> {
  const response = await fetch(`${api}/api/v1/differences/${id}`, {
    headers: { authorization: 'Bearer any' },
  });
  expect(response.status).toBe(200);
  const shown = (await response.json()) as Record<string, unknown>;
  if (shown.resolved !== null) return 'resolved';
  if (shown.replaced_by !== null) return 'replaced';
  return shown.discrepancy_time === undefined ? 'open' : 'disputed';
}

async function lostEvent(input: Omit<CheckInput, 'provider'>) {
  const given = { provider: 'noyo', secret: 's', only: ['REC-02'], seed: 'lost', level: 2 } as const;
  const { report } = await checkConsumer({ ...given, ...input });
  return report.checks[0]!;
}

describe('an event that never arrives', () => {
  it('is made good by a consumer that polls', async () => {
    const { url, states } = await differences();
    let polling: Promise<void> | null = null;
    let over = false;
    const poll = async (api: string) => {
      while (!over) {
        for (const [id, before] of Object.entries(states)) {
          const now = await ask(api, id);
          // What an event said meanwhile is newer.
          if (states[id] === before) states[id] = now;
        }
        await new Promise((done) => setTimeout(done, 20));
      }
    };
    const readApi = (api: string) => {
      polling = poll(api).catch(() => undefined);
    };
    const found = await lostEvent({ url, effects: () => states, readApi, timeoutMs: 60_000 });
    over = true;
    await polling;
    expect(found).toMatchObject({ verdict: 'pass', severity: 'should' });
    expect(found.reason).toMatch(/difference\.\w+ \(event \d about one difference\) never arrived/);
  });

  it('stays lost where nobody asks', async () => {
    const { url, states } = await differences();
    const found = await lostEvent({ url, effects: () => states, readApi: () => {}, timeoutMs: 500 });
    expect(found).toMatchObject({
      verdict: 'fail',
      severity: 'should',
      cause: expect.stringContaining('never asked the provider’s API'),
    });
  });

  it('stays lost where the answer is not taken over', async () => {
    const { url, states } = await differences();
    let api = '';
    // Asks whenever it is looked at, and learns nothing.
    const effects = async () => {
      for (const id of Object.keys(states)) await ask(api, id);
      return states;
    };
    const readApi = (given: string) => {
      api = given;
    };
    const found = await lostEvent({ url, effects, readApi, timeoutMs: 1_000 });
    expect(found).toMatchObject({ verdict: 'fail', cause: expect.stringContaining('not taken over') });
    expect(found.reason).toMatch(/was asked \d+ times, and the state did not heal\. In order: /);
    await expect(fetch(api)).rejects.toThrow('fetch failed');
  });

  it('is looked for in a tenant of the library, too', async () => {
    const { url, states } = await differences();
    await using ringer = await createRinger();
    const tenant = await ringer.tenant();
    const told: string[] = [];
    const wanted = { provider: 'noyo', url, secret: 's', only: ['REC-02'], timeoutMs: 500 };
    const readApi = (api: string) => void told.push(api);
    const { report } = await tenant.check({ ...wanted, level: 2, effects: () => states, readApi });
    expect(report.checks[0]).toMatchObject({
      verdict: 'fail',
      cause: expect.stringContaining('never asked the provider’s API'),
    });
    expect(told).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/noyo$/)]);
    await expect(tenant.check({ ...wanted, readApi })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('cannot be asked about without a probe or an address', async () => {
    const { url, states } = await differences();
    expect(await lostEvent({ url, readApi: () => {} })).toMatchObject({
      verdict: 'skip',
      reason: expect.stringContaining('--effects'),
    });
    expect(await lostEvent({ url, effects: () => states })).toMatchObject({
      verdict: 'skip',
      reason: expect.stringContaining('--read-api'),
    });
    await expect(lostEvent({ url, level: 1, readApi: () => {} })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});

it('ringer check says where the API is, and how to see the finding again', async () => {
  const { url, effectsUrl, secret, close } = await consumers
    .find(({ name }) => name === 'noyo-correct')!
    .start();
  onTestFinished(close);
  const shell = quietShell();
  const target = ['check', '--provider', 'noyo', '--to', url, '--secret', secret!, '--effects', effectsUrl];
  const asked = ['--level', '2', '--read-api', '0', '--only', 'REC-02', '--timeout', '1s', '--json'];
  expect(await run([...target, ...asked], shell)).toBe(0);
  expect(shell.told.join('\n')).toMatch(/The provider’s API: http:\/\/127\.0\.0\.1:\d+\/noyo /);
  expect(JSON.parse(shell.data.join(''))).toMatchObject({
    level: 2,
    checks: [{ verdict: 'fail', reproduce: expect.stringContaining('--level 2 --read-api 0') }],
  });
});
