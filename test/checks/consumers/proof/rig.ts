import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { Consumer, Started } from '../contract.js';
import { bodyOf, headersOf, type Signing, type Wanted } from './forge.js';

export interface Reply {
  /** 0: the connection ended without an answer. */
  status: number;
  text: string;
}

export interface Sending extends Partial<Wanted>, Partial<Signing> {
  /** Instead of the event's own, and signed. */
  body?: string;
  /** Sent in place of what was signed. */
  sentBody?: string;
  /** From the headers as they would be to those that are sent. */
  headers?(genuine: Record<string, string>): Record<string, string>;
  chunked?: boolean;
}

/** One running consumer and a sender for it. */
export interface Rig {
  consumer: Consumer;
  started: Started;
  /** A genuine event of its own unless told otherwise. */
  send(sending?: Sending): Promise<Reply>;
  get(): Promise<Reply>;
  effects(): Promise<Record<string, Record<string, unknown>>>;
  /** A request whose body stops half way, with the server known to be reading it. */
  half(): Promise<{ cut(): Promise<void> }>;
}

export function rigOf(consumer: Consumer, started: Started): Rig {
  let count = 0;
  const secret = started.secret ?? (started.settings as { auth: { value: string } }).auth.value;
  const { url } = started;
  return {
    consumer,
    started,
    send({ chunked, sentBody, headers = (genuine: Record<string, string>) => genuine, ...wanted } = {}) {
      count += 1;
      const { id = `evt-${count}`, sentAtMs = Date.now(), secrets = [secret] } = wanted;
      const event = { thing: `thing-${count}`, step: 0, happenedAtMs: Date.now(), id, ...wanted } as const;
      const body = wanted.body ?? bodyOf(consumer.provider, event);
      const genuine = headersOf(consumer, started, { body, id, sentAtMs, secrets });
      return exchange(url, 'POST', { headers: headers(genuine), body: sentBody ?? body, chunked });
    },
    get: () => exchange(url, 'GET'),
    async effects() {
      return JSON.parse((await exchange(started.effectsUrl, 'GET')).text);
    },
    async half() {
      const { port, hostname, pathname } = new URL(url);
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      const head = `POST ${pathname} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
      socket.write(`${head}Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n`);
      await once(socket, 'data');
      socket.write('{"half":');
      return {
        async cut() {
          socket.resume().end();
          if (!socket.closed) await once(socket, 'close');
        },
      };
    },
  };
}

interface Exchange {
  headers?: Record<string, string>;
  body?: string;
  chunked?: boolean | undefined;
}

/** Header names go out as they are spelled. */
async function exchange(
  url: string,
  method: string,
  { headers, body, chunked }: Exchange = {},
): Promise<Reply> {
  const length = body === undefined || chunked ? {} : { 'Content-Length': Buffer.byteLength(body) };
  const req = request(url, { method, agent: false, headers: { ...headers, ...length } });
  return new Promise((resolve) => {
    req.on('error', () => resolve({ status: 0, text: '' }));
    req.on('response', (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
      res.on('error', () => resolve({ status: 0, text: '' }));
    });
    if (chunked) req.write(body?.slice(0, 10));
    req.end(chunked ? body?.slice(10) : body);
  });
}
