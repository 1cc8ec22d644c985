import type { DoorCall } from '../../front-door.js';
import { OPERATIONAL_TYPES } from '../operational.js';
import type { EndpointPlace } from './endpoint.js';

/** What Svix tells beside the four; an endpoint may choose it, and nothing of it is sent here. */
export const NEVER_TOLD: readonly string[] = [
  'background_task.finished',
  'endpoint.created',
  'endpoint.deleted',
  'endpoint.enabled',
  'endpoint.updated',
  'ingest.endpoint.disabled',
  'ingest.message.attempt.exhausted',
  'ingest.message.attempt.failing',
  'ingest.message.attempt.recovered',
];

/** Endpoints that hear about the others: those of the whole organisation. */
export async function operationalPlace({
  port,
  environment,
}: Pick<DoorCall, 'port' | 'environment'>): Promise<EndpointPlace> {
  return {
    port,
    environment,
    application: 'operational',
    unknownTypes: async (types) =>
      types.filter((type) => !OPERATIONAL_TYPES.includes(type) && !NEVER_TOLD.includes(type)),
  };
}
