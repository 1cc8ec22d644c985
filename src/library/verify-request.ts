import { AppError } from '../errors.js';
import { wallClock } from '../lib/clock.js';
import { durationRefusal, parseDuration } from '../lib/duration.js';
import type { HeaderList, Profile } from '../providers/contract.js';
import { loadRegistry, type Registry } from '../providers/registry.js';
import { type Explained, explain } from '../providers/signing/explain.js';
import { sentValue, signatureRule } from '../providers/signing/verify.js';

/** A request that arrived somewhere. */
export interface VerifyInput {
  /** Default: recognised by its headers. */
  provider?: string;
  headers: HeaderList | Readonly<Record<string, string>>;
  /** The bytes as they arrived; a string is its UTF-8. */
  body: Uint8Array | string;
  /** What it may have been signed with; several while a secret is rotated. */
  secret?: string | readonly string[];
  /** When it is judged; default: now. */
  at?: Date | string;
  /** How far a signed timestamp may be from then: `5m`, milliseconds, or null for as far as it likes; default 5 minutes. */
  tolerance?: string | number | null;
  /** The body as it was sent, where it is known: then every difference is found. */
  sent?: Uint8Array | string;
  /** Provider folders beside our own. */
  providerFolders?: readonly (URL | string)[];
}

/** What Svix's and Stripe's libraries allow, milliseconds. */
const TOLERANCE_MS = 300_000;

/** Whether a request is good, and what happened to one that is not: offline. @throws AppError */
export async function verifyRequest(input: VerifyInput): Promise<Explained> {
  const registry = await loadRegistry(input.providerFolders);
  const headers = Array.isArray(input.headers)
    ? (input.headers as HeaderList)
    : Object.entries(input.headers);
  const profile = input.provider === undefined ? recognise(registry, headers) : registry.get(input.provider);
  return explain(profile, {
    headers,
    body: Buffer.from(input.body),
    secrets: input.secret === undefined ? [] : [input.secret].flat(),
    nowMs: input.at === undefined ? wallClock.now() : instantOf(input.at),
    toleranceMs: toleranceOf(input.tolerance),
    ...(input.sent === undefined ? {} : { sent: Buffer.from(input.sent) }),
  });
}

/** The provider whose proof is among the headers. @throws AppError when it is none's, or several's. */
export function recognise(registry: Registry, headers: HeaderList): Profile {
  const found = registry.list().filter((profile) => {
    const name = proofHeader(profile);
    return name !== null && sentValue(headers, name) !== null;
  });
  if (found.length === 1) return found[0]!;
  const names = registry.list().map(({ id }) => id);
  throw new AppError(
    'invalid_request',
    `The headers do not tell whose request it is; name the provider, one of ${names.join(', ')}.`,
    [{ path: 'provider', message: 'cannot be told from the headers' }],
  );
}

/** The header in which a provider proves itself; null where it never does. */
function proofHeader(profile: Profile): string | null {
  const auth = profile.auth.value;
  return auth.kind === 'sharedKey' ? auth.header : (signatureRule(profile)?.header ?? null);
}

function toleranceOf(tolerance: VerifyInput['tolerance']): number | null {
  if (tolerance === undefined) return TOLERANCE_MS;
  const ms = typeof tolerance === 'string' ? parseDuration(tolerance) : tolerance;
  if (ms !== null || tolerance === null) return ms;
  throw new AppError('invalid_duration', `${durationRefusal(String(tolerance), '5m, 90s or PT5M')}.`, [
    { path: 'tolerance', message: 'is no duration that can be kept to' },
  ]);
}

function instantOf(at: Date | string): number {
  const ms = typeof at === 'string' ? Date.parse(at) : at.getTime();
  if (Number.isFinite(ms)) return ms;
  throw new AppError(
    'invalid_request',
    `"${String(at).slice(0, 60)}" is no instant; write it as 2026-01-31T08:00:00Z.`,
    [{ path: 'at', message: 'is no instant' }],
  );
}
