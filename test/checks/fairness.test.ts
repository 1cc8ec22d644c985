import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { run } from '../../src/cli/program.js';
import { checkConsumer, reportText } from '../../src/index.js';
import { quietShell } from '../support/quiet-shell.js';
import { temporaryFolder } from '../support/temporary-folder.js';

vi.setConfig({ testTimeout: 180_000 });

const SECRET = 'a-secret-of-some-length';

type Answer = readonly [status: number, body?: string, headers?: Record<string, string>];

async function serve(answer: (request: IncomingMessage, body: Buffer) => Answer | Promise<Answer>) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('error', () => {})
      .on('end', async () => {
        const [status, body = '', headers = {}] = await answer(request, Buffer.concat(chunks));
        response.writeHead(status, headers).end(body);
      });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

/** Signed as Noyo signs, and not old. */
function isNoyos({ headers }: IncomingMessage, body: Buffer): boolean {
  const at = String(headers['x-noyo-timestamp']);
  const digest = createHmac('sha256', SECRET).update(`${at}.`).update(body).digest('hex');
  const signatures = String(headers['x-noyo-signature']).split(',');
  return signatures.includes(digest) && Math.abs(Date.now() - Date.parse(at)) < 300_000;
}

function idOf(body: Buffer): string | null {
  try {
    return (JSON.parse(body.toString()) as { event: { id: string } }).event.id;
  } catch {
    return null;
  }
}

describe('a consumer that works in another way, and correctly', () => {
  it('may put off what it is just working on: the provider comes again', async () => {
    const state: { under: Set<string>; done: string[] } = { under: new Set(), done: [] };
    const url = await serve(async (request, body) => {
      if (!isNoyos(request, body)) return [401];
      const id = idOf(body);
      if (id === null) return [400];
      if (state.done.includes(id)) return [200];
      if (state.under.has(id)) return [409];
      state.under.add(id);
      await new Promise((done) => setImmediate(done));
      state.done.push(id);
      return [200];
    });
    const { report } = await checkConsumer({
      ...{ provider: 'noyo', url, secret: SECRET, only: ['DUP-01', 'DUP-02'] },
      effects: () => state.done,
    });
    expect(report.checks.map(({ id, verdict, reason }) => [id, verdict, reason])).toEqual([
      ['DUP-01', 'pass', expect.anything()],
      ['DUP-02', 'pass', expect.anything()],
    ]);
  });

  it('may put off what comes before its time', async () => {
    const known = new Set<string | null>();
    const url = await serve((request, body) => {
      if (!isNoyos(request, body)) return [401];
      const id = idOf(body);
      // What comes before every check has to be taken.
      const taken = known.size === 0 || known.has(id);
      known.add(id);
      return [taken ? 200 : 425];
    });
    const { report } = await checkConsumer({ provider: 'noyo', url, secret: SECRET, only: ['ORD-01'] });
    expect(report.checks).toMatchObject([{ verdict: 'pass' }]);
    expect(report.checks[0]!.evidence.map(({ response }) => response!.status)).toContain(425);
  });

  it('may read an event whatever the Content-Type says, which is worth a warning alone', async () => {
    const url = await serve((request, body) =>
      !isNoyos(request, body) ? [401] : idOf(body) === null ? [400] : [200],
    );
    const { report } = await checkConsumer({ provider: 'noyo', url, secret: SECRET, only: ['BRK-01'] });
    expect(report.checks).toMatchObject([
      { verdict: 'fail', severity: 'should', reason: 'content type text/plain: 200; expected a 4xx.' },
    ]);
  });
});

