import { clearTimeout, setImmediate, setTimeout } from '../lib/timers.js';

/** Work that is asked for from many sides and done by one at a time: what is asked for meanwhile is done once more after it. */
export class Pump {
  readonly #work: () => Promise<void>;
  readonly #rest: () => void;
  #scheduled = false;
  #running = false;
  #again = false;
  #stopped = false;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param work never rejects.
   * @param rest told each time when it is over.
   */
  constructor(work: () => Promise<void>, rest: () => void) {
    this.#work = work;
    this.#rest = rest;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Soon, together with whatever else is asked for in this turn of the loop. */
  schedule(): void {
    if (this.#running) this.#again = true;
    if (this.#scheduled || this.#running || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#run();
    });
  }

  /** After so many milliseconds, unless an earlier one is set. */
  scheduleIn(ms: number): void {
    if (this.#timer || this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.schedule();
    }, Math.ceil(ms));
  }

  /** What runs is not waited for. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    this.#again = false;
    await this.#work();
    this.#running = false;
    if (this.#again) this.schedule();
    this.#rest();
  }
}
