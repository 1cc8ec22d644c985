import { utf8 } from '../lib/bytes.js';
import { isoMillis } from '../lib/clock.js';
import { publicId } from '../lib/ids.js';
import type { Log } from '../lib/log.js';
import type { Database } from '../store/database.js';
import {
  type ClaimedNotification,
  claimNotifications,
  dropNotification,
  nextNotificationMs,
  postponeNotification,
} from '../store/notifications.js';
import { Alarm } from './alarm.js';
import type { Egress } from './egress/egress.js';

export interface NotifierOptions {
  db: Database;
  egress: Egress;
  log: Log;
  version: string;
  monotonic(): number;
}

const TIMEOUT_MS = 10_000;
/** Longer than a request and what is written after it. */
const LEASE_MS = 3 * TIMEOUT_MS;
const AT_ONCE = 20;
/** How often to look although nobody said that anything turned, milliseconds. */
const EVERY_MS = 5_000;
/** After each try that failed, real milliseconds; then it is given up. */
export const NOTIFY_DELAYS_MS = [5_000, 60_000, 600_000, 3_600_000, 21_600_000];

/**
 * Tells tenants at their `notifyUrl` that a subscription turned, in real time whatever their clocks say. At least once, in any
 * order: a notification leaves the outbox only when it was answered with 2xx, or given up. Any number of these may share a database.
 */
export class Notifier {
  readonly #o: NotifierOptions;
  readonly #alarm: Alarm;
  #stopped = false;

  constructor(options: NotifierOptions) {
    this.#o = options;
    this.#alarm = new Alarm({ look: () => this.#look(), monotonic: options.monotonic });
  }

  /** A subscription may have turned. To be called after commit. */
  soon(): void {
    this.#alarm.soon();
  }

  /** Lets what is on the wire end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#alarm.stop();
  }

  async #look(): Promise<number> {
    const { db, log } = this.#o;
    try {
      while (!this.#stopped) {
        const nextMs = (await nextNotificationMs(db.pool)) ?? EVERY_MS;
        if (nextMs > 0) return Math.min(EVERY_MS, Math.ceil(nextMs));
        const claimed = await claimNotifications(db.pool, { limit: AT_ONCE, leaseMs: LEASE_MS });
        if (claimed.length === 0) break;
        await Promise.all(claimed.map((one) => this.#tell(one)));
      }
      return EVERY_MS;
    } catch (error) {
      log.error('notifications cannot be read; trying again', { error: (error as Error).message });
      return EVERY_MS;
    }
  }

  async #tell(one: ClaimedNotification): Promise<void> {
    const { db, egress, log, version } = this.#o;
    if (one.notify_url === null) return dropNotification(db.pool, one.id);
    const result = await egress.send({
      url: one.notify_url,
      headers: [
        ['content-type', 'application/json'],
        ['user-agent', `Ringer/${version}`],
      ],
      body: utf8(JSON.stringify(bodyOf(one))),
      timeout: { kind: 'total', ms: TIMEOUT_MS },
      poolKey: `notify ${one.tenant_id}`,
      https: 'required',
    });
    const status = result.kind === 'answered' ? result.status : 0;
    if (status >= 200 && status < 300) return dropNotification(db.pool, one.id);
    const delayMs = NOTIFY_DELAYS_MS[one.tries];
    if (delayMs !== undefined) return postponeNotification(db.pool, one.id, delayMs);
    const reason = result.kind === 'answered' ? `status_${status}` : result.reason;
    log.warn('a tenant could not be told that a subscription turned', {
      ...{ tenant: one.tenant_id, subscription: one.subscription_id },
      ...{ status: one.status, reason },
    });
    await dropNotification(db.pool, one.id);
  }
}

function bodyOf(one: ClaimedNotification) {
  return {
    id: publicId('ntf', one.id),
    type: `subscription.${one.status}`,
    tenantId: publicId('ten', one.tenant_id),
    subscriptionId: publicId('sub', one.subscription_id),
    provider: one.provider,
    status: one.status,
    cause: one.cause,
    since: one.since && isoMillis(one.since.getTime()),
    at: isoMillis(one.at.getTime()),
  };
}
