// The history page: the document at a moment or what changed up to it, the revisions, and the scrubber.
import type { Key, Translate } from "../i18n";
import { h } from "../ui/dom";
import { Downloads } from "../ui/downloads";
import { Acts } from "./acts";
import { ApiError, type Author, type HistoryApi, type Revision, type Timeline } from "./api";
import type { HistoryBootstrap } from "./bootstrap";
import { ChangesView } from "./changes";
import { header, iconButton } from "./frame";
import { Gaps } from "./gaps";
import { MomentMenu } from "./menu";
import { timeOf } from "./moments";
import { Revisions } from "./revisions";
import { Scrubber } from "./scrubber";
import { Times } from "./times";
import { MomentView } from "./view";

const BUCKETS = 200;
/** What is said aloud while somebody scrubs waits for this quiet. */
const SAY_AFTER_MS = 600;

type Mode = "document" | "changes";

export class HistoryPage {
  readonly #page: HistoryBootstrap;
  readonly #api: HistoryApi;
  readonly #t: Translate;
  readonly #times: Times;
  readonly #moment: MomentView;
  readonly #changes: ChangesView;
  readonly #revisions: Revisions;
  readonly #scrubber: Scrubber;
  readonly #gaps: Gaps;
  readonly #acts: Acts;
  readonly #menu: MomentMenu;
  readonly #status = h("p", { class: "visually-hidden", role: "status" });
  readonly #banner = h("div", { class: "banner", role: "alert", hidden: true });
  readonly #when = h("span", { class: "history-when" });
  readonly #who = h("span", { class: "history-who muted" });
  readonly #chip = h("div", { class: "compare-chip", hidden: true });
  readonly #sheet = h("main", { class: "sheet", id: "main", tabindex: "-1" });
  readonly #modes: Readonly<Record<Mode, HTMLButtonElement>>;
  readonly #walk: HTMLElement;
  #timeline: Timeline = { seq: 0, buckets: [], authors: [] };
  #authors = new Map<number, Author>();
  #seq = 0;
  #base: Revision | null = null;
  #mode: Mode = "document";
  #asked = 0;
  #showing: Promise<void> | null = null;
  #sayTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement, page: HistoryBootstrap, api: HistoryApi, t: Translate) {
    this.#page = page;
    this.#api = api;
    this.#t = t;
    this.#times = new Times(page.locale);
    this.#moment = new MomentView(t);
    this.#changes = new ChangesView(t);
    this.#scrubber = new Scrubber(t, {
      chosen: (seq) => this.#go(seq),
      soon: (seq) => this.#foresee(seq),
      stepped: (by) => this.#step(by),
    });
    const failed = (error: unknown) => this.#fail(error);
    this.#gaps = new Gaps(api, t, this.#times, {
      erased: () => location.reload(), // what was read before has the text still
      failed,
    });
    this.#revisions = new Revisions(
      api,
      t,
      this.#times,
      {
        selected: (revision) => {
          this.#scrubber.pause();
          void this.#go(revision.seq);
        },
        comparedFrom: (revision) => this.#compareFrom(revision),
        read: (authors) => this.#meet(authors),
        filtered: (words) => this.#say(words),
        failed,
      },
      (revision) => this.#gaps.words(revision.first_seq, revision.seq),
    );
    this.#acts = new Acts(page, api, t, this.#gaps, {
      whole: () => this.#whole(),
      words: () => this.#momentWords(),
      base: () => this.#base,
      named: (revision) => {
        this.#revisions.replace(revision);
        this.#told();
      },
      failed,
    });
    const downloads = new Downloads(t);
    this.#menu = new MomentMenu(api, t, downloads, page.document.title, {
      copied: () => void this.#acts.copy(),
      erased: () => void this.#acts.erase(),
    });
    this.#modes = {
      document: this.#modeButton("document", "asItWas"),
      changes: this.#modeButton("changes", "changes"),
    };
    const walk = (by: 1 | -1) => () => this.#say(this.#changes.go(by));
    this.#walk = h(
      "div",
      { class: "history-walk", hidden: true },
      iconButton(t, "previousChange", "up", walk(-1), "Alt+ArrowUp"),
      iconButton(t, "nextChange", "down", walk(1), "Alt+ArrowDown"),
    );
    const aside = this.#revisions.element;
    root.replaceChildren(
      header(page, t, aside),
      this.#banner,
      h(
        "div",
        { class: "history-body" },
        h(
          "div",
          { class: "history-main" },
          this.#bar(),
          this.#chip,
          this.#gaps.element,
          this.#sheet,
        ),
        aside,
      ),
      this.#scrubber.element,
      downloads.element,
      this.#status,
    );
    this.#sheet.append(h("p", { class: "opening muted" }, t("openingHistory")));
    addEventListener("hashchange", () => void this.#goToHash());
    addEventListener("keydown", (event) => this.#key(event));
  }

  /** Read timeline and revisions, then show the moment in the address, or the last one. */
  async open(): Promise<void> {
    try {
      const [timeline] = await Promise.all([
        this.#api.timeline(BUCKETS),
        this.#revisions.load(),
        this.#gaps.load(),
      ]);
      this.#timeline = timeline;
      this.#meet(timeline.authors);
      this.#scrubber.draw(timeline, this.#authors, this.#gaps.done);
      this.#revisions.draw();
      this.#seq = timeline.seq;
      await this.#goToHash();
    } catch (error) {
      this.#fail(error);
    }
  }

  // -- moments ---------------------------------------------------------------------------------

  async #goToHash(): Promise<void> {
    const wanted = /^#seq=(\d{1,15})$/.exec(location.hash)?.[1];
    await this.#go(wanted === undefined ? this.#timeline.seq : Number(wanted));
  }

  /** Show the document as of `seq`; settles when it is shown, or another moment that was asked for later. */
  #go(seq: number): Promise<void> {
    this.#seq = Math.max(0, Math.min(seq, this.#timeline.seq));
    this.#asked += 1;
    this.#scrubber.stand(this.#seq, this.#momentWords());
    this.#gaps.stand(this.#seq);
    this.#showing ??= this.#showLatest().finally(() => {
      this.#showing = null;
    });
    return this.#showing;
  }

  /** Show what was asked for last. One question at a time: a drag does not queue up at the server. */
  async #showLatest(): Promise<void> {
    for (let asked = 0; asked !== this.#asked; ) {
      asked = this.#asked;
      try {
        const show = this.#mode === "document" ? this.#readMoment() : this.#readChanges();
        (await show)();
        this.#banner.hidden = true;
        if (asked === this.#asked) this.#told();
      } catch (error) {
        if (asked === this.#asked) this.#fail(error);
      }
    }
  }

  /** Read the moment; return what puts it on the sheet. */
  async #readMoment(): Promise<() => void> {
    const content = await this.#api.content(this.#seq);
    return () => {
      this.#moment.show(content);
      this.#put(this.#moment.element);
    };
  }

  /** Read what changed; return what puts it on the sheet. */
  async #readChanges(): Promise<() => void> {
    if (!this.#base) await this.#revisions.find(this.#seq);
    const html = await this.#api.changes(this.#from(), this.#seq);
    return () => {
      this.#changes.show(html, this.#authors);
      this.#put(this.#changes.element);
    };
  }

  /** Ask for a moment that is going to be shown next. */
  #foresee(seq: number): void {
    if (this.#mode === "document") this.#api.foresee(seq);
  }

  #put(view: HTMLElement): void {
    if (this.#sheet.firstChild !== view) this.#sheet.replaceChildren(view);
  }

  /** What the shown moment is compared with: the chosen revision, or the end of the one before. */
  #from(): number {
    if (this.#base) return this.#base.seq;
    return Math.max(0, (this.#revisions.at(this.#seq)?.first_seq ?? 1) - 1);
  }

  #told(): void {
    const revision = this.#revisions.stand(this.#seq);
    if (!revision) void this.#meetRevision(this.#seq);
    history.replaceState(null, "", `#seq=${this.#seq}`);
    const words = this.#momentWords();
    this.#when.textContent = words;
    this.#who.textContent = revision?.authors.map((each) => each.name).join(", ") ?? "";
    this.#menu.stand(this.#seq, this.#page.mayErase && revision !== null);
    this.#say(words);
  }

  /** Learn whose the shown moment is, where its revision is older than those that were read. */
  async #meetRevision(seq: number): Promise<void> {
    try {
      const revision = await this.#revisions.find(seq);
      if (revision && seq === this.#seq) this.#told();
    } catch (error) {
      this.#fail(error);
    }
  }

  #say(words: string): void {
    clearTimeout(this.#sayTimer);
    this.#sayTimer = setTimeout(() => {
      this.#status.textContent = words;
    }, SAY_AFTER_MS);
  }

  /** Keys that leave the focus where it is; single letters would stand in the way of screen readers. */
  #key(event: KeyboardEvent): void {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.code === "KeyP") this.#scrubber.toggle();
    else if (this.#mode === "changes" && event.code === "ArrowDown") this.#say(this.#changes.go(1));
    else if (this.#mode === "changes" && event.code === "ArrowUp") this.#say(this.#changes.go(-1));
    else return;
    event.preventDefault();
  }

  #momentWords(): string {
    if (this.#seq === 0) return this.#t("beforeTheFirst");
    const revision = this.#revisions.at(this.#seq);
    const time =
      revision && this.#seq === revision.seq
        ? revision.created_at
        : timeOf(this.#timeline.buckets, this.#seq);
    const shown = time ? this.#times.moment(time) : "";
    return revision?.name ? `${revision.name} · ${shown}` : shown;
  }

  #meet(authors: readonly Author[]): void {
    for (const each of authors) this.#authors.set(each.id, each);
  }

  // -- revisions -------------------------------------------------------------------------------

  #step(by: 1 | -1): void {
    this.#scrubber.pause();
    const next = this.#revisions.beside(this.#seq, by);
    if (!this.#revisions.reachTo(by === 1 ? this.#seq : (next?.seq ?? 1)))
      void this.#revisions.more().then((isMore) => isMore && this.#step(by));
    else if (next) void this.#go(next.seq);
  }

  /** Go to the end of the revision that is shown. */
  async #whole(): Promise<Revision | null> {
    this.#scrubber.pause();
    const revision = await this.#revisions.find(this.#seq);
    if (revision && revision.seq !== this.#seq) await this.#go(revision.seq);
    return revision;
  }

  #compareFrom(revision: Revision): void {
    this.#base = revision;
    const moment = revision.name || this.#times.moment(revision.created_at);
    const end = iconButton(this.#t, "endComparison", "close", () => {
      this.#base = null;
      this.#chip.hidden = true;
      void this.#go(this.#seq);
    });
    this.#chip.replaceChildren(h("span", {}, this.#t("comparedWith", { moment })), end);
    this.#chip.hidden = false;
    this.#show("changes");
  }

  #fail(error: unknown): void {
    const words = error instanceof ApiError ? error.detail : this.#t("historyFailed");
    this.#banner.replaceChildren(h("p", {}, words));
    this.#banner.hidden = false;
    if (!(error instanceof ApiError || error instanceof TypeError)) throw error;
  }

  // -- the bar ---------------------------------------------------------------------------------

  #show(mode: Mode): void {
    this.#mode = mode;
    for (const [name, button] of Object.entries(this.#modes)) {
      button.setAttribute("aria-pressed", String(name === mode));
    }
    this.#walk.hidden = mode !== "changes";
    if (mode === "document") {
      this.#base = null;
      this.#chip.hidden = true;
    }
    void this.#go(this.#seq);
  }

  #bar(): HTMLElement {
    const t = this.#t;
    const { mayWrite } = this.#page;
    const act = (label: Key, run: () => Promise<void>, style: string) =>
      h("button", { type: "button", class: style, click: () => void run() }, t(label));
    return h(
      "div",
      { class: "history-bar" },
      h("div", { class: "history-moment" }, this.#when, this.#who),
      h(
        "div",
        { class: "segmented", role: "group", "aria-label": t("show") },
        this.#modes.document,
        this.#modes.changes,
      ),
      this.#walk,
      h("div", { class: "spacer" }),
      mayWrite && act("nameIt", () => this.#acts.name(), "button quiet"),
      this.#menu.element,
      mayWrite && act("restore", () => this.#acts.restore(), "button primary"),
    );
  }

  #modeButton(mode: Mode, label: Key): HTMLButtonElement {
    return h(
      "button",
      {
        type: "button",
        class: "button",
        "aria-pressed": String(mode === "document"),
        click: () => this.#show(mode),
      },
      this.#t(label),
    );
  }
}
