import type { core } from 'zod';
import { utf8 } from '../lib/bytes.js';
import { isObject, type Json, mergePatch } from '../lib/merge-patch.js';
import { plainIssue } from '../lib/plain-issue.js';
import type { Random } from '../lib/random.js';
import { BodyError, type BuildInput, type Built, type EventType } from './contract.js';
import { findEvent } from './find-event.js';

export interface BodyOptions {
  /** Where the event id lies in the body; absent when the body carries none. */
  eventIdPath?: readonly string[];
  /** The validated body as bytes, for a profile that encrypts or reorders. Default: compact JSON. */
  finish?: (body: Json, input: BuildInput) => Uint8Array;
  /** Makes the id of a profile that carries it in a header only. */
  newEventId?: (random: Random) => string;
}

type Issues = { path: string; message: string }[];

/** Example, then `data` merged over the whole body, then `eventId`, then the schema, then the bytes, written once. */
export function buildBody(events: readonly EventType[], input: BuildInput, options: BodyOptions = {}): Built {
  const { event, variant } = findEvent(events, input);
  const shaped = { ...input, variant };
  let body = event.example(shaped);
  if (input.data !== undefined) {
    if (!isObject(input.data))
      throw new BodyError([{ path: '', message: 'data must be a JSON object, merged over the example' }]);
    body = mergePatch(body, input.data);
  }
  const path = options.eventIdPath;
  if (path && input.eventId !== undefined) setAt(body, path, input.eventId);
  const parsed = event.schema(shaped).safeParse(body, { error: plainIssue });
  if (!parsed.success) throw new BodyError(issuesOf(parsed.error.issues));
  return {
    body: options.finish ? options.finish(body, shaped) : compactJson(body),
    json: body,
    providerEventId: path
      ? textAt(body, path)
      : (input.eventId ?? options.newEventId?.(input.random) ?? null),
  };
}

export function compactJson(body: Json): Uint8Array {
  return utf8(JSON.stringify(body));
}

/** Leaves a body without the parent alone: the schema names what is missing. */
function setAt(body: Json, path: readonly string[], value: string): void {
  const parent = path.slice(0, -1).reduce<Json | undefined>(step, body);
  if (isObject(parent)) parent[path.at(-1)!] = value;
}

function textAt(body: Json, path: readonly string[]): string | null {
  const value = path.reduce<Json | undefined>(step, body);
  return typeof value === 'string' ? value : null;
}

function step(node: Json | undefined, key: string): Json | undefined {
  return isObject(node) ? node[key] : undefined;
}

/** One entry per field, unknown keys each with their own path; of a union, the branch that came closest. */
function issuesOf(issues: readonly core.$ZodIssue[], prefix: readonly PropertyKey[] = []): Issues {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: dotted([...path, key]), message: 'Unknown key' }));
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const closest = issue.errors.reduce((a, b) => (depth(b) > depth(a) ? b : a));
      return issuesOf(closest, path);
    }
    return [{ path: dotted(path), message: issue.message }];
  });
}

function depth(issues: readonly core.$ZodIssue[]): number {
  return issues.reduce((most, issue) => Math.max(most, issue.path.length), 0);
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}
