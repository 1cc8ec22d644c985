import type { SettleObserver } from '../engine/settler.js';
import { isoMillis } from '../lib/clock.js';
import { publicId } from '../lib/ids.js';
import type { Stream } from './stream.js';

export interface SettleNews extends SettleObserver {
  clockMoved(tenantId: string, nowMs: number): void;
}

/**
 * Turns what the engine settled into messages of the tenants' streams; for tenants that nobody follows it does nothing.
 * @param turned told, too, that a subscription turned.
 */
export function settleNews(stream: Stream, turned: () => void): SettleNews {
  return {
    settled(items) {
      for (const { attempted, outcome, settled } of items) {
        const { delivery, lane } = attempted;
        const { tenantId } = delivery;
        if (!stream.isFollowed(tenantId)) continue;
        const nextAttemptAt = settled.nextAtMs === null ? null : isoMillis(settled.nextAtMs);
        const base = {
          eventId: publicId('evt', delivery.eventId),
          subscriptionId: publicId('sub', lane.subscriptionId),
          provider: lane.profile.id,
          eventType: delivery.event?.type ?? null,
        };
        stream.publish(tenantId, 'attempt.settled', {
          ...base,
          id: publicId('att', settled.attemptId),
          deliveryId: publicId('dlv', settled.id),
          number: settled.number,
          trigger: delivery.trigger,
          outcome: outcome.outcome,
          reason: outcome.reason,
          status: outcome.status,
          url: outcome.url,
          startedAt: isoMillis(settled.startAtMs),
          durationMs: outcome.durationMs,
          nextAttemptAt,
        });
        stream.publish(tenantId, 'delivery.updated', {
          ...base,
          id: publicId('dlv', settled.id),
          status: settled.ends ? settled.endStatus : 'pending',
          reason: settled.ends ? settled.endReason : null,
          attemptCount: settled.number,
          nextAttemptAt,
        });
      }
    },
    moved({ tenantId, subscriptionId, provider, status, unhealthySince }) {
      turned();
      stream.publish(tenantId, 'subscription.updated', {
        id: publicId('sub', subscriptionId),
        provider,
        status,
        unhealthySince: unhealthySince === null ? null : isoMillis(unhealthySince),
      });
    },
    clockMoved(tenantId, nowMs) {
      stream.publish(tenantId, 'clock.moved', { mode: 'manual', now: isoMillis(nowMs) });
    },
  };
}