describe('a report', () => {
  it('has no secret in it, though the consumer answers all that it was sent', async () => {
    const url = await serve((request) => {
      const good = request.headers['x-api-key'] === SECRET;
      return [good ? 200 : 401, `${JSON.stringify(request.headers)} wanted: ${SECRET}`];
    });
    const run = await checkConsumer({
      ...{ provider: 'novamed', url, secret: SECRET, only: ['ACK-01', 'SIG-11', 'SEC-02'] },
      ...{ headers: { 'X-Team': 'blue-team-token' }, timeoutMs: 4_000, level: 0 },
    });
    const leak = run.report.checks.find(({ id }) => id === 'SEC-02')!;
    expect(leak).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('has the secret in it') });
    expect(leak.evidence.map(({ decisive }) => decisive)).toEqual(leak.evidence.map((_, i) => i === 0));
    const html = await reportText(run, 'html');
    expect(html.match(/<b class="bad">/g)).toHaveLength(
      run.report.checks
        .filter(({ verdict }) => verdict === 'fail')
        .reduce((sum, { evidence }) => sum + evidence.filter(({ decisive }) => decisive).length, 0),
    );
    expect(leak.evidence[0]!.response!.body).toContain('wanted: ********');
    for (const format of ['json', 'junit', 'html'] as const)
      expect(await reportText(run, format), format).not.toContain(SECRET);
    expect(leak.reproduce).toContain('--level 0 --header "X-Team=$X_TEAM" --timeout 4000ms --seed ');
  });

  it('has no key in it that is wrong in one character alone, though the consumer answers it', async () => {
    const sent = new Set<string>();
    const url = await serve(({ headers }) => {
      const key = String(headers['x-api-key']);
      if (key !== SECRET && key.length === SECRET.length) sent.add(key);
      return [key === SECRET ? 200 : 302, `no such key: ${key}`, { location: `/?key=${key}` }];
    });
    const only = ['SIG-11', 'SEC-02'];
    const run = await checkConsumer({ provider: 'novamed', url, secret: SECRET, only });
    expect(sent.size).toBeGreaterThan(0);
    for (const format of ['json', 'junit', 'html'] as const) {
      const text = await reportText(run, format);
      for (const key of sent) expect(text, format).not.toContain(key);
    }
  });

  it('that cannot be written is refused before anything is sent', async () => {
    let asked = 0;
    const url = await serve(() => {
      asked += 1;
      return [200];
    });
    const shell = quietShell();
    const file = join(temporaryFolder(), 'nowhere', 'check.xml');
    const argv = ['check', '--provider', 'noyo', '--to', url, '--secret', SECRET, '--only', 'SIG-02'];
    expect(await run([...argv, '--report', `junit=${file}`], shell)).toBe(2);
    expect(shell.told.at(-1)).toContain('cannot be written');
    expect({ asked, found: shell.data }).toEqual({ asked: 0, found: [] });
  });

  it('that cannot be written any more does not take the findings with it', async () => {
    const folder = join(temporaryFolder(), 'swept away');
    mkdirSync(folder);
    const url = await serve(() => {
      rmSync(folder, { recursive: true, force: true });
      return [200];
    });
    const shell = quietShell();
    const argv = ['check', '--provider', 'noyo', '--to', url, '--secret', SECRET, '--only', 'SIG-02'];
    expect(await run([...argv, '--report', `junit=${join(folder, 'check.xml')}`], shell)).toBe(2);
    expect(shell.data.join('\n')).toContain('FAIL  SIG-02');
    expect(shell.told.at(-1)).toContain('cannot be written');
  });
});

