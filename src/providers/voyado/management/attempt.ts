import { z } from 'zod';
import { asText } from '../../../lib/bytes.js';
import { isoMillis } from '../../../lib/clock.js';
import type { PortAttempt, PortEvent } from '../../port.js';
import { svixId } from '../svix-ids.js';
import { messageId, messageShape, shownMessage } from './message.js';
import { statusOf, statusShape } from './status.js';

export const attemptShape = z
  .object({
    id: z.string(),
    msgId: z.string(),
    endpointId: z.string(),
    url: z.string(),
    response: z.string(),
    responseStatusCode: z.int(),
    responseDurationMs: z.int(),
    ...statusShape,
    triggerType: z.int(),
    timestamp: z.iso.datetime(),
    msg: messageShape.optional(),
  })
  .meta({ id: 'SvixMessageAttemptOut' });

export interface AttemptView {
  withContent: boolean;
  withMessage: boolean;
}

/** An attempt that fails is a failure, whether or not more follow: what becomes of the message is told with the message. */
export function shownAttempt(
  attempt: PortAttempt,
  event: PortEvent,
  { withContent, withMessage }: AttemptView,
): z.output<typeof attemptShape> {
  return {
    url: attempt.url,
    response: withContent ? responseOf(attempt) : '{}',
    responseStatusCode: attempt.responseStatus ?? 0,
    responseDurationMs: attempt.durationMs,
    ...statusOf(attempt.outcome === 'delivered' ? 'success' : 'fail'),
    triggerType: attempt.trigger === 'manual' ? 1 : 0,
    msgId: messageId(event),
    endpointId: svixId('ep', attempt.subscriptionId),
    id: svixId('atmpt', attempt.id),
    timestamp: isoMillis(attempt.startedAtMs),
    ...(withMessage ? { msg: shownMessage(event, withContent) } : {}),
  };
}

const REPLACEMENT = '\ufffd';

/** The answer as text, or in base64 where it is none; without an answer, why there is none. */
function responseOf({ responseStatus, responseBody, reason }: PortAttempt): string {
  if (responseStatus === null) return reason ?? '';
  if (responseBody === null) return 'EXPUNGED';
  const text = asText(responseBody);
  return text.includes(REPLACEMENT) ? Buffer.from(responseBody).toString('base64') : text;
}
