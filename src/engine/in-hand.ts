/** How many deliveries of each tenant a process holds: claimed, and their outcomes not durable yet. */
export class InHand {
  readonly #counts = new Map<string, number>();
  readonly #whenQuiet = new Map<string, (() => void)[]>();

  take(tenantId: string): void {
    this.#counts.set(tenantId, (this.#counts.get(tenantId) ?? 0) + 1);
  }

  drop(tenantId: string): void {
    const left = (this.#counts.get(tenantId) ?? 1) - 1;
    if (left > 0) {
      this.#counts.set(tenantId, left);
      return;
    }
    this.#counts.delete(tenantId);
    const waiting = this.#whenQuiet.get(tenantId) ?? [];
    this.#whenQuiet.delete(tenantId);
    for (const done of waiting) done();
  }

  /** Resolves when none of the tenant's is left. */
  async quiet(tenantId: string): Promise<void> {
    if (!this.#counts.has(tenantId)) return;
    await new Promise<void>((done) =>
      this.#whenQuiet.set(tenantId, [...(this.#whenQuiet.get(tenantId) ?? []), done]),
    );
  }
}
