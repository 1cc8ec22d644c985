import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEgress, type Egress } from '../../src/engine/egress/egress.js';
import { headerFault } from '../../src/engine/egress/headers.js';
import type { AppError } from '../../src/errors.js';
import { type Random, seededRandom } from '../../src/lib/random.js';
import type { Profile } from '../../src/providers/contract.js';
import { checkHeaders } from '../../src/services/custom-headers.js';
import { apiOf } from '../support/api.js';
import { loadAll } from '../support/profiles.js';
import { answer, type TcpServer, tcpServer } from '../support/tcp-server.js';
import { useWorld } from '../support/world.js';

const CASES = 20_000;
const SEED = 'headers';

/** What has ended a header before its time somewhere, or began another. */
const POISON = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\u0000',
    '\r\n\r\n',
    '\n\n',
    '\r\nX-Injected: 1',
    '\nX-Injected: 1',
    '\u2028',
    '\u2029',
  ],
  ...[
    '\u010d\u010a',
    '\u560d\u560a',
    '%0d%0a',
    '\\r\\n',
    '\u0085',
    '\u000b',
    '\u000c',
    '\u007f',
    '\u00ff',
    'é',
    '✓',
    '\ud800',
  ],
  ...[':', ' ', '\t', '"', ',', ';', '(', ')', '/', '[', '{', '@', '=', '  ', 'POST / HTTP/1.1'],
];
const RESERVED = [
  'Host',
  'content-length',
  'Transfer-Encoding',
  'connection',
  'Upgrade',
  'te',
  'Trailer',
  'expect',
];
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_.!#$&*+^`|~';

interface Case {
  name: string;
  value: string;
}

function pick<T>(random: Random, list: ArrayLike<T>): T {
  return list[Math.floor(random.float() * list.length)]!;
}

function word(random: Random, most: number): string {
  return Array.from({ length: 1 + Math.floor(random.float() * most) }, () => pick(random, LETTERS)).join('');
}

/** Half of them harmless; the others with something in the name or in the value that must not go out. */
function fuzzed(): Case[] {
  const random = seededRandom(SEED);
  const spoil = (text: string) => {
    const at = Math.floor(random.float() * (text.length + 1));
    return text.slice(0, at) + pick(random, POISON) + text.slice(at);
  };
  return Array.from({ length: CASES }, () => {
    const name = `x-${word(random, 12)}`;
    const value = word(random, 40);
    const kind = random.float();
    if (kind < 0.5) return { name, value };
    if (kind < 0.7) return { name: spoil(name), value };
    if (kind < 0.95) return { name, value: spoil(value) };
    return { name: pick(random, RESERVED), value };
  });
}

/** The rule itself, written apart from the code that it is held against: RFC 9110 tokens, visible ASCII, space and tab. */
function mayBeSent({ name, value }: Case): boolean {
  const isToken = name.length > 0 && [...name].every((c) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(c));
  const isPlain = [...value].every((c) => c === '\t' || (c >= ' ' && c <= '~'));
  return isToken && isPlain && !RESERVED.some((reserved) => reserved.toLowerCase() === name.toLowerCase());
}

describe(`${CASES} headers, half of them with something inside`, () => {
  const cases = fuzzed();
  const world = useWorld();
  let raw: TcpServer;
  let out: Egress;
  const heads = new Map<string, string>();
  beforeAll(async () => {
    raw = await tcpServer({
      onRequest(socket, head) {
        heads.set(/^POST \/(\d+) /.exec(head)?.[1] ?? head, head);
        socket.write(answer('ok'));
      },
    });
    out = createEgress({ mode: 'local', allow: [], ownPorts: () => [] }, { connections: 20 });
  });
  afterAll(async () => {
    await out.close();
    await raw[Symbol.asyncDispose]();
  });

  test('at send: what goes out is byte for byte what was meant, and the rest is never written', async () => {
    const refused: Case[] = [];
    const send = async (i: number) => {
      const { name, value } = cases[i]!;
      const result = await out.send({
        url: `http://127.0.0.1:${raw.port}/${i}`,
        headers: [[name, value]],
        body: Buffer.from('{}'),
        timeout: { kind: 'total', ms: 60_000 },
        poolKey: 'tenant',
        https: 'optional',
      });
      if (result.kind === 'answered') return;
      expect(result).toMatchObject({ reason: 'invalid_header', requestSent: false });
      refused.push(cases[i]!);
    };
    let next = 0;
    await Promise.all(
      Array.from({ length: 40 }, async () => {
        while (next < CASES) await send(next++);
      }),
    );
    const good = cases.filter(mayBeSent);
    expect(refused.length).toBe(CASES - good.length);
    expect(good.length).toBeGreaterThan(CASES / 2);
    expect(refused.length).toBeGreaterThan(CASES / 5);
    expect(heads.size).toBe(good.length);
    const wrong = cases.flatMap((one, i) => {
      const head = heads.get(String(i));
      if (!mayBeSent(one)) return head === undefined ? [] : [`sent: ${JSON.stringify(one)}`];
      const meant = `POST /${i} HTTP/1.1\r\nhost: 127.0.0.1:${raw.port}\r\nconnection: keep-alive\r\n${one.name}: ${one.value}\r\ncontent-length: 2\r\n\r\n`;
      return head === meant ? [] : [`${JSON.stringify(one)}: ${JSON.stringify(head)}`];
    });
    expect(wrong).toEqual([]);
    expect(raw.received).not.toMatch(/^x-injected/im);
  }, 120_000);

  test('at registration: every provider refuses what could not be sent, and names of its own', async () => {
    const profiles: readonly Profile[] = (await loadAll()).list();
    const refuses = (profile: Profile, { name, value }: Case): boolean => {
      try {
        checkHeaders(profile, [[name, value]]);
        return false;
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid_header' } satisfies Partial<AppError>);
        if (value.length > 8) expect((error as AppError).message).not.toContain(value);
        return true;
      }
    };
    for (const [i, one] of cases.entries()) {
      const profile = profiles[i % profiles.length]!;
      if (!mayBeSent(one)) expect(refuses(profile, one), JSON.stringify(one)).toBe(true);
      // Nothing is taken that would be refused later, when nobody looks any more.
      else if (!refuses(profile, one)) expect(headerFault(one.name, one.value)).toBeNull();
    }
    for (const profile of profiles) {
      const own = profile.reservedHeaders.value.filter((name) => !name.endsWith('*'));
      const taken = [
        'Host',
        'Content-Length',
        'Transfer-Encoding',
        'Content-Type',
        'Cookie',
        'Proxy-Authorization',
        ...own,
      ];
      for (const name of taken)
        expect(refuses(profile, { name, value: 'plain-value' }), `${profile.id} ${name}`).toBe(true);
    }
  });

  test('through the API: a refusal that names the header, and nothing stored', async () => {
    const { publicId, key } = await world.tenant();
    const api = apiOf(world).as(key);
    const path = `/tenants/${publicId}/subscriptions`;
    const bad = cases.filter((one) => !mayBeSent(one)).slice(0, 150);
    for (const { name, value } of bad) {
      const body = { provider: 'noyo', url: 'https://consumer.example/', headers: { [name]: value } };
      const { status, body: refusal } = await api.post(path, body);
      expect(status, JSON.stringify([name, value])).toBe(400);
      // What no column keeps is refused before anybody looks whether it is a header.
      expect(['invalid_header', 'invalid_request']).toContain(refusal.code);
    }
    expect((await api.get(path)).body.data).toEqual([]);
  });
});
