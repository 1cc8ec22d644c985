import { AppError } from '../errors.js';
import { parsePublicId } from '../lib/ids.js';
import { BodyError, type Profile } from '../providers/contract.js';
import { OPERATIONAL, readSubscriptionHead, type SubscriptionHead } from '../store/lanes.js';
import { takenEventIds, takenEventUid } from '../store/publishing.js';
import type { Queryable } from '../store/tenant-clock.js';
import type { PublishInput } from './schemas/publish.js';

/** Refusals of one event in a batch say which. */
export async function atIndex<T>(index: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const at = (path: string) => (path ? `events.${index}.${path}` : `events.${index}`);
    if (error instanceof BodyError)
      throw new BodyError(error.issues.map((issue) => ({ ...issue, path: at(issue.path) })));
    if (error instanceof AppError) {
      const errors = error.errors ?? [{ path: '', message: error.message }];
      throw new AppError(
        error.code,
        `Event ${index}: ${error.message}`,
        errors.map((e) => ({ ...e, path: at(e.path) })),
      );
    }
    throw error;
  }
}

/** An id of the caller's choice is held until it is stored. @throws AppError `event_id_taken` */
export async function refuseTaken(
  client: Queryable,
  tenantId: string,
  inputs: readonly PublishInput[],
): Promise<void> {
  const wanted = inputs.flatMap(({ provider, eventId }) =>
    eventId === undefined ? [] : { provider, eventId },
  );
  if (wanted.length === 0) return;
  const seen = new Set<string>();
  const twice = wanted.find(({ provider, eventId }) => seen.size === seen.add(`${provider} ${eventId}`).size);
  const taken = twice?.eventId ?? (await takenEventIds(client, tenantId, wanted))[0];
  if (taken === undefined) return;
  throw new AppError(
    'event_id_taken',
    `An event with the id "${taken}" exists; leave eventId out for a fresh one.`,
    [{ path: 'eventId', message: 'taken' }],
  );
}

/** Where an event goes to one application, its name is unique there. */
export async function refuseTakenUid(
  client: Queryable,
  tenantId: string,
  { provider, application, uid }: PublishInput,
): Promise<void> {
  if (uid === undefined) return;
  const key = { tenantId, provider, application: application ?? null, uid };
  if (!(await takenEventUid(client, key))) return;
  throw new AppError('uid_taken', `The uid "${uid}" is taken; choose another one.`, [
    { path: 'uid', message: 'taken' },
  ]);
}

/** The one an event is to go to. @throws AppError where there is none, or it is nobody's to publish to */
export async function subscriptionHead(
  client: Queryable,
  tenantId: string,
  input: PublishInput,
  profile: Profile,
): Promise<SubscriptionHead> {
  const id = parsePublicId('sub', input.subscriptionId ?? '');
  const head = id === null ? null : await readSubscriptionHead(client, tenantId, id);
  if (!head) throw new AppError('not_found', `There is no subscription "${input.subscriptionId}".`);
  if (head.provider !== profile.id) {
    throw new AppError(
      'invalid_request',
      `The subscription belongs to ${head.provider}, the event to ${profile.id}.`,
      [{ path: 'subscriptionId', message: `a subscription of ${head.provider}` }],
    );
  }
  if (head.application === OPERATIONAL)
    throw new AppError(
      'invalid_request',
      'The subscription hears about others only; nothing is published to it.',
      [{ path: 'subscriptionId', message: 'a subscription of the application operational' }],
    );
  return head;
}
