// Lets what comes from others wait while the person is in the middle of something that any redrawing would
// end: an input method that composes. Bounded in time and in size.

/** Longer than this nobody waits for what others write; a phrase is composed in a few seconds. */
const MOST_MS = 15_000;
/** More than this does not wait: the page must not fall behind by a book. */
const MOST_BYTES = 1 << 20;

export class Pause {
  readonly #resume: () => void;
  #isBusy: () => boolean = () => false;
  #since: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `resume` is called when the time is over. */
  constructor(resume: () => void) {
    this.#resume = resume;
  }

  /** Ask `isBusy` from now on. */
  while(isBusy: () => boolean): void {
    this.#isBusy = isBusy;
  }

  /** Whether `bytes` that have come must wait. */
  mustWait(bytes: number): boolean {
    if (!this.#isBusy()) {
      this.cancel();
      return false;
    }
    const now = performance.now();
    this.#since ??= now;
    if (bytes > MOST_BYTES || now - this.#since >= MOST_MS) return false;
    this.#timer ??= setTimeout(this.#resume, MOST_MS);
    return true;
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#since = null;
  }
}
