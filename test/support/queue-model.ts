/** What a delivery is by the documents, without a database: the pure model that the real tables are compared with. */

export type Status = 'delivered' | 'failed' | 'cancelled';

export interface ModelDelivery {
  /** Its subscription, by number. */
  on: number;
  /** `open_delivery.state`; null once it is finished. */
  state: 0 | 1 | 3 | 4 | 5 | null;
  trigger: 0 | 1;
  tries: number;
  claims: number;
  dueMs: number;
  token: number | null;
  leased: boolean;
  /** Of a resend: what it falls back to. */
  prior: { status: Status; reason: string | null } | null;
  /** How it ended last. */
  end: { status: Status; reason: string | null; tries: number } | null;
  superseded: number;
}

export interface ModelSubscription {
  status: 'active' | 'paused' | 'deleted';
}

export type Told = 'delivered' | 'retry' | 'failed';

/** One tenant on a clock that stands. Deliveries are in the order of creation. */
export class QueueModel {
  readonly deliveries: ModelDelivery[] = [];
  readonly subscriptions: ModelSubscription[];
  nowMs: number;

  constructor(subscriptions: number, nowMs: number) {
    this.subscriptions = Array.from({ length: subscriptions }, () => ({ status: 'active' }));
    this.nowMs = nowMs;
  }

  /** @returns which were made. */
  publish(): number[] {
    return this.subscriptions.flatMap(({ status }, on) => {
      if (status === 'deleted') return [];
      const state = status === 'paused' ? 4 : 0;
      const fresh = {
        tries: 0,
        claims: 0,
        token: null,
        leased: false,
        prior: null,
        end: null,
        superseded: 0,
      };
      return [this.deliveries.push({ on, state, trigger: 0, dueMs: this.nowMs, ...fresh }) - 1];
    });
  }

  /** The oldest that are ready, under a token and a lease. @returns which. */
  claim(on: number, state: 0 | 1, want: number, token: number): number[] {
    const ready = this.#where((d) => d.on === on && d.state === state && !d.leased);
    ready.sort((a, b) => this.deliveries[a]!.dueMs - this.deliveries[b]!.dueMs || a - b);
    const taken = ready.slice(0, want);
    for (const i of taken) {
      const delivery = this.deliveries[i]!;
      delivery.claims += 1;
      delivery.token = token;
      delivery.leased = true;
    }
    return taken;
  }

  settle(
    index: number,
    token: number,
    told: Told,
    { delayMs, reason }: { delayMs: number; reason: string },
  ): void {
    const delivery = this.deliveries[index]!;
    if (delivery.state === null || delivery.token !== token) {
      delivery.superseded += 1;
      return;
    }
    const tries = delivery.tries + 1;
    const ends = told !== 'retry' || delivery.state === 5;
    if (!ends) {
      const state = delivery.state === 4 ? 4 : 3;
      Object.assign(delivery, {
        state,
        tries,
        claims: 0,
        dueMs: delivery.dueMs + delayMs,
        token: null,
        leased: false,
      });
      return;
    }
    const back = delivery.prior !== null && (told === 'retry' || delivery.trigger === 1);
    const failed = back
      ? delivery.prior!
      : { status: 'failed' as const, reason: told === 'failed' ? reason : null };
    this.#end(delivery, told === 'delivered' ? { status: 'delivered', reason: null } : failed, tries);
  }

  giveBack(index: number, token: number): void {
    const delivery = this.deliveries[index]!;
    if (delivery.state === null || delivery.token !== token) return;
    Object.assign(delivery, { token: null, leased: false, claims: delivery.claims - 1 });
    this.endAbandoned([delivery]);
  }

  putOff(index: number, token: number, untilMs: number): void {
    const delivery = this.deliveries[index]!;
    if (delivery.state === null || delivery.token !== token) return;
    const state = delivery.state > 3 ? delivery.state : 3;
    Object.assign(delivery, { token: null, leased: false, dueMs: untilMs, state });
    this.endAbandoned([delivery]);
  }

  /** Its process died, and the lease has ended. */
  leaseEnds(index: number): void {
    this.deliveries[index]!.leased = false;
  }

  pause(on: number): void {
    if (this.subscriptions[on]!.status !== 'active') return;
    this.subscriptions[on]!.status = 'paused';
    for (const d of this.deliveries) if (d.on === on && d.state !== null && d.state < 4) d.state = 4;
  }

  resume(on: number): void {
    if (this.subscriptions[on]!.status !== 'paused') return;
    this.subscriptions[on]!.status = 'active';
    for (const d of this.deliveries)
      if (d.on === on && d.state === 4) Object.assign(d, { state: 0, dueMs: this.nowMs });
  }

  remove(on: number): void {
    if (this.subscriptions[on]!.status === 'deleted') return;
    this.subscriptions[on]!.status = 'deleted';
    for (const d of this.deliveries) {
      if (d.on !== on || d.state === null) continue;
      const reason = 'subscription_deleted';
      if (!d.leased) this.#withdraw(d, reason);
      else Object.assign(d, { state: 5, prior: d.prior ?? { status: 'cancelled', reason } });
    }
  }

  cancel(index: number): void {
    const delivery = this.deliveries[index]!;
    if (delivery.state !== null && !delivery.leased) this.#withdraw(delivery, 'cancelled');
  }

  retryNow(index: number): void {
    const delivery = this.deliveries[index]!;
    if (delivery.state === 3) Object.assign(delivery, { state: 0, dueMs: this.nowMs });
  }

  resend(index: number): void {
    const delivery = this.deliveries[index]!;
    if (delivery.state !== null || this.subscriptions[delivery.on]!.status !== 'active') return;
    const { status, reason, tries } = delivery.end!;
    const anew = { state: 0, trigger: 1, tries, claims: 0, token: null, leased: false } as const;
    Object.assign(delivery, { ...anew, dueMs: this.nowMs, prior: { status, reason } });
  }

  /** The clock is put forward, and what it has reached is made ready. */
  step(byMs: number): void {
    this.nowMs += byMs;
    for (const d of this.deliveries)
      if (d.state === 3 && d.dueMs <= this.nowMs) d.state = d.tries === 0 ? 0 : 1;
  }

  /** What housekeeping ends: withdrawn, and whoever had it is dead; of what is given back it need not be asked. */
  endAbandoned(among: readonly ModelDelivery[] = this.deliveries): void {
    for (const d of among) if (d.state === 5 && !d.leased) this.#withdraw(d, d.prior!.reason);
  }

  #withdraw(delivery: ModelDelivery, reason: string | null): void {
    this.#end(delivery, delivery.end ?? { status: 'cancelled', reason }, delivery.tries);
  }

  #end(delivery: ModelDelivery, end: { status: Status; reason: string | null }, tries: number): void {
    const closed = { state: null, token: null, leased: false, prior: null } as const;
    Object.assign(delivery, { ...closed, tries, end: { status: end.status, reason: end.reason, tries } });
  }

  #where(holds: (delivery: ModelDelivery) => boolean): number[] {
    return this.deliveries.flatMap((delivery, i) => (holds(delivery) ? [i] : []));
  }
}
