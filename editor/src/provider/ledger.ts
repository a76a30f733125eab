// What this page has written and what the server has committed of it. Pure.
// The server acknowledges by count: "the first n update-carrying frames of this connection are committed".

interface Frame {
  readonly number: number;
  readonly updates: number;
}

/** Counts local updates from the keystroke to the commit. */
export class Ledger {
  #waiting = 0;
  #inFlight: Frame[] = [];
  #sent = 0;
  #acked = 0;
  #answered = false;

  /** Local updates that no acknowledged frame carries. */
  get unacknowledged(): number {
    return this.#inFlight.reduce((total, frame) => total + frame.updates, this.#waiting);
  }

  /** Whether the server's step 1 has been answered on this connection, so that updates may follow. */
  get isAnswered(): boolean {
    return this.#answered;
  }

  /** Whether everything that this page has is committed, as far as this connection has proved it. */
  get isSettled(): boolean {
    return this.#answered && this.#waiting === 0 && this.#acked === this.#sent;
  }

  /** The connection is gone: what it did not acknowledge waits again. */
  connectionLost(): void {
    this.#waiting = this.unacknowledged;
    this.#inFlight = [];
    this.#sent = 0;
    this.#acked = 0;
    this.#answered = false;
  }

  /** An earlier page left so many updates unacknowledged on this device. */
  waitedBefore(updates: number): void {
    this.#waiting += updates;
  }

  /** A local update was made and is in no frame yet. */
  localUpdate(): void {
    this.#waiting += 1;
  }

  /** The answer to a step 1 was sent: it carries everything that waits. */
  answerSent(): void {
    this.#answered = true;
    this.#send();
  }

  /** The number of the last frame of this connection. */
  get lastFrame(): number {
    return this.#sent;
  }

  /** A step 1 was answered with nothing: what waits is held back. */
  heldBack(): void {
    this.#answered = true;
    this.besideSent();
  }

  /** A frame was sent that settles nothing: the next one carries the same and more. */
  besideSent(): void {
    this.#sent += 1;
    this.#inFlight.push({ number: this.#sent, updates: 0 });
  }

  /** A frame with all waiting updates was sent. */
  updateSent(): void {
    this.#send();
  }

  #send(): void {
    this.#sent += 1;
    this.#inFlight.push({ number: this.#sent, updates: this.#waiting });
    this.#waiting = 0;
  }

  /** The server has committed the first `frames` frames. Returns false if that cannot be. */
  acknowledged(frames: number): boolean {
    if (frames > this.#sent) return false;
    this.#acked = Math.max(this.#acked, frames);
    this.#inFlight = this.#inFlight.filter((frame) => frame.number > this.#acked);
    return true;
  }
}
