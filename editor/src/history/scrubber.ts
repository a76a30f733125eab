// The bar below: a slider over all records, with how much was written when and by whom, and playback.
import type { Translate } from "../i18n";
import { h } from "../ui/dom";
import { icon } from "../ui/icons";
import type { Author, Erasure, Timeline } from "./api";
import { playStep } from "./moments";

const STEPS_PER_S = 10;
/** Seconds that the whole takes at each speed. */
const SPEEDS: readonly (readonly [string, number])[] = [
  ["1×", 60],
  ["2×", 30],
  ["4×", 15],
  ["8×", 8],
];
/** A gap of one record in a million is still seen; in bars. */
const MIN_GAP = 0.5;
const SVG = "http://www.w3.org/2000/svg";

export interface ScrubberEvents {
  /** A moment was chosen; settles when it is shown. */
  chosen(seq: number): Promise<void>;
  /** A moment is going to be chosen next. */
  soon(seq: number): void;
  /** Go to the end of the revision before (-1) or after (1). */
  stepped(by: 1 | -1): void;
}

export class Scrubber {
  readonly element: HTMLElement;
  readonly #t: Translate;
  readonly #events: ScrubberEvents;
  readonly #slider: HTMLInputElement;
  readonly #chart = document.createElementNS(SVG, "svg");
  readonly #play: HTMLButtonElement;
  readonly #speed: HTMLSelectElement;
  #isPlaying = false;

  constructor(t: Translate, events: ScrubberEvents) {
    this.#t = t;
    this.#events = events;
    this.#chart.setAttribute("aria-hidden", "true");
    this.#chart.setAttribute("preserveAspectRatio", "none");
    this.#slider = h("input", {
      type: "range",
      class: "scrubber-slider",
      min: "0",
      max: "0",
      value: "0",
      "aria-label": t("moment"),
      input: () => {
        this.pause();
        void events.chosen(Number(this.#slider.value));
      },
    });
    this.#play = this.#button("play", () => this.toggle());
    this.#play.setAttribute("aria-keyshortcuts", "Alt+P");
    this.#speed = h(
      "select",
      { class: "input speed", "aria-label": t("speed") },
      ...SPEEDS.map(([label, seconds]) => h("option", { value: String(seconds) }, label)),
    );
    const back = this.#button("revisionBefore", () => events.stepped(-1));
    const forward = this.#button("revisionAfter", () => events.stepped(1));
    this.element = h(
      "div",
      { class: "scrubber", role: "group", "aria-label": t("timeline") },
      h("div", { class: "scrubber-buttons" }, back, this.#play, forward),
      h("div", { class: "scrubber-track" }, this.#chart, this.#slider),
      this.#speed,
    );
  }

  /** Draw the log: height for edits, colour for the one who wrote most in that part. */
  draw(timeline: Timeline, colors: ReadonlyMap<number, Author>, gaps: readonly Erasure[]): void {
    this.#slider.max = String(timeline.seq);
    const { buckets } = timeline;
    // Buckets hold about equal numbers of records: what took less time was written faster.
    const rates = buckets.map((each, at) => {
      const since = Date.parse(buckets[at - 1]?.to ?? each.from);
      return each.edits / Math.max(1, Date.parse(each.to) - since);
    });
    const most = Math.max(...rates, Number.MIN_VALUE);
    this.#chart.setAttribute("viewBox", `0 0 ${Math.max(1, buckets.length)} 1`);
    this.#chart.replaceChildren(
      ...buckets.map((bucket, at) => {
        const bar = document.createElementNS(SVG, "rect");
        const height = 0.15 + 0.85 * Math.sqrt((rates[at] ?? 0) / most);
        bar.setAttribute("x", String(at));
        bar.setAttribute("y", String(1 - height));
        bar.setAttribute("width", "0.86");
        bar.setAttribute("height", String(height));
        const author = bucket.authors.length > 0 ? colors.get(bucket.authors[0] ?? 0) : undefined;
        bar.style.setProperty("fill", author?.color ?? "currentColor");
        return bar;
      }),
      ...gaps.map((gap) => {
        const band = document.createElementNS(SVG, "rect");
        const perRecord = buckets.length / Math.max(1, timeline.seq);
        const from = (gap.first - 1) * perRecord;
        band.setAttribute("class", "gap");
        band.setAttribute("x", String(from));
        band.setAttribute("y", "0");
        band.setAttribute("width", String(Math.max(MIN_GAP, gap.last * perRecord - from)));
        band.setAttribute("height", "1");
        return band;
      }),
    );
  }

  /** Stand at `seq`; `words` say the moment to those who hear it. */
  stand(seq: number, words: string): void {
    this.#slider.value = String(seq);
    this.#slider.setAttribute("aria-valuetext", words);
    this.#chart.style.setProperty(
      "--at",
      String(this.#slider.valueAsNumber / Number(this.#slider.max || 1)),
    );
  }

  /** Play, or pause. */
  toggle(): void {
    if (this.#isPlaying) this.pause();
    else void this.#run();
  }

  pause(): void {
    if (!this.#isPlaying) return;
    this.#isPlaying = false;
    this.#label("play");
  }

  /** One step at a time, each awaited: a slow server slows the film, it does not tear it. */
  async #run(): Promise<void> {
    this.#isPlaying = true;
    this.#label("pause");
    const last = Number(this.#slider.max);
    let at = Number(this.#slider.value);
    if (at >= last) at = 0;
    while (this.#isPlaying && at < last) {
      const began = performance.now();
      const step = playStep(last, STEPS_PER_S, Number(this.#speed.value));
      at = Math.min(last, at + step);
      const shown = this.#events.chosen(at);
      if (at < last) this.#events.soon(Math.min(last, at + step));
      await shown;
      const rest = 1000 / STEPS_PER_S - (performance.now() - began);
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    }
    this.pause();
  }

  #label(name: "play" | "pause"): void {
    const words = this.#t(name);
    this.#play.setAttribute("aria-label", words);
    this.#play.title = words;
    this.#play.replaceChildren(icon(name));
  }

  #button(name: "play" | "revisionBefore" | "revisionAfter", click: () => void): HTMLButtonElement {
    const words = this.#t(name);
    return h(
      "button",
      { type: "button", class: "icon-button", "aria-label": words, title: words, click },
      icon(name),
    );
  }
}
