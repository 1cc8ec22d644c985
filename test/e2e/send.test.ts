import { execFileSync } from 'node:child_process';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requireBuilt } from '../support/built.js';
import { ringer } from '../support/command-line.js';
import { type Consumer, createConsumer, type Received } from '../support/consumer.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A consumer's check that shares no code with Ringer: whether it would take these bytes. */
type Verify = (body: Buffer, headers: Received['headers'], secret: string) => boolean;

function opensslHmac(secret: string, content: Buffer): string {
  const args = [
    'dgst',
    '-sha256',
    '-mac',
    'HMAC',
    '-macopt',
    `hexkey:${Buffer.from(secret).toString('hex')}`,
    '-r',
  ];
  return execFileSync('openssl', args, { input: content, encoding: 'utf8' }).split(' ')[0]!;
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function accepts(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

const hmacHex = (secret: string, content: Buffer) =>
  createHmac('sha256', secret).update(content).digest('hex');
const pick = (headers: Received['headers'], prefix: string, as: string) =>
  Object.fromEntries(
    ['id', 'timestamp', 'signature'].map((part) => [`${as}-${part}`, headers[`${prefix}-${part}`] ?? '']),
  );

const secret = 'a consumer’s own secret';
const whsec = `whsec_${randomBytes(24).toString('base64')}`;
const PROVIDERS: {
  provider: string;
  type: string;
  secret: string;
  by: string;
  verify: Verify;
  carries: 'body' | 'key';
}[] = [
  {
    ...{
      provider: 'noyo',
      type: 'difference.created',
      secret: 'noyo-secret',
      by: 'openssl',
      carries: 'body' as const,
    },
    verify: (body, headers, key) => {
      const content = Buffer.concat([Buffer.from(`${headers['x-noyo-timestamp']}.`), body]);
      return same(opensslHmac(key, content), headers['x-noyo-signature'] ?? '');
    },
  },
  {
    ...{
      provider: 'voyado',
      type: 'contact.created',
      secret: whsec,
      by: 'the svix package',
      carries: 'body' as const,
    },
    verify: (body, headers, key) => accepts(() => new SvixWebhook(key).verify(body.toString(), headers)),
  },
  {
    ...{
      provider: 'voyado',
      type: 'point.balance.updated',
      secret: whsec,
      by: 'standardwebhooks',
      carries: 'body' as const,
    },
    verify: (body, headers, key) =>
      accepts(() => new StandardWebhook(key).verify(body.toString(), pick(headers, 'svix', 'webhook'))),
  },
  {
    ...{ provider: 'healthsync', type: 'document.uploaded', secret, by: 'openssl', carries: 'body' as const },
    verify: (body, headers, key) =>
      same(`sha256=${opensslHmac(key, body)}`, headers['x-healthsync-signature'] ?? ''),
  },
  {
    ...{
      provider: 'novamed',
      type: 'order:shipped',
      secret: 'nova-key',
      by: 'comparison',
      carries: 'key' as const,
    },
    verify: (_, headers, key) => same(key, headers['x-api-key'] ?? ''),
  },
  {
    ...{
      provider: 'healthsherpa',
      type: 'sync',
      secret: 'sherpa-secret',
      by: 'node:crypto',
      carries: 'body' as const,
    },
    verify: (body, headers, key) => same(hmacHex(key, body), headers['x-webhook-signature'] ?? ''),
  },
];

describe('ringer send', { timeout: 120_000 }, () => {
  let consumer: Consumer;
  beforeAll(async () => {
    requireBuilt();
    consumer = await createConsumer();
  });
  afterAll(() => consumer?.close());
  beforeEach(() => {
    consumer.clear();
    consumer.answer(200);
  });

  it.each(PROVIDERS)('$provider $type is accepted by $by, and refused with one byte changed', async (one) => {
    const { provider, type, verify } = one;
    const args = ['send', provider, type, '--to', consumer.url, '--secret', one.secret];
    const { exit, stdout, ms } = await ringer(args);
    console.log(`send ${provider} ${type}: ${ms} ms of the process`);
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `^--> ${type} \\[evt_[0-9a-f-]{36}\\] attempt 1/\\d+\n<-- \\[200\\] POST ${consumer.url} \\d+ms\n$`,
      ),
    );
    const [{ body, headers }] = consumer.received as [Received];
    expect(JSON.parse(body.toString())).toBeTypeOf('object');
    expect(verify(body, headers, one.secret)).toBe(true);
    expect(verify(body, headers, flipped(Buffer.from(one.secret), one.secret.length - 2).toString())).toBe(
      false,
    );
    if (one.carries === 'body') {
      for (const at of [0, body.length >> 1, body.length - 1]) {
        expect(verify(flipped(body, at), headers, one.secret)).toBe(false);
      }
    }
  });

  it('exits with 1 when it was not delivered, and says why', async () => {
    consumer.answer(503);
    const to = ['--to', consumer.url, '--secret', secret];
    const refused = await ringer(['send', 'noyo', 'difference.created', ...to]);
    expect([refused.exit, refused.stdout.split('\n')[1]]).toEqual([
      1,
      expect.stringMatching(/^<-- \[503\] POST /),
    ]);
    expect(refused.stderr).toContain('not delivered: status 503');
    consumer.answer(201);
    const created = await ringer(['send', 'noyo', 'difference.created', ...to]);
    expect(created.exit).toBe(1);
    expect(created.stderr).toContain('noyo takes another answer for success, not 201');
    const nobody = await ringer([
      'send',
      'noyo',
      'difference.created',
      '--to',
      'http://127.0.0.1:9/x',
      '--secret',
      secret,
    ]);
    expect([nobody.exit, nobody.stdout.split('\n')[1]]).toEqual([
      1,
      expect.stringMatching(/^<-- \[refused\] POST /),
    ]);
    expect(nobody.stderr).toContain(
      'Nothing listens at http://127.0.0.1:9; start the consumer, or correct the address. (refused)',
    );
  });

  it.each([
    [['send', 'nojo', 'x'], /^ringer: Unknown provider "nojo"; there are: .*noyo/],
    [['send', 'noyo', 'nothing'], /^ringer: Unknown event "nothing"; there are: .*difference\.created/],
    [['send', 'noyo', 'difference.created', '--set', 'data.id=7'], /^ringer: data\.id: /],
    [
      ['send', 'noyo', 'difference.created', '--preset', 'x'],
      /^ringer: Unknown preset of noyo "x"; there are: /,
    ],
    [['send', 'noyo', 'difference.created', '--environment', 'sandbox'], /not available in sandbox/],
  ])('%j is refused with 2 before anything is sent', async (args, message) => {
    const { exit, stdout, stderr } = await ringer([...args, '--to', consumer.url]);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(consumer.received).toEqual([]);
  });

  it('sends a file byte for byte, and what it is given on standard input', async () => {
    const folder = temporaryFolder();
    const bytes = Buffer.from('{ "spaced" : 1.0,\n"ünïcode": "✓" }\n');
    writeFileSync(join(folder, 'body.json'), bytes);
    const to = ['--to', consumer.url, '--secret', secret];
    await ringer(['send', 'healthsync', 'document.uploaded', ...to, '--payload', '@body.json'], {
      cwd: folder,
    });
    await ringer(['send', 'healthsync', 'document.uploaded', ...to, '--payload', '-'], {
      input: 'no JSON at all',
    });
    await ringer(
      [
        'send',
        'healthsync',
        'document.uploaded',
        ...to,
        '--data',
        '-',
        '--set',
        'data.object.filename=a b.pdf',
      ],
      {
        input: '{"data":{"object":{"id":"doc_1"}}}',
      },
    );
    const [file, stdin, merged] = consumer.received.map(({ body }) => body);
    expect(file).toEqual(bytes);
    expect(stdin!.toString()).toBe('no JSON at all');
    expect(JSON.parse(merged!.toString()).data.object).toMatchObject({ id: 'doc_1', filename: 'a b.pdf' });
  });

  it('takes every flag from the environment, and a flag before it', async () => {
    const env = {
      RINGER_TO: consumer.url,
      RINGER_SECRET: secret,
      RINGER_JSON: '1',
      RINGER_HEADER: 'X-A=1\nX-B=2',
    };
    const { exit, stdout, stderr } = await ringer(
      ['send', 'noyo', 'difference.created', '--secret', 'other'],
      { env },
    );
    expect(exit).toBe(0);
    const document = JSON.parse(stdout) as {
      ok: boolean;
      request: { headers: [string, string][]; bodyBase64: string };
    };
    expect(document).toMatchObject({
      ok: true,
      provider: 'noyo',
      scheduledAttempts: 16,
      response: { status: 200 },
    });
    const [{ body, headers }] = consumer.received as [Received];
    expect(headers).toMatchObject({ 'x-a': '1', 'x-b': '2' });
    expect(Buffer.from(document.request.bodyBase64, 'base64')).toEqual(body);
    const content = Buffer.concat([Buffer.from(`${headers['x-noyo-timestamp']}.`), body]);
    expect(headers['x-noyo-signature']).toBe(hmacHex('other', content));
    expect(stderr).not.toContain('secret');
  });

  it('makes a secret where one is needed, tells it on stderr, and never shows a key on stdout', async () => {
    const { stdout, stderr } = await ringer(['send', 'novamed', 'order:shipped', '--to', consumer.url]);
    const key = consumer.received[0]!.headers['x-api-key']!;
    expect(stderr).toContain(key);
    expect(stdout).not.toContain(key);
    const given = await ringer([
      'send',
      'novamed',
      'order:shipped',
      '--to',
      consumer.url,
      '--secret',
      'given-key',
      '--json',
    ]);
    expect(given.stdout + given.stderr).not.toContain('given-key');
  });

  it('reads presets and settings of either kind', async () => {
    const args = ['send', 'noyo', 'difference.created', '--to', consumer.url, '--secret', secret];
    await ringer([...args, '--setting', 'signedContent=body', '--setting', 'keyOrder=shuffled']);
    const [{ body, headers }] = consumer.received as [Received];
    expect(headers['x-noyo-signature']).toBe(hmacHex(secret, body));
    const basic = ['--setting', 'auth.kind=bearer', '--setting', 'auth.token=t0ken'];
    await ringer(['send', 'healthsherpa', 'sync', '--to', consumer.url, ...basic]);
    expect(consumer.received[1]!.headers.authorization).toBe('Bearer t0ken');
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at]! ^ 1;
  return copy;
}
