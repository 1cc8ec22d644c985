import { judgeUrl } from '../engine/egress/judge-url.js';
import type { EgressRules } from '../engine/egress/rules.js';
import { AppError } from '../errors.js';
import { wallClock } from '../lib/clock.js';
import { randomText } from '../lib/ids.js';
import { systemRandom } from '../lib/random.js';
import { readVersion } from '../lib/version.js';
import type { Profile } from '../providers/contract.js';
import { loadRegistry } from '../providers/registry.js';
import { loneLane } from '../services/lone-lane.js';
import { parseInput } from '../services/schemas/parse.js';
import type { SubscriptionInput } from '../services/schemas/subscriptions.js';
import { checkSecret } from '../services/subscription-draft.js';
import type { CheckReport, Level, Run } from './contract.js';
import { lookFirst } from './look-first.js';
import { runChecks } from './run.js';
import { type CheckOptionsInput, checkOptions } from './schemas.js';
import type { RunInput } from './world.js';

/** A consumer as a subscription would name it, and what is asked of it. */
export interface CheckInput
  extends Pick<
      SubscriptionInput,
      'provider' | 'url' | 'secret' | 'headers' | 'settings' | 'presets' | 'environment'
    >,
    Omit<CheckOptionsInput, 'effects' | 'only'> {
  /** Ids (`SIG-05`) or groups (`SIG`); all when left out. */
  only?: readonly string[];
  /** A URL that answers the consumer's business state as JSON, or a function that returns it. */
  effects?: string | (() => unknown);
  /** Moves the consumer's clock to an instant, milliseconds since 1970: `(now) => vi.setSystemTime(now)`. */
  moveClock?: (nowMs: number) => unknown;
  /** For level 2: told where the run serves the provider's API, before anything is sent; the consumer has to ask there. */
  readApi?: (url: string) => unknown;
  /** Where on this machine; default: any free port. */
  readApiPort?: number;
}

export interface CheckSurroundings {
  /** What may be reached; default: this machine and public addresses. */
  egress?: { mode: 'local' | 'public'; allow: readonly string[]; ca: string | null };
  /** Provider folders beside our own. */
  providerFolders?: readonly (URL | string)[];
  /** Told of each check as it ends. */
  progress?(report: CheckReport, done: number, of: number): void;
  /** How the command line is called, for what reproduces a finding. */
  command?: string;
}

/** Checks a consumer without a server and without a database. @throws AppError for what cannot be asked so. */
export async function checkConsumer(input: CheckInput, surroundings: CheckSurroundings = {}): Promise<Run> {
  return runChecks(await prepareRun(input, surroundings));
}

/** What a run stands on, judged by the rules of a subscription. @throws AppError */
export async function prepareRun(input: CheckInput, surroundings: CheckSurroundings): Promise<RunInput> {
  const {
    effects = null,
    moveClock = null,
    readApi,
    readApiPort = 0,
    only,
    level,
    seed,
    timeoutMs,
    retiredSecret,
    ...subscription
  } = input;
  const options = parseInput(checkOptions, {
    only,
    level,
    seed,
    timeoutMs,
    retiredSecret,
    ...(typeof effects === 'string' ? { effects } : {}),
  });
  if (readApi) judgeReadApi(options.level);
  if (!Number.isInteger(readApiPort) || readApiPort < 0 || readApiPort > 65_535)
    throw new AppError('invalid_request', 'readApiPort is no port.', [
      { path: 'readApiPort', message: 'may be 0 to 65535' },
    ]);
  const registry = await loadRegistry(surroundings.providerFolders);
  const profile = registry.get(subscription.provider);
  const rules: EgressRules = {
    mode: 'local',
    allow: [],
    ca: null,
    ...surroundings.egress,
    ownPorts: () => [],
  };
  if (subscription.secret === undefined && profile.secret.value.use === 'required')
    throw missingSecret(profile);
  if (options.retiredSecret !== undefined) checkSecret(profile, options.retiredSecret);
  if (typeof effects === 'string') judgeEffects(effects, rules);
  const { lane, tenant } = loneLane(profile, {
    subscription,
    rules,
    random: systemRandom(),
    nowMs: wallClock.now(),
  });
  const used = String(options.seed ?? randomText(systemRandom(), 8, 'abcdefghijkmnpqrstuvwxyz23456789'));
  const run: RunInput = {
    lane,
    shape: { profile, environment: lane.environment, settings: tenant.settings },
    rules,
    version: readVersion(),
    effects,
    moveClock,
    ...(readApi ? { readApi: { port: readApiPort, ready: readApi } } : {}),
    retired: options.retiredSecret === undefined ? [] : [options.retiredSecret],
    seed: used,
    ...(options.only ? { only: options.only } : {}),
    ...(options.level === undefined ? {} : { level: options.level }),
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    command: commandOf(surroundings.command ?? 'ringer', { ...input, seed: used }),
    ...(surroundings.progress ? { progress: surroundings.progress } : {}),
  };
  await lookFirst(run);
  return run;
}

export function missingSecret({ name }: Profile): AppError {
  return new AppError(
    'invalid_secret',
    `The secret that the consumer knows is needed: ${name} proves its requests with it.`,
    [{ path: 'secret', message: 'is missing' }],
  );
}

/** @throws AppError where deliveries could not go either. */
export function judgeEffects(url: string, rules: EgressRules): void {
  const verdict = judgeUrl(url, rules, 'optional');
  if (!verdict.ok)
    throw new AppError(verdict.code, `effects: ${verdict.detail}`, [
      { path: 'effects', message: verdict.detail },
    ]);
}

/** @throws AppError where nothing would ever ask it. */
export function judgeReadApi(level: Level | undefined): void {
  if (level === 2) return;
  throw new AppError('invalid_request', 'readApi is for level 2: ask for it.', [
    { path: 'level', message: 'is not 2' },
  ]);
}

/** What runs the same again; a secret is never written out. */
export function commandOf(own: string, input: CheckInput): string {
  const { provider, url, secret, effects, readApiPort, presets = [], retiredSecret, seed } = input;
  const { environment, headers, level, timeoutMs } = input;
  return [
    `${own} check --provider ${provider} --to ${quoted(url)}`,
    ...(secret === undefined ? [] : ['--secret "$SECRET"']),
    ...(retiredSecret === undefined ? [] : ['--retired-secret "$RETIRED_SECRET"']),
    ...(typeof effects === 'string' ? [`--effects ${quoted(effects)}`] : []),
    ...(level === undefined ? [] : [`--level ${level}`]),
    ...(readApiPort === undefined ? [] : [`--read-api ${readApiPort}`]),
    ...presets.map((preset) => `--preset ${quoted(preset)}`),
    ...(environment === undefined ? [] : [`--environment ${quoted(environment)}`]),
    // Their values may be keys.
    ...Object.keys(headers ?? {}).map((name) => `--header "${name}=$${variableFor(name)}"`),
    ...(timeoutMs === undefined ? [] : [`--timeout ${timeoutMs}ms`]),
    `--seed ${quoted(String(seed))}`,
  ].join(' ');
}

/** `x-team` is told as `X_TEAM`. */
function variableFor(header: string): string {
  return header.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

/** As a POSIX shell takes it literally. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
