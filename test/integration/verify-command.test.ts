import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/program.js';
import { sendOnce } from '../../src/index.js';
import { createConsumer, type Received } from '../support/consumer.js';
import { quietShell } from '../support/quiet-shell.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SECRET = 'my-webhook-secret';

/** What a consumer really got. */
async function received(provider: string, type: string, secret = SECRET): Promise<Received> {
  const consumer = await createConsumer();
  await sendOnce({ provider, type, url: consumer.url, secret });
  await consumer.close();
  return consumer.received[0]!;
}

function saved({ method, path, rawHeaders, body }: Received, change = (bytes: Buffer) => bytes): Buffer {
  const head = [`${method} ${path} HTTP/1.1`, ...rawHeaders.map(([name, value]) => `${name}: ${value}`)];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), change(body)]);
}

async function verify(args: readonly string[], env: Record<string, string> = {}, stdin = '') {
  const shell = { ...quietShell(env), stdin: async () => Buffer.from(stdin) };
  const exit = await run(['verify', ...args], shell);
  return { exit, out: shell.data.join('\n'), told: shell.told.join('\n') };
}

describe('ringer verify', () => {
  let request: Received;
  beforeAll(async () => {
    request = await received('noyo', 'difference.created');
  });

  it('takes a saved request, knows whose it is, and says that it is good', async () => {
    const file = join(temporaryFolder(), 'request.http');
    writeFileSync(file, saved(request));
    const { exit, out } = await verify([file, '--secret', SECRET]);
    expect(exit).toBe(0);
    expect(out).toMatch(/^valid: a request of noyo\n/);
    expect(out).toContain(`recomputed        ${request.headers['x-noyo-signature']}`);
    expect(out).toContain('then the body: 157 bytes, sha256 ');
  });

  it('names the first differing byte and the cause, from standard input, with the secret in the environment', async () => {
    const pretty = (body: Buffer) => Buffer.from(JSON.stringify(JSON.parse(String(body)), null, 2));
    const { exit, out } = await verify(['-'], { RINGER_SECRET: SECRET }, String(saved(request, pretty)));
    expect(exit).toBe(1);
    expect(out).toContain('reserialised_json: the JSON was written anew with other spaces');
    expect(out).toContain('first difference: byte 1 of the body: 0x0a "\\n" stands where 0x22 """ has to');
  });

  it('takes headers and body apart, as lines and as JSON', async () => {
    const body = `${request.body}\n`;
    const lines = request.rawHeaders.map(([name, value]) => `${name}: ${value}`).join('\n');
    for (const headers of [lines, JSON.stringify(request.headers), JSON.stringify(request.rawHeaders)]) {
      const call = await verify(
        ['--headers', '-', '--body', body, '--secret', SECRET, '--json'],
        {},
        headers,
      );
      expect(call.exit).toBe(1);
      expect(JSON.parse(call.out)).toMatchObject({
        provider: 'noyo',
        verdict: 'invalid',
        causes: [{ code: 'trailing_newline' }],
        firstDifference: { in: 'body', at: request.body.length, found: '0x0a "\\n"', wanted: null },
      });
    }
  });

  it('compares with what was sent', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'sent'), request.body);
    writeFileSync(
      join(folder, 'request'),
      saved(request, (body) => Buffer.from(String(body).replace('difference', 'discrepancy'))),
    );
    const changed = await verify([
      join(folder, 'request'),
      '--secret',
      SECRET,
      '--sent',
      `@${join(folder, 'sent')}`,
    ]);
    expect(changed.exit).toBe(1);
    expect(changed.out).toMatch(/changed_body: .*\n {2}first difference: byte \d+ of the body: /);
  });

  it('judges a timestamp at the instant that is named, or not at all', async () => {
    const file = join(temporaryFolder(), 'request.http');
    writeFileSync(file, saved(request));
    const later = new Date(Date.parse(request.headers['x-noyo-timestamp']!) + 3_600_000).toISOString();
    const stale = await verify([file, '--secret', SECRET, '--at', later]);
    expect([stale.exit, stale.out]).toEqual([
      1,
      expect.stringContaining('stale_timestamp: x-noyo-timestamp is 1h old'),
    ]);
    expect((await verify([file, '--secret', SECRET, '--at', later, '--tolerance', '2h'])).exit).toBe(0);
    expect((await verify([file, '--secret', SECRET, '--at', later, '--tolerance', 'off'])).exit).toBe(0);
  });

  it('joins a chunked body', async () => {
    const { rawHeaders, body } = request;
    const chunked: Received = { ...request, rawHeaders: [...rawHeaders, ['Transfer-Encoding', 'chunked']] };
    const inChunks = saved(chunked, () =>
      Buffer.from(
        `a\r\n${body.subarray(0, 10)}\r\n${(body.length - 10).toString(16)}\r\n${body.subarray(10)}\r\n0\r\n\r\n`,
      ),
    );
    expect(await verify(['-', '--secret', SECRET], {}, String(inChunks))).toMatchObject({ exit: 0 });
  });

  it('asks for the secret that it needs, exit code 2', async () => {
    const call = await verify(['-'], {}, String(saved(request)));
    expect(call).toEqual({
      exit: 2,
      out: '',
      told: 'ringer: --secret is missing: noyo proves its requests with it.',
    });
  });

  const wrong: [string, string[], RegExp][] = [
    ['nothing', [], /Give a saved HTTP request, or both --headers and --body/],
    ['both', ['x', '--body', 'x'], /Give a saved request, or --headers and --body/],
    ['a file that is not there', ['/nowhere'], /"\/nowhere" cannot be read/],
    ['headers that are none', ['--headers', 'hello', '--body', 'x'], /"hello" is no header/],
    ['headers of nobody', ['--headers', 'a: b', '--body', 'x'], /name the provider/],
    ['an unknown provider', ['--headers', 'a: b', '--body', 'x', '--provider', 'nojo'], /nojo/],
    [
      'a tolerance that is none',
      ['--headers', 'x-api-key: b', '--body', 'x', '--tolerance', 'soon'],
      /no duration/,
    ],
    ['an instant that is none', ['--headers', 'x-api-key: b', '--body', 'x', '--at', 'soon'], /no instant/],
  ];
  it.each(wrong)('refuses %s with exit code 2', async (_, args, message) => {
    const { exit, told, out } = await verify(args);
    expect([exit, out]).toEqual([2, '']);
    expect(told).toMatch(message);
  });

  it('says that a shared key is another one, and shows neither', async () => {
    const { exit, out } = await verify([
      '--headers',
      'x-api-key: the-real-key',
      '--body',
      '{}',
      '--secret',
      'mine',
    ]);
    expect(exit).toBe(1);
    expect(out).toContain('wrong_secret: x-api-key holds another key');
    expect(out).not.toContain('the-real-key');
  });
});

describe('an unknown command', () => {
  it.each([[['verfy']], [['verfy', '--help']], [['--json', 'verfy', 'x']]])(
    '%j: exit code 2, and the list',
    async (argv) => {
      const shell = quietShell();
      expect(await run(argv, shell)).toBe(2);
      expect(shell.told).toEqual([
        expect.stringMatching(/^ringer: unknown command 'verfy'; there are: start, .*verify/),
      ]);
      expect(shell.data).toEqual([]);
    },
  );
});
