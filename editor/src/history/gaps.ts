// Stretches whose text was erased: said in words where they are shown, asked for by an owner, and watched
// while the server is at it.
import type { Translate } from "../i18n";
import { h } from "../ui/dom";
import { ask } from "../ui/question";
import type { Erasure, HistoryApi } from "./api";
import { gapsIn } from "./moments";
import type { Times } from "./times";

const LOOK_EVERY_MS = 2_000;
const MAX_REASON_CHARS = 500;

export interface GapEvents {
  /** The text of a stretch is gone: what the page has read is out of date. */
  erased(): void;
  failed(error: unknown): void;
}

export class Gaps {
  /** What is under way, and what was erased of the shown moment. */
  readonly element = h("div", { class: "gap-note", role: "status", hidden: true });
  readonly #api: HistoryApi;
  readonly #t: Translate;
  readonly #times: Times;
  readonly #events: GapEvents;
  #all: readonly Erasure[] = [];
  #seq = 0;

  constructor(api: HistoryApi, t: Translate, times: Times, events: GapEvents) {
    this.#api = api;
    this.#t = t;
    this.#times = times;
    this.#events = events;
  }

  /** Those that are done, in the order of the log. */
  get done(): readonly Erasure[] {
    return this.#all.filter((each) => each.state === "done");
  }

  async load(): Promise<void> {
    this.#all = await this.#api.erasures();
    const going = this.#underWay();
    if (going) void this.#watch(going.id);
  }

  /** Say what was erased of the stretch that holds `seq`. */
  stand(seq: number): void {
    this.#seq = seq;
    this.#draw();
  }

  /** Return who erased something between two records, when and why; null where nobody did. */
  words(first: number, last: number): string | null {
    const found = gapsIn(this.done, first, last);
    return found.length === 0 ? null : found.map((each) => this.#say(each)).join(" ");
  }

  /** Ask whether to erase the text that is gone from a stretch, and for what reason; then have it done. */
  async askFor(first: number, last: number, moment: string): Promise<void> {
    const t = this.#t;
    const reason = await ask(t, {
      title: t("eraseTitle"),
      text: t("eraseText", { moment }),
      act: t("eraseIt"),
      field: { label: t("eraseReason"), value: "", maxLength: MAX_REASON_CHARS },
    });
    if (reason === null) return;
    const made = await this.#api.erase(first, last, reason);
    if (made.state === "done") {
      this.#events.erased();
      return;
    }
    this.#all = [...this.#all, made];
    this.#draw();
    await this.#watch(made.id);
  }

  async #watch(id: number): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      try {
        this.#all = await this.#api.erasures();
      } catch {
        continue; // the server is away for a moment; the erasure goes on without this page
      }
      const now = this.#all.find((each) => each.id === id);
      this.#draw();
      if (now?.state === "done") this.#events.erased();
      else if (now?.state === "failed") this.#events.failed(new Error(now.failure));
      if (now?.state !== "waiting" && now?.state !== "running") return;
    }
  }

  #underWay(): Erasure | undefined {
    return this.#all.find((each) => each.state === "waiting" || each.state === "running");
  }

  #draw(): void {
    const t = this.#t;
    const going = this.#underWay();
    const words = this.words(this.#seq, this.#seq);
    const parts: HTMLElement[] = [];
    if (going) {
      const bar = h("progress", { "aria-label": t("erasing") });
      bar.max = Math.max(1, going.to_scan);
      bar.value = going.scanned;
      parts.push(h("p", {}, t("erasing"), " ", bar));
    }
    if (words !== null) parts.push(h("p", {}, words));
    this.element.replaceChildren(...parts);
    this.element.hidden = parts.length === 0;
  }

  #say(erasure: Erasure): string {
    const time = this.#times.moment(erasure.created_at);
    const name = erasure.by?.name ?? this.#t("someone");
    const { reason } = erasure;
    return reason
      ? this.#t("erasedWhy", { name, time, reason })
      : this.#t("erasedBy", { name, time });
  }
}
