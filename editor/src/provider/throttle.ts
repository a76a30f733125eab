// Calls a function at once when it has been quiet, and otherwise once at the end of each interval.

/** The first call goes through at once; those that follow within `intervalMs` become one. */
export class Throttle {
  readonly #run: () => void;
  readonly #intervalMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWanted = false;

  constructor(run: () => void, intervalMs: number) {
    this.#run = run;
    this.#intervalMs = intervalMs;
  }

  /** Run now, or at the end of the interval that has begun. */
  call(): void {
    if (this.#timer !== undefined) {
      this.#isWanted = true;
      return;
    }
    this.#start();
    this.#run();
  }

  /** Run what waits now. */
  flush(): void {
    if (!this.#isWanted) return;
    this.cancel();
    this.#run();
  }

  /** Forget what waits. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isWanted = false;
  }

  #start(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isWanted) return;
      this.#isWanted = false;
      this.#start();
      this.#run();
    }, this.#intervalMs);
  }
}
