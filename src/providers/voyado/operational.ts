import { utf8 } from '../../lib/bytes.js';
import { isoMillis } from '../../lib/clock.js';
import type { Json } from '../../lib/merge-patch.js';
import { external } from '../claims.js';
import type { Happening, OperationalRule } from '../operational.js';
import { ksuid } from './ksuid.js';
import { SVIX_OPERATIONAL } from './sources.js';
import { svixApplicationId, svixId } from './svix-ids.js';

const TYPES = {
  disabled: 'endpoint.disabled',
  failing: 'message.attempt.failing',
  exhausted: 'message.attempt.exhausted',
  recovered: 'message.attempt.recovered',
} as const;

/** Types of the four operational webhooks, whose subscriptions nothing has to be activated for. */
export const OPERATIONAL_TYPES: readonly string[] = Object.values(TYPES);

export const operational = external<OperationalRule>(
  {
    events: [
      { type: TYPES.disabled, summary: 'An endpoint was disabled, after 5 days of failures or on request.' },
      { type: TYPES.failing, summary: 'A message has failed four times and is tried further.' },
      { type: TYPES.exhausted, summary: 'All attempts of a message have failed.' },
      { type: TYPES.recovered, summary: 'A message was delivered after one of the two above.' },
    ],
    failingAfter: 4,
    tell(happening, { nowMs, random }) {
      const type = TYPES[happening.kind];
      const body = utf8(JSON.stringify({ type, data: dataOf(happening) }));
      return { type, body, providerEventId: `msg_${ksuid(nowMs, random)}` };
    },
  },
  SVIX_OPERATIONAL,
  'as in the schemas of the Svix API; nothing of it is encrypted, for Svix itself is the sender',
);

function dataOf({ about, ...happening }: Happening): Json {
  const uid = about.application === 'default' ? 'default' : about.applicationUid;
  const app = {
    appId: svixApplicationId(about.tenantId, about.application),
    ...(uid === null ? {} : { appUid: uid }),
  };
  const endpointId = svixId('ep', about.subscriptionId);
  if (happening.kind === 'disabled') {
    const { by, failingSinceMs } = happening;
    return {
      ...app,
      endpointId,
      ...(about.subscriptionUid === null ? {} : { endpointUid: about.subscriptionUid }),
      failSince: failingSinceMs === null ? null : isoMillis(failingSinceMs),
      trigger: by === 'user' ? 'manual' : 'automatic',
    };
  }
  const { event, attempt } = happening;
  return {
    ...app,
    endpointId,
    msgId: event.providerEventId ?? svixId('msg', event.id),
    ...(event.uid === null ? {} : { msgEventId: event.uid }),
    lastAttempt: {
      id: svixId('atmpt', attempt.id),
      responseStatusCode: attempt.status ?? 0,
      timestamp: isoMillis(attempt.startedAtMs),
    },
  };
}
