import type { Target } from '../engine/faults/fault.js';
import type { HeaderList } from '../providers/contract.js';
import type { Bench } from './bench.js';

/** What has to be seen: 0 answers alone; 1 the consumer's state, by its effects probe; 2 our read API as well. */
export type Level = 0 | 1 | 2;
export type Severity = 'must' | 'should' | 'info';
export type VerdictKind = 'pass' | 'fail' | 'skip' | 'not-applicable';

/**
 * What the request does to a consumer: `legal` has to be absorbed; `hostile` refused without effect; `broken` survived.
 * The last two go to this machine alone, or to a target that was challenged.
 */
export type Manner = 'legal' | 'hostile' | 'broken';

/**
 * When a check runs: `first` before all others; `together` side by side; `alone` with nothing beside it, for what measures
 * time or state; `last` for what may take a process down.
 */
export type Turn = 'first' | 'together' | 'alone' | 'last';

/** One question asked of a consumer. */
export interface Check {
  /** As in the catalogue: `SIG-05`. */
  id: string;
  title: string;
  level: Level;
  severity: Severity;
  /** Where the rule is written down. */
  source: string;
  /** What is sent, for people. */
  sends: string;
  /** What a correct consumer does, for people. */
  expects: string;
  manner: Manner;
  turn: Turn;
  /**
   * Why it cannot be asked of a consumer of this provider: the provider's weakness, said as such. Null = it applies.
   * Derived from what its requests look like, never from its name.
   */
  notFor(target: Target): string | null;
  /** Whether it means nothing while correct events are refused. Default true. */
  needsBaseline?: boolean;
  /** Asks, and judges what came back. */
  ask(bench: Bench): Promise<Finding>;
}

/** What one check found. */
export interface Finding {
  verdict: VerdictKind;
  /** What was seen, one sentence. */
  reason: string;
  /** The likely cause in plain words, and what to do; null on a pass. */
  cause: string | null;
  /** Less than the check's own, where it is no breach but a risk. */
  severity?: Severity;
  /** What shows it best; shown first. */
  shots?: readonly Shot[];
}

/** One request of a check and what came of it. */
export interface Shot {
  label: string;
  manner: Manner;
  /** Since the start of the run, milliseconds. */
  atMs: number;
  durationMs: number;
  /** Headers as they may be shown. */
  request: { method: 'POST' | 'GET' | 'HEAD'; url: string; headers: HeaderList; body: Uint8Array };
  /** Exactly what the signature covers, for people; null where nothing is signed. */
  signed: string | null;
  response: {
    status: number;
    headers: HeaderList;
    body: string;
    bodyBytes: number;
    truncated: boolean;
  } | null;
  /** Why there is no answer: `timeout`, `refused`, `reset`; null where there is one. */
  failure: string | null;
  detail: string | null;
  /** Signatures that would have been right: nobody may be told them. Never shown. */
  rightSignatures: readonly string[];
  /** What stood under the masks of the headers, keys that are wrong in a character among it. Never shown. */
  masked: readonly string[];
}

/** One check in the report. */
export interface CheckReport {
  id: string;
  title: string;
  verdict: VerdictKind;
  severity: Severity;
  reason: string;
  cause: string | null;
  evidence: readonly Evidence[];
  reproduce: string;
  source: string;
}

/** A shot as the report shows it. */
export interface Evidence {
  label: string;
  /** Whether the verdict is about this exchange. */
  decisive: boolean;
  atMs: number;
  durationMs: number;
  request: {
    method: string;
    url: string;
    headers: HeaderList;
    /** As text, cut after 4,000 characters. */
    body: string;
    bodyBytes: number;
  };
  signed: string | null;
  response: { status: number; headers: HeaderList; body: string; bodyBytes: number } | null;
  failure: string | null;
}

/** A whole run; what `--report json=…` writes. */
export interface Report {
  provider: string;
  target: string;
  level: Level;
  seed: string;
  startedAt: string;
  durationMs: number;
  passed: number;
  failed: number;
  skipped: number;
  notApplicable: number;
  /** Of the skipped, those that the run ended before; with any, the rest is no verdict on the consumer. */
  notReached: number;
  checks: readonly CheckReport[];
}

/** One bar of the timeline. */
export interface TimelineEntry {
  check: string;
  label: string;
  manner: Manner;
  atMs: number;
  durationMs: number;
  status: number | null;
  failure: string | null;
}

export interface Run {
  report: Report;
  /** Every request in the order of its start; of a burst at most 100. */
  timeline: readonly TimelineEntry[];
}
