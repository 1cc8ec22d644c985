import type { CheckInput, CheckSurroundings } from './checks/check-consumer.js';
import type { Run } from './checks/contract.js';
import type { Fuzzed, FuzzOptions } from './checks/fuzz/fuzz-consumer.js';
import type { Story } from './checks/fuzz/story.js';
import type { ReportFormat } from './checks/reports/report-text.js';
import type { Diagnosis } from './library/diagnose.js';
import type { Listener, ListenOptions } from './library/listen.js';
import type { Ringer, RingerOptions } from './library/ringer.js';
import type { SendOnceInput, SendOnceOptions, Sent } from './library/send-once.js';
import type { VerifyInput } from './library/verify-request.js';
import type { Explained } from './providers/signing/explain.js';
import type { ProfileResource } from './services/schemas/catalogue.js';
import type { Env, RunningServer, StartFlags, StartOptions } from './start/start.js';

export type { CheckInput, CheckSurroundings } from './checks/check-consumer.js';
export type { CheckReport, Report, Run } from './checks/contract.js';
export type { Fuzzed, FuzzOptions } from './checks/fuzz/fuzz-consumer.js';
export type { Story, StoryStep } from './checks/fuzz/story.js';
export { ConfigError } from './config.js';
export { AppError, type ErrorCode, type FieldError } from './errors.js';
export type { Diagnosis, Finding, Setting } from './library/diagnose.js';
export type { Effect, Heard, Listener, ListenOptions } from './library/listen.js';
export {
  attempted,
  delivered,
  failed,
  type Matched,
  must,
  retriedAfter,
  type Where,
} from './library/matchers.js';
export type { Ringer, RingerOptions } from './library/ringer.js';
export type { SendOnceInput, SendOnceOptions, Sent } from './library/send-once.js';
export type {
  ActiveFault,
  Advanced,
  DeliveriesFilter,
  FaultSpec,
  Tenant,
  TenantClock,
  TenantFaults,
  WaitOptions,
} from './library/tenant.js';
export type {
  EventBody,
  EventType,
  MergePatch,
  Provider,
  ProviderEvents,
  SendInput,
  SubscribeInput,
} from './library/typed-events.js';
export type { VerifyInput } from './library/verify-request.js';
export type { Cause, CauseCode } from './providers/signing/causes.js';
export type { Difference } from './providers/signing/difference.js';
export type { Explained } from './providers/signing/explain.js';
export type { PublishResult } from './services/publish.js';
export type { ProfileResource } from './services/schemas/catalogue.js';
export type { AttemptResource, DeliveryResource, DeliveryStatus } from './services/schemas/deliveries.js';
export type { SecretResource, SubscriptionResource } from './services/schemas/subscriptions.js';
export type { RunningServer, StartOptions } from './start/start.js';

// At once, as long as timers are real.
import './lib/clock.js';
import './lib/timers.js';

// Everything else is loaded when it is first asked for: one that only sends must not wait for a database it does not use.

/** A Ringer in this process: in memory and on no port unless asked. */
export async function createRinger(options: RingerOptions = {}): Promise<Ringer> {
  return (await import('./library/ringer.js')).openRinger(options);
}

/** One event, one attempt, no server and no database. A delivery that fails is an answer. @throws AppError */
export async function sendOnce(input: SendOnceInput, options: SendOnceOptions = {}): Promise<Sent> {
  return (await import('./library/send-once.js')).sendOnce(input, options);
}

/** Every provider, as the API shows it. */
export async function providers(): Promise<readonly ProfileResource[]> {
  return (await import('./library/catalogue.js')).providers();
}

/** What `RINGER_SECRET_<PROVIDER>` says, by the provider's id. */
export async function secretsOf(env: Env): Promise<Record<string, string[]>> {
  return (await import('./library/catalogue.js')).secretsOf(env);
}

/** A correct consumer of every provider, on a port. @throws ConfigError, AppError */
export async function listen(options: ListenOptions = {}): Promise<Listener> {
  return (await import('./library/listen.js')).listen(options);
}

/** A fresh secret for each provider that has one, by its id. */
export async function makeSecrets(): Promise<Record<string, string>> {
  return (await import('./library/catalogue.js')).makeSecrets();
}

/** A server in this process, as `ringer start` starts it. @throws ConfigError, AppError */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  return (await import('./start/start.js')).startServer(options);
}

/** The same with its lines on the standard streams, until a signal ends it. @returns the exit code. */
export async function runServer(flags: StartFlags, env: Env): Promise<number> {
  return (await import('./start/run.js')).runServer(flags, env);
}

/** What `ringer doctor` looks at. @throws ConfigError */
export async function diagnose(env: Env): Promise<Diagnosis> {
  return (await import('./library/diagnose.js')).diagnose(env);
}

/** Whether a request that arrived is good, and what happened to one that is not: offline. @throws AppError */
export async function verifyRequest(input: VerifyInput): Promise<Explained> {
  return (await import('./library/verify-request.js')).verifyRequest(input);
}

/** Checks a consumer, without a server and without a database. A finding is an answer. @throws AppError */
export async function checkConsumer(input: CheckInput, surroundings: CheckSurroundings = {}): Promise<Run> {
  return (await import('./checks/check-consumer.js')).checkConsumer(input, surroundings);
}

/** What a run found, as a document: `json`, `junit` or `html`. */
export async function reportText(run: Run, format: ReportFormat): Promise<string> {
  return (await import('./checks/reports/report-text.js')).reportText(run, format);
}

/** Looks for the shortest story of repeats, reorderings, outages and rotations that a consumer does not bear. @throws AppError */
export async function fuzzConsumer(
  input: CheckInput,
  options: FuzzOptions & CheckSurroundings = {},
): Promise<Fuzzed> {
  return (await import('./checks/fuzz/fuzz-consumer.js')).fuzzConsumer(input, options);
}

/** Tells a story that was found again. @throws AppError; Error where the consumer still does not bear it. */
export async function replayStory(
  input: CheckInput & { story: Story },
  surroundings: CheckSurroundings = {},
): Promise<void> {
  return (await import('./checks/fuzz/fuzz-consumer.js')).replayStory(input, surroundings);
}

/** The same as a vitest file. */
export async function storyTest(
  fuzzed: Fuzzed,
  probe: { effects: string; secret: boolean },
): Promise<string> {
  return (await import('./checks/fuzz/vitest-file.js')).vitestFile(fuzzed, probe);
}

/** What each fault does, a sentence by its type. */
export async function faultSummaries(): Promise<Readonly<Record<string, string>>> {
  const { CATALOGUE } = await import('./engine/faults/catalogue.js');
  return Object.fromEntries(CATALOGUE.map(({ type, summary }) => [type, summary]));
}