describe('ringer check', () => {
  const asking = (url: string, ...more: string[]) => [
    ...['check', '--provider', 'noyo', '--to', url, '--secret', SECRET],
    ...more,
  ];

  it('says how much it asked where nothing was found, and what to give for the rest', async () => {
    const url = await serve((request, body) => (isNoyos(request, body) ? [200] : [401]));
    const shell = quietShell();
    const file = join(temporaryFolder(), 'check.html');
    const argv = asking(url, '--only', 'ACK-01,SIG-02,DUP-01,ORD-02', '--report', `html=${file}`);
    expect(await run(argv, shell)).toBe(0);
    const html = readFileSync(file, 'utf8');
    for (const text of [shell.data.join('\n'), html]) {
      expect(text).toContain('Nothing was found in 2 checks; 2 were not asked');
      expect(text).toContain('2 more (DUP, ORD) can be asked with --effects URL');
    }
    expect(html).not.toContain('what it did wrong');
  });

  it('says once that nobody listens, and judges nothing else', async () => {
    const url = 'http://127.0.0.1:1/hook';
    const { report } = await checkConsumer({ provider: 'noyo', url, secret: SECRET });
    const reason = `Nothing listens at ${new URL(url).origin}.`;
    expect(report).toMatchObject({ passed: 0, failed: 1 });
    for (const check of report.checks)
      if (check.verdict === 'fail') expect(check).toMatchObject({ id: 'ACK-01', severity: 'must', reason });
      else if (check.verdict === 'skip') expect(check.reason).toBe(reason);
    const only = await checkConsumer({ provider: 'noyo', url, secret: SECRET, only: ['SEC-02'] });
    expect(only.report.checks).toMatchObject([{ id: 'SEC-02', verdict: 'fail', reason }]);
  });

  it('says of a pass at level 0 that no effect was looked at', async () => {
    const url = await serve(() => [200]);
    const only = ['ACK-05', 'EVO-03'];
    const reasons = async (more: object) => {
      const { report } = await checkConsumer({ provider: 'noyo', url, secret: SECRET, only, ...more });
      return report.checks.map(({ reason }) => reason);
    };
    expect(await reasons({})).toEqual([
      'Answered 200 and 200 (effect not asked at level 0).',
      'Acknowledged with 200 (effect not asked at level 0).',
    ]);
    expect(await reasons({ effects: () => 1 })).toEqual([
      'Answered 200 and 200, without effect.',
      'Acknowledged with 200, without effect.',
    ]);
  });

  it.each<[string, (body: Buffer) => Answer, RegExp]>([
    [
      'the reading, where numbers are refused',
      (body) => [/\d\.0|9007199254740993/.test(String(body)) ? 422 : 200],
      /^This is not about the signature: other spaces are taken/,
    ],
    [
      'the verification, where the body was written again',
      (body) => [JSON.stringify(JSON.parse(String(body))) === String(body) ? 200 : 401],
      /^The body is parsed and written again before it is verified/,
    ],
  ])('puts other bytes down to %s', async (_, answer, cause) => {
    const url = await serve((request, body) => (isNoyos(request, body) ? answer(body) : [401]));
    const { report } = await checkConsumer({ provider: 'noyo', url, secret: SECRET, only: ['SIG-09'] });
    expect(report.checks).toMatchObject([{ verdict: 'fail', cause: expect.stringMatching(cause) }]);
  });

  it('puts down to one cause what comes of one', async () => {
    const causes = async (takes: (ageMs: number) => boolean) => {
      const url = await serve(({ headers }) =>
        takes(Date.now() - Date.parse(String(headers['x-noyo-timestamp']))) ? [200] : [401],
      );
      const only = ['SIG-05', 'SIG-06', 'SEC-01'];
      const { report } = await checkConsumer({ provider: 'noyo', url, secret: SECRET, only });
      return Object.fromEntries(report.checks.map(({ id, cause }) => [id, cause]));
    };
    const unchecked = 'The timestamp’s age is not checked at all, see SIG-05.';
    expect(await causes(() => true)).toEqual({
      'SIG-05': expect.stringContaining('The age of the timestamp is not checked'),
      'SIG-06': unchecked,
      'SEC-01': unchecked,
    });
    expect(await causes((ageMs) => ageMs < 300_000)).toEqual({
      'SIG-05': null,
      'SIG-06': expect.stringContaining('Only old timestamps are refused'),
      'SEC-01': null,
    });
  });

  it.each([
    [404, /^This is not about the signature\. Nothing listens for POST/],
    [405, /^This is not about the signature\. Nothing listens for POST/],
    [503, /^This is not about the signature\. The handler fails/],
    [
      422,
      /^This may not be the signature; its answer was: no such tenant <b>\*{8}<\/b>\. If it is: The secret/,
    ],
    [401, /^The secret given here is not the one/],
  ])('blames the secret only where it may be the secret: %i', async (status, cause) => {
    const url = await serve(() => [status, `no such\ntenant <b>${SECRET}</b>`]);
    const run = await checkConsumer({ provider: 'noyo', url, secret: SECRET, only: ['SIG-01'] });
    expect(run.report.checks[0]!.cause).toMatch(cause);
    expect(await reportText(run, 'html')).not.toContain('<b>***');
  });

  it('shows the signed string and the answer beside what it says of them', async () => {
    const url = await serve(() => [401, '{"error":\n"who are you?"}']);
    const shell = quietShell();
    expect(await run(asking(url, '--only', 'SIG-01'), shell)).toBe(1);
    const said = shell.data.join('\n');
    expect(said).toMatch(/signed +20\S+Z?\.\{.{50,}… \(\d+ more: --report html=FILE\)/);
    expect(said).toMatch(/answer +401 \{"error": "who are you\?"\}/);
  });

  it('says what the provider counts where another 2xx is answered', async () => {
    const url = await serve(() => [204]);
    const { report } = await checkConsumer({ provider: 'noyo', url, secret: SECRET, only: ['ACK-01'] });
    expect(report.checks[0]!.cause).toBe('Noyo counts 200 alone; answer 200.');
  });

  it('takes the DATABASE_URL of the program under test for none of its own', async () => {
    const url = await serve(() => [200]);
    for (const DATABASE_URL of ['postgresql://app@127.0.0.1:1/app', 'mysql://app@127.0.0.1:1/app']) {
      const argv = ['check', '--provider', 'noyo', '--to', url, '--secret', SECRET, '--only', 'ACK-01'];
      expect(await run(argv, quietShell({ DATABASE_URL }))).toBe(0);
    }
  });

  it('shows what a consumer answers without the letters that move a cursor', async () => {
    const url = await serve(() => [302, '', { location: '/\x9b31m' }]);
    const shell = quietShell();
    const argv = ['check', '--provider', 'noyo', '--to', url, '--secret', SECRET, '--only', 'ACK-03'];
    expect(await run(argv, shell)).toBe(1);
    expect([...shell.told, ...shell.data].join('')).toContain('Answered 302 to / 31m.');
  });
});
