// A line that says what was done, and goes by itself; read out by screen readers.
import { h } from "./dom";

const SHOWN_MS = 5000;

export class Toast {
  readonly element = h("div", { class: "toast", role: "status" });
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Say `message`. */
  say(message: string): void {
    this.element.textContent = message;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.element.textContent = "";
    }, SHOWN_MS);
  }
}
