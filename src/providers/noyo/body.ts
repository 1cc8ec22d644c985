import { isObject, type Json } from '../../lib/merge-patch.js';
import type { Random } from '../../lib/random.js';
import { buildBody, compactJson } from '../body.js';
import type { BuildInput, Built, EventType } from '../contract.js';
import { DISCONNECTION_STATUSES } from './events/group.js';

export const EVENT_ID_PATH = ['event', 'id'] as const;

export function build(events: readonly EventType[], input: BuildInput): Built {
  return buildBody(events, input, {
    eventIdPath: EVENT_ID_PATH,
    finish: (body, { settings, random }) =>
      compactJson(settings.keyOrder === 'shuffled' ? shuffled(body, random) : body),
  });
}

/** A status that some first-party text knows and another does not. */
export function notice(input: BuildInput): string | null {
  const data = isObject(input.data) ? input.data.data : undefined;
  const status = isObject(data) ? data.status : undefined;
  if (typeof status !== 'string') return null;
  if (input.type === 'member_snapshot.status_change' && status === 'failed')
    return 'The snapshot status "failed" stands only in an older copy of Noyo\'s page.';
  const published: readonly string[] = DISCONNECTION_STATUSES;
  if (input.type.startsWith('group_disconnection_request.') && !published.includes(status))
    return `The status "${status}" is not in Noyo's published list for group disconnection requests.`;
  return null;
}

function shuffled(node: Json, random: Random): Json {
  if (!isObject(node)) return node;
  return Object.fromEntries(
    Object.entries(node)
      .map(([key, value]) => ({ rank: random.float(), key, value: shuffled(value, random) }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ key, value }) => [key, value]),
  );
}
