import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { MINUTE, setScene } from '../support/scene.js';
import { answer, tcpServer } from '../support/tcp-server.js';
import { useWorld } from '../support/world.js';

const world = useWorld();

const says = (bytes: string) => (socket: Socket) => void socket.write(bytes);
const ends = (bytes: string) => (socket: Socket) => void socket.end(bytes);
const INFORMATION = 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n';

/** What an endpoint does, byte for byte · why the attempt failed, null = it did not · whether it is tried again. */
const TABLE: [what: string, does: (socket: Socket) => void, reason: string | null, again: boolean][] = [
  ['200', says(answer('ok')), null, false],
  ['200 after a thousand of 103', says(INFORMATION.repeat(1_000) + answer('ok')), null, false],
  ['201, where the provider says 200', says(answer('', 'HTTP/1.1 201 Created')), 'status_201', true],
  ['a redirect', says(answer('', 'HTTP/1.1 302 Found\r\nLocation: /elsewhere')), 'status_302', true],
  ['400', says(answer('', 'HTTP/1.1 400 Bad Request')), 'status_400', true],
  ['404', says(answer('', 'HTTP/1.1 404 Not Found')), 'status_404', true],
  ['410', says(answer('', 'HTTP/1.1 410 Gone')), 'status_410', true],
  [
    '429 that asks for an hour',
    says(answer('', 'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600')),
    'status_429',
    true,
  ],
  ['500', says(answer('', 'HTTP/1.1 500 Oh')), 'status_500', true],
  [
    '503 that asks for an hour',
    says(answer('', 'HTTP/1.1 503 Busy\r\nRetry-After: 3600')),
    'status_503',
    true,
  ],
  ['a status nobody knows', says(answer('', 'HTTP/1.1 599 What')), 'status_599', true],
  ['a reset', (socket) => void socket.resetAndDestroy(), 'reset', true],
  ['an end before the answer', ends(''), 'reset', true],
  ['an end inside of the body', ends('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive!'), 'reset', true],
  ['another protocol', says('SSH-2.0-OpenSSH_9.2\r\n'), 'invalid_response', true],
  ['no end to information', (socket) => void flood(socket), 'timeout', true],
  ['silence', () => {}, 'timeout', true],
  ['a head that never ends', says('HTTP/1.1 200 OK\r\nX-A: '), 'timeout', true],
];

/** As long as somebody listens. */
function flood(socket: Socket): void {
  if (socket.destroyed) return;
  socket.write(INFORMATION, () => setTimeout(flood, 5, socket));
}

describe('T20: what an endpoint may do, and what becomes of the delivery', () => {
  it.each(TABLE)('%s', async (_, does, reason, again) => {
    await using endpoint = await tcpServer({ onRequest: does });
    const timeoutMs = reason === 'timeout' ? 1_500 : 20_000;
    const url = `http://127.0.0.1:${endpoint.port}/`;
    const scene = await setScene(world, 'healthsync', { settings: { timeoutMs }, url });
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    const { status, attempts } = await scene.delivery(id);
    expect(status).toBe(reason === null ? 'delivered' : again ? 'pending' : 'failed');
    expect(attempts).toHaveLength(1);
    const [{ outcome, reason: why, startedAt, nextAttemptAt }] = attempts as [(typeof attempts)[number]];
    expect([outcome, why]).toEqual([reason === null ? 'delivered' : again ? 'retry' : 'failed', reason]);
    // The provider says a minute, whatever the answer asks for.
    expect(nextAttemptAt && Date.parse(nextAttemptAt) - Date.parse(startedAt)).toBe(again ? MINUTE : null);
    // Nothing else of it is disturbed: the next one goes out as if nothing had been.
    const other = await setScene(world, 'healthsync', { tenantId: scene.tenantId, answers: 200 });
    const next = await other.publish();
    await other.advance({ by: 0 });
    expect((await other.delivery(next)).status).toBe('delivered');
  });

  it('nobody there', async () => {
    const gone = await tcpServer();
    await gone[Symbol.asyncDispose]();
    const scene = await setScene(world, 'healthsync', { url: `http://127.0.0.1:${gone.port}/` });
    const id = await scene.publish();
    await scene.advance({ by: 0 });
    expect((await scene.delivery(id)).attempts).toMatchObject([{ outcome: 'retry', reason: 'refused' }]);
  });
});
