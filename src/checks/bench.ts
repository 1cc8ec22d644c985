import type { Tokens } from '../engine/access/tokens.js';
import type { SendTools, Sent, Wire } from '../engine/attempt/send.js';
import { send as sendAsDelivery } from '../engine/attempt/send.js';
import type { Egress, OutgoingRequest } from '../engine/egress/egress.js';
import type { Together } from '../engine/egress/together.js';
import { distort, targetOf } from '../engine/faults/distort.js';
import { proofHeaders } from '../engine/faults/facts.js';
import { type Fault, type Params, paramsOf, type Target } from '../engine/faults/fault.js';
import { PLAIN, type Manner as WireManner } from '../engine/faults/manner.js';
import type { LaneSnapshot } from '../engine/lane-snapshot.js';
import type { WallClock } from '../lib/clock.js';
import { type Random, seededRandom } from '../lib/random.js';
import { setTimeout as startTimer } from '../lib/timers.js';
import type { RequestInput } from '../providers/contract.js';
import type { Manner, Shot } from './contract.js';
import type { Effects } from './effects.js';
import type { CheckEvent, EventShape } from './event.js';
import type { LifePlan } from './lives.js';
import type { ReadApi } from './read-api.js';
import { shotOf } from './shot.js';

/** One deviation from a correct request. */
export interface Twist {
  fault: Fault;
  params: Params<Fault['params']>;
}

/** @param given its parameters; what is left out takes its default. */
export function twist(fault: Fault, given: Readonly<Record<string, unknown>> = {}): Twist {
  return { fault, params: paramsOf(fault, given) };
}

export interface Ask {
  label: string;
  twists?: readonly Twist[];
  /** Default: that of the worst twist, else legal. */
  manner?: Manner;
  /** What else is changed after the signature was made. */
  change?: (wire: Wire) => Wire;
  /** How much older than now the request says it is, milliseconds. */
  agedMs?: number;
  /** 1 for the first. */
  attempt?: number;
  /** Ends in the same instant as others that have a place of the same meeting. */
  together?: Together;
  /** No second try where the consumer asks for time (429, or 503 with Retry-After). */
  once?: boolean;
}

/** What a whole run shares. */
export interface BenchWorld {
  lane: LaneSnapshot;
  shape: EventShape;
  plans: readonly LifePlan[];
  egress: Egress;
  tokens: Tokens;
  clock: WallClock;
  seed: string;
  version: string;
  /** Secrets that were rotated away. */
  retired: readonly string[];
  /** For each request, milliseconds. */
  timeoutMs: number;
  effects: Effects | null;
  /** The provider's own API, for the consumer to ask; null: there is none in this run. */
  readApi: ReadApi | null;
  /** Why there is none. */
  noReadApi: string;
  /** Moves the consumer's clock; null: nothing does. */
  moveClock: ((nowMs: number) => unknown) | null;
  /** Whether requests that do harm may go there. */
  mayHarm: boolean;
  startedMs: number;
  /** Told of each request as it ends. */
  seen(check: string, shot: Shot): void;
  slots: { take(): Promise<() => void> };
  pace: { slow: boolean; answerMs: number };
}

/** What a check works with. */
export interface Bench
  extends Pick<
    BenchWorld,
    'lane' | 'effects' | 'readApi' | 'noReadApi' | 'moveClock' | 'clock' | 'plans' | 'retired'
  > {
  shape: EventShape;
  /** For whatever a check draws. */
  random: Random;
  /** A correct request without a twist, and what it is made of. */
  target: Target;
  timeoutMs: number;
  /** A consumer that takes long is asked less. */
  pace: BenchWorld['pace'];
  seed: string;
  /** What was sent so far, in this check. */
  shots: readonly Shot[];
  /** A new event of the kind that the run uses where any will do. */
  sample(): CheckEvent;
  send(event: CheckEvent, ask: Ask): Promise<Shot>;
  /** A request without a body. */
  visit(method: 'GET' | 'HEAD', label: string): Promise<Shot>;
  /** Real time. */
  pause(ms: number): Promise<void>;
}

/** A consumer that asks for time gets this much at most, milliseconds. */
const MOST_PATIENCE_MS = 1_000;
const RETRIES = 3;

