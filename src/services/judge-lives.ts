import type { Json } from '../lib/merge-patch.js';
import type { Profile } from '../providers/contract.js';
import { brokenRules, subjectOf, type Told, tellsOfLives } from '../providers/life.js';
import type { Queryable } from '../store/tenant-clock.js';
import { latestTold } from '../store/told.js';
import { asJson } from './event-body.js';

/** An event whose caller said whom it tells of: it can break a rule of that life. */
export interface Named {
  profile: Profile;
  environment: string;
  subject: string;
  told: Told;
}

/** How far back a life is looked at, events. */
const LOOKED_BACK = 50;

export interface LifeInput {
  type: string;
  environment: string;
  /** The whole body; asked for only where it matters. */
  read(): Json | null;
  /** What of it the caller said. */
  given(): Json | null;
}

/** What an event tells of, and whether that was the caller's word: a sample's own ids are new, there is nothing to break. */
export function lifeOf(
  profile: Profile,
  { type, environment, read, given }: LifeInput,
): { subject: string | null; named: Named | null } {
  if (!tellsOfLives(profile, type)) return { subject: null, named: null };
  const told = { type, body: read() };
  const subject = subjectOf(profile, told);
  const isNamed = subject !== null && subjectOf(profile, { type, body: given() }) === subject;
  return { subject, named: isNamed ? { profile, environment, subject, told } : null };
}

/**
 * Adds a sentence for every rule that an event breaks, by what was sent before and by those before it in the list; whether they
 * are stored by now makes no difference. Where nobody named anything, nothing is asked.
 */
export async function noticeLives(
  client: Queryable,
  tenantId: string,
  events: readonly { event: { id: string }; named: Named | null; notices: string[] }[],
): Promise<void> {
  const lives = await livesOf(
    client,
    tenantId,
    events.flatMap(({ event: { id }, named }) => (named ? { ...named, id } : [])),
  );
  for (const { named, notices } of events) {
    if (named === null) continue;
    const before = lives.get(keyOf(named)) ?? [];
    for (const { rule } of brokenRules(named.profile, named.told, before))
      notices.push(`Against a rule of ${named.profile.name}: "${rule}" It is sent all the same.`);
    lives.set(keyOf(named), [...before, named.told]);
  }
}

const keyOf = ({ profile, environment, subject }: Named) => `${profile.id} ${environment} ${subject}`;

async function livesOf(
  client: Queryable,
  tenantId: string,
  events: readonly (Named & { id: string })[],
): Promise<Map<string, Told[]>> {
  const except = events.map(({ id }) => id);
  const lives = new Map<string, Told[]>();
  const scopes = new Map(events.map((event) => [`${event.profile.id} ${event.environment}`, event]));
  for (const { profile, environment } of scopes.values()) {
    const mine = events.filter((e) => e.profile === profile && e.environment === environment);
    const subjects = [...new Set(mine.map(({ subject }) => subject))];
    const scope = { tenantId, provider: profile.id, environment, subjects, except };
    for (const row of await latestTold(client, scope, LOOKED_BACK)) {
      const key = keyOf({ ...mine[0]!, subject: row.subject });
      const told = { type: row.type, body: row.body && asJson(row.body) };
      lives.set(key, [...(lives.get(key) ?? []), told]);
    }
  }
  return lives;
}
