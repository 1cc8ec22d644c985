import type { Dispatcher } from 'undici';
import type { TimeoutRule } from '../../providers/contract.js';
import type { Timed } from './deadlines.js';
import { failureOf, type SendFailure, say } from './failures.js';

export interface Timing {
  /** Wall time, milliseconds since 1970. */
  startedWallMs: number;
  /** Real milliseconds from `send` to the end of the answer, or to the failure. */
  durationMs: number;
  /** Until a connection made for this request was ready (DNS, TCP, TLS); null on one that was open already. */
  connectMs: number | null;
  /** Until the first byte of the answer, counted from the start; null when none came. */
  firstByteMs: number | null;
}

export interface Answer {
  status: number;
  /** As they came: order, case and repeats kept. */
  headers: [name: string, value: string][];
  /** The first 20,000 bytes, as they came: nothing is decompressed. */
  body: Uint8Array;
  /** Bytes read; the whole body unless it was over 64 KiB, where reading stops. */
  bodyBytes: number;
  /** `body` is not the whole body. */
  truncated: boolean;
}

export type SendResult =
  | ({ kind: 'answered'; timing: Timing } & Answer)
  | {
      kind: 'failed';
      reason: SendFailure;
      /** One sentence for people; never names a resolved address. */
      detail: string;
      /** False only when no byte of this request was written, so that sending again cannot make a duplicate. */
      requestSent: boolean;
      timing: Timing;
      /** What had come of the answer by then. */
      partial?: Answer;
    };

export interface ExchangeOptions {
  timeout: TimeoutRule;
  /** How much of that time is over already, milliseconds. */
  spentMs: number;
  monotonic: () => number;
  startedWallMs: number;
  /** The connection that undici is being handed, when it is a new one. */
  newConnection: () => NewConnection | null;
  /** Body bytes that are read and kept; default: the first 20,000 of 64 KiB. */
  keepBytes?: number;
  /** Called once. */
  settled: (exchange: Exchange, result: SendResult) => void;
}

/** What is known of a connection on which the first request is written. */
export interface NewConnection {
  /** Whether the far end may still turn down the client certificate it was shown. */
  readonly doubtful: boolean;
}

/** Body bytes that are kept, as an attempt record shows them. */
const KEPT_BYTES = 20_000;
/** Body bytes that are read at most. */
const READ_BYTES = 65_536;
const NOTHING = Buffer.alloc(0);

/**
 * One request and its answer: undici's handler and our deadline in one object, because it is made 20,000 times a
 * second. Every way out ends in `settle`, and only the first one counts.
 */
export class Exchange implements Dispatcher.DispatchHandler, Timed {
  dueAt: number;
  slot = -1;
  private readonly startedAt: number;
  private readonly lastAt: number;
  private state: 'open' | 'settled' = 'open';
  private abort: (() => void) | null = null;
  private connection: NewConnection | null = null;
  private connectMs: number | null = null;
  private firstByteMs: number | null = null;
  private status = 0;
  private headers: [string, string][] = [];
  private chunks: Buffer[] = [];
  private bodyBytes = 0;

  constructor(private readonly options: ExchangeOptions) {
    const { timeout, spentMs } = options;
    this.startedAt = options.monotonic();
    this.lastAt = this.startedAt + (timeout.kind === 'split' ? timeout.totalMs : timeout.ms) - spentMs;
    this.dueAt =
      timeout.kind === 'split' ? Math.min(this.lastAt, this.startedAt + timeout.connectMs) : this.lastAt;
  }

  /** Undici is about to write the request. Throwing is how one that waited too long steps back without a byte. */
  onConnect(abort: (error?: Error) => void): void {
    if (this.state === 'settled') throw new Error('settled before a connection was free');
    this.abort = abort;
    this.dueAt = this.lastAt;
    this.connection = this.options.newConnection();
    if (this.connection) this.connectMs = this.elapsed();
  }

  onResponseStarted(): void {
    this.firstByteMs ??= this.elapsed();
  }

  /** Also called for every 1xx, which says nothing yet. */
  onHeaders(status: number, raw: Buffer[]): boolean {
    if (status < 200) return true;
    this.status = status;
    for (let i = 0; i + 1 < raw.length; i += 2) {
      this.headers.push([raw[i]!.toString('latin1'), raw[i + 1]!.toString('latin1')]);
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    const { keepBytes: kept = KEPT_BYTES, keepBytes: most = READ_BYTES } = this.options;
    const room = kept - this.bodyBytes;
    if (room > 0) this.chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.bodyBytes += chunk.length;
    if (this.bodyBytes > most) {
      this.answered();
      this.abort?.();
    }
    return true;
  }

  onComplete(): void {
    this.answered();
  }

  onError(error: Error): void {
    if (this.state === 'settled') return;
    const { reason, detail } = failureOf(error, this.status > 0);
    // Some servers look at the certificate after the handshake and then just close, without an alert.
    if (reason === 'reset' && this.firstByteMs === null && this.connection?.doubtful)
      this.failed('tls_client_refused', say('tls_client_refused'));
    else this.failed(reason, detail);
  }

  /** The deadline passed. */
  expire(): void {
    const connecting = this.abort === null;
    const limitMs = Math.round(this.dueAt - this.startedAt);
    const what = connecting
      ? 'No connection'
      : this.status > 0
        ? 'The answer began but did not end'
        : 'No answer';
    this.end(
      connecting && this.options.timeout.kind === 'split' ? 'connect_timeout' : 'timeout',
      `${what} within ${limitMs} ms.`,
    );
  }

  /** Ends it from outside: whatever is under way is dropped. */
  end(reason: SendFailure, detail: string = say(reason)): void {
    this.failed(reason, detail);
    this.abort?.();
  }

  private answered(): void {
    this.settle({
      kind: 'answered',
      ...this.answer(this.bodyBytes > (this.options.keepBytes ?? KEPT_BYTES)),
      timing: this.timing(),
    });
  }

  private failed(reason: SendFailure, detail: string): void {
    this.settle({
      kind: 'failed',
      reason,
      detail,
      requestSent: this.abort !== null,
      timing: this.timing(),
      ...(this.status > 0 ? { partial: this.answer(true) } : {}),
    });
  }

  private settle(result: SendResult): void {
    if (this.state === 'settled') return;
    this.state = 'settled';
    this.options.settled(this, result);
  }

  private answer(truncated: boolean): Answer {
    const { status, headers, bodyBytes } = this;
    // Copied, so that twenty bytes of body do not hold on to a whole read buffer.
    const body = this.chunks.length > 0 ? Buffer.concat(this.chunks) : NOTHING;
    return { status, headers, body, bodyBytes, truncated };
  }

  private timing(): Timing {
    const { connectMs, firstByteMs } = this;
    return { startedWallMs: this.options.startedWallMs, durationMs: this.elapsed(), connectMs, firstByteMs };
  }

  private elapsed(): number {
    return Math.round(this.options.monotonic() - this.startedAt);
  }
}