export function createBench(world: BenchWorld, check: string): Bench {
  const { lane, clock, egress } = world;
  const shots: Shot[] = [];
  let samples = 0;
  let sent = 0;

  const inputOf = (event: CheckEvent, { agedMs = 0, attempt = 1 }: Ask, seed: string): RequestInput => ({
    type: event.type,
    body: event.body,
    providerEventId: event.providerEventId,
    deliveryId: event.deliveryId,
    attempt,
    timestampMs: clock.now() - agedMs,
    eventTimestampMs: clock.now() - agedMs,
    secrets: lane.secrets.map(({ value }) => value),
    settings: lane.settings,
    policies: lane.policies,
    customHeaders: lane.customHeaders,
    version: world.version,
    random: seededRandom(seed),
  });

  const sample = () => {
    samples += 1;
    return world.plans[0]!.tell(`${check} sample ${samples}`)[0]!;
  };

  const tools: SendTools = { egress, tokens: world.tokens, clock };
  const bounded = {
    ...lane,
    policies: { ...lane.policies, timeout: { kind: 'total', ms: world.timeoutMs } as const },
  };
  const post = (wire: Wire, manner: WireManner | null, together: Together | null): Promise<Sent> =>
    sendAsDelivery(
      wire,
      bounded,
      manner === null && together === null ? tools : { ...tools, how: { manner: manner ?? PLAIN, together } },
    );

  const record = (shot: Shot): Shot => {
    shots.push(shot);
    world.seen(check, shot);
    return shot;
  };

  const bench: Bench = {
    lane,
    effects: world.effects,
    readApi: world.readApi,
    noReadApi: world.noReadApi,
    moveClock: world.moveClock,
    clock,
    shape: world.shape,
    random: seededRandom(`${world.seed} ${check}`),
    plans: world.plans,
    retired: world.retired,
    target: targetFor(world),
    timeoutMs: world.timeoutMs,
    pace: world.pace,
    seed: world.seed,
    shots,
    sample,
    async send(event, ask) {
      for (let tries = 1; ; tries++) {
        sent += 1;
        const seed = `${world.seed} ${check} ${sent}`;
        const drawn = (ask.twists ?? []).map(({ fault, params }, i) => ({
          fault,
          params,
          random: seededRandom(`${seed} ${i}`),
        }));
        const input = inputOf(event, ask, seed);
        const made = distort(lane.profile, input, { drawn, retired: world.retired });
        const wire = ask.change?.(made.wire) ?? made.wire;
        const manner = ask.manner ?? worstOf(ask.twists ?? []);
        const rightSignatures =
          manner === 'legal' ? [] : rightOf(world, { ...input, body: wire.body, random: seededRandom(seed) });
        if (manner === 'legal') world.readApi?.happened(event);
        const release = await world.slots.take();
        const atMs = clock.now() - world.startedMs;
        try {
          const { wire: went, result } = await post(wire, made.manner, ask.together ?? null);
          const shot = record(
            shotOf({
              label: ask.label,
              manner,
              method: 'POST',
              url: lane.url,
              wire: went,
              result,
              atMs,
              rightSignatures,
            }),
          );
          const patience = ask.once || tries > RETRIES ? null : askedFor(shot);
          if (patience === null) return shot;
          await bench.pause(patience);
        } finally {
          release();
        }
      }
    },
    async visit(method, label) {
      const request: OutgoingRequest = {
        method,
        url: lane.url,
        headers: [['accept', '*/*']],
        body: new Uint8Array(),
        timeout: { kind: 'total', ms: world.timeoutMs },
        poolKey: 'checks visit',
        https: lane.policies.https,
      };
      const atMs = clock.now() - world.startedMs;
      const result = await egress.send(request);
      const wire = { headers: request.headers, body: request.body, secretHeaders: [], signature: null };
      return record(
        shotOf({ label, manner: 'legal', method, url: lane.url, wire, result, atMs, rightSignatures: [] }),
      );
    },
    pause: (ms) => new Promise((done) => startTimer(done, ms)),
  };
  return bench;
}

/** What a fault is judged by: a correct request as this run makes them. */
export function targetFor({
  lane,
  plans,
  clock,
  version,
  retired,
}: Pick<BenchWorld, 'lane' | 'plans' | 'clock' | 'version' | 'retired'>): Target {
  const event = plans[0]!.tell('target')[0]!;
  const input: RequestInput = {
    type: event.type,
    body: event.body,
    providerEventId: event.providerEventId,
    deliveryId: event.deliveryId,
    attempt: 1,
    timestampMs: clock.now(),
    eventTimestampMs: clock.now(),
    secrets: lane.secrets.map(({ value }) => value),
    settings: lane.settings,
    policies: lane.policies,
    customHeaders: lane.customHeaders,
    version,
    random: seededRandom('target'),
  };
  return targetOf(lane.profile, input, retired);
}

function worstOf(twists: readonly Twist[]): Manner {
  const classes = twists.map(({ fault }) => fault.class);
  return classes.includes('broken') ? 'broken' : classes.includes('hostile') ? 'hostile' : 'legal';
}

/** The values that would have proved this request, as a consumer computes them. */
function rightOf({ lane }: BenchWorld, input: RequestInput): string[] {
  const wire = lane.profile.request(input);
  if (wire.signature === null) return [];
  const names = proofHeaders(lane.profile, wire, input);
  return wire.headers.filter(([name]) => names.includes(name.toLowerCase())).map(([, value]) => value);
}

/** How long the consumer wants to be left alone, milliseconds; null: it does not say so. */
function askedFor({ response }: Shot): number | null {
  if (response === null) return null;
  const after = response.headers.find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
  if (response.status !== 429 && !(response.status === 503 && after !== undefined)) return null;
  return Math.min(MOST_PATIENCE_MS, /^\d+$/.test(after ?? '') ? Number(after) * 1_000 : 100);
}
