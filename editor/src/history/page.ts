// The history page: the document at a moment or what changed up to it, the revisions, and the scrubber.
import type { Key, Translate } from "../i18n";
import { h } from "../ui/dom";
import { Downloads } from "../ui/downloads";
import { icon } from "../ui/icons";
import { ask } from "../ui/question";
import { ApiError, type Author, type HistoryApi, type Revision, type Timeline } from "./api";
import type { HistoryBootstrap } from "./bootstrap";
import { ChangesView } from "./changes";
import { Gaps } from "./gaps";
import { RevisionList } from "./list";
import { authorsOf, revisionAt } from "./moments";
import { Scrubber } from "./scrubber";
import { MomentView } from "./view";

const BUCKETS = 200;
const MAX_NAME_CHARS = 200;
/** What is said aloud while somebody scrubs waits for this quiet. */
const SAY_AFTER_MS = 600;
const EXPORTS: readonly (readonly [string, Key])[] = [
  ["markdown", "exportMarkdown"],
  ["html", "exportHtml"],
  ["text", "exportText"],
  ["json", "exportJson"],
  ["yjs", "exportYjs"],
];

const ENDINGS: Readonly<Record<string, string>> = {
  markdown: ".md",
  html: ".html",
  text: ".txt",
  json: ".json",
  yjs: ".yjs",
};

export class HistoryPage {
  readonly #page: HistoryBootstrap;
  readonly #api: HistoryApi;
  readonly #t: Translate;
  readonly #moment: MomentView;
  readonly #changes: ChangesView;
  readonly #list: RevisionList;
  readonly #scrubber: Scrubber;
  readonly #gaps: Gaps;
  readonly #status = h("p", { class: "visually-hidden", role: "status" });
  readonly #banner = h("div", { class: "banner", role: "alert", hidden: true });
  readonly #when = h("span", { class: "history-when" });
  readonly #who = h("span", { class: "history-who muted" });
  readonly #chip = h("div", { class: "compare-chip", hidden: true });
  readonly #sheet = h("main", { class: "sheet", id: "main", tabindex: "-1" });
  readonly #aside = h("aside", { class: "history-aside", "aria-label": "" });
  readonly #author: HTMLSelectElement;
  readonly #modes: Readonly<Record<"document" | "changes", HTMLButtonElement>>;
  readonly #walk: HTMLElement;
  readonly #menu = h("div", { class: "menu-panel" });
  readonly #downloads: Downloads;
  #timeline: Timeline = { seq: 0, buckets: [], authors: [] };
  #authors = new Map<number, Author>();
  #revisions: Revision[] = [];
  #hasMore = false;
  #seq = 0;
  #base: Revision | null = null;
  #mode: "document" | "changes" = "document";
  #asked = 0;
  #sayTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement, page: HistoryBootstrap, api: HistoryApi, t: Translate) {
    this.#page = page;
    this.#api = api;
    this.#t = t;
    this.#downloads = new Downloads(t);
    this.#moment = new MomentView(t);
    this.#changes = new ChangesView(t);
    this.#scrubber = new Scrubber(t, {
      chosen: (seq) => this.#go(seq),
      stepped: (by) => this.#step(by),
    });
    this.#gaps = new Gaps(api, t, page.locale, {
      erased: () => location.reload(), // what was read before has the text still
      failed: (error) => this.#fail(error),
    });
    this.#list = new RevisionList(
      t,
      page.locale,
      {
        selected: (revision) => void this.#select(revision),
        comparedFrom: (revision) => this.#compareFrom(revision),
        more: () => void this.#more(),
      },
      (revision) => this.#gaps.words(revision.first_seq, revision.seq),
    );
    this.#author = h("select", {
      class: "input",
      "aria-label": t("filterByAuthor"),
      change: () => {
        this.#drawList();
        this.#say(t("revisionsShown", { n: this.#filtered().length }));
      },
    });
    this.#modes = {
      document: this.#modeButton("document", "asItWas"),
      changes: this.#modeButton("changes", "changes"),
    };
    this.#walk = h(
      "div",
      { class: "history-walk", hidden: true },
      this.#button("previousChange", "up", () => this.#say(this.#changes.go(-1)), "Alt+ArrowUp"),
      this.#button("nextChange", "down", () => this.#say(this.#changes.go(1)), "Alt+ArrowDown"),
    );
    this.#aside.setAttribute("aria-label", t("revisions"));
    root.replaceChildren(
      this.#header(),
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
        this.#aside,
      ),
      this.#scrubber.element,
      this.#downloads.element,
      this.#status,
    );
    this.#aside.append(
      h("div", { class: "history-aside-head" }, h("h2", {}, t("revisions")), this.#author),
      this.#list.element,
    );
    this.#sheet.append(h("p", { class: "opening muted" }, t("openingHistory")));
    addEventListener("hashchange", () => void this.#goToHash());
    addEventListener("keydown", (event) => this.#key(event));
  }

  /** Read timeline and revisions, then show the moment in the address, or the last one. */
  async open(): Promise<void> {
    try {
      const [timeline, revisions] = await Promise.all([
        this.#api.timeline(BUCKETS),
        this.#api.revisions(),
        this.#gaps.load(),
      ]);
      this.#timeline = timeline;
      this.#revisions = [...revisions.results];
      this.#hasMore = revisions.next !== null;
      this.#meet(timeline.authors);
      this.#scrubber.draw(timeline, this.#authors, this.#gaps.done);
      this.#drawAuthors();
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

  /** Show the document as of `seq`. The answer to a question that was overtaken is dropped. */
  async #go(seq: number): Promise<void> {
    const wanted = Math.max(0, Math.min(seq, this.#timeline.seq));
    this.#asked += 1;
    const asked = this.#asked;
    this.#seq = wanted;
    this.#scrubber.stand(wanted, this.#momentWords());
    this.#gaps.stand(wanted);
    try {
      if (this.#mode === "document") {
        const content = await this.#api.content(wanted);
        if (asked !== this.#asked) return;
        this.#moment.show(content);
        this.#put(this.#moment.element);
      } else {
        const html = await this.#api.changes(this.#from(), wanted);
        if (asked !== this.#asked) return;
        this.#changes.show(html, this.#authors);
        this.#put(this.#changes.element);
      }
      this.#banner.hidden = true;
    } catch (error) {
      if (asked === this.#asked) this.#fail(error);
      return;
    }
    this.#told();
  }

  #put(view: HTMLElement): void {
    if (this.#sheet.firstChild !== view) this.#sheet.replaceChildren(view);
  }

  /** What the shown moment is compared with: the chosen revision, or the end of the one before. */
  #from(): number {
    if (this.#base) return this.#base.seq;
    const revision = revisionAt(this.#revisions, this.#seq);
    return Math.max(0, (revision?.first_seq ?? 1) - 1);
  }

  #told(): void {
    const revision = revisionAt(this.#revisions, this.#seq);
    history.replaceState(null, "", `#seq=${this.#seq}`);
    const words = this.#momentWords();
    this.#when.textContent = words;
    this.#who.textContent = revision?.authors.map((each) => each.name).join(", ") ?? "";
    const { document: doc } = this.#page;
    this.#menu.replaceChildren(
      h(
        "button",
        { type: "button", class: "menu-item", click: () => void this.#copy() },
        this.#t("copyIt"),
      ),
      ...(this.#page.mayErase && revision
        ? [
            h(
              "button",
              { type: "button", class: "menu-item", click: () => void this.#erase() },
              this.#t("eraseStretch"),
            ),
          ]
        : []),
      h("hr", { class: "menu-rule" }),
      h("p", { class: "menu-title" }, this.#t("export")),
      ...EXPORTS.map(([format, label]) => {
        const href = this.#api.contentUrl(this.#seq, format);
        const download = `${doc.title || "document"} ${this.#seq}${ENDINGS[format] ?? ""}`;
        return this.#downloads.link(href, this.#t(label), download);
      }),
      this.#downloads.link(this.#api.wholeUrl, this.#t("wholeHistory")),
    );
    this.#drawList();
    this.#say(words);
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
    const revision = revisionAt(this.#revisions, this.#seq);
    const time =
      revision && this.#seq === revision.seq ? revision.created_at : this.#timeOf(this.#seq);
    const shown = time
      ? new Intl.DateTimeFormat(this.#page.locale, {
          dateStyle: "medium",
          timeStyle: "short",
        }).format(new Date(time))
      : "";
    return revision?.name ? `${revision.name} · ${shown}` : shown;
  }

  /** The time of a record, between those of its bucket's ends: near enough to read. */
  #timeOf(seq: number): string | null {
    const bucket = this.#timeline.buckets.find((b) => b.seq_from <= seq && seq <= b.seq_to);
    if (!bucket) return null;
    const from = Date.parse(bucket.from);
    const span = Math.max(1, bucket.seq_to - bucket.seq_from);
    const part = (seq - bucket.seq_from) / span;
    return new Date(from + (Date.parse(bucket.to) - from) * part).toISOString();
  }

  // -- revisions -------------------------------------------------------------------------------

  async #select(revision: Revision): Promise<void> {
    this.#scrubber.pause();
    await this.#go(revision.seq);
  }

  #step(by: 1 | -1): void {
    this.#scrubber.pause();
    const shown = this.#filtered();
    const next =
      by === 1
        ? shown.filter((each) => each.seq > this.#seq).at(-1)
        : shown.find((each) => each.seq < this.#seq);
    if (next) void this.#go(next.seq);
    else if (by === -1 && this.#hasMore) void this.#more().then(() => this.#step(by));
  }

  async #more(): Promise<void> {
    const oldest = this.#revisions.at(-1);
    if (!oldest || !this.#hasMore) return;
    try {
      const page = await this.#api.revisions(oldest.number);
      this.#revisions.push(...page.results);
      this.#hasMore = page.next !== null && page.results.length > 0;
      this.#drawAuthors();
      this.#drawList();
    } catch (error) {
      this.#fail(error);
    }
  }

  #compareFrom(revision: Revision): void {
    this.#base = revision;
    const words = this.#t("comparedWith", {
      moment:
        revision.name ||
        new Intl.DateTimeFormat(this.#page.locale, {
          dateStyle: "medium",
          timeStyle: "short",
        }).format(new Date(revision.created_at)),
    });
    const end = this.#button("endComparison", "close", () => {
      this.#base = null;
      this.#chip.hidden = true;
      void this.#go(this.#seq);
    });
    this.#chip.replaceChildren(h("span", {}, words), end);
    this.#chip.hidden = false;
    this.#show("changes");
  }

  #filtered(): Revision[] {
    const author = Number(this.#author.value);
    if (!author) return this.#revisions;
    return this.#revisions.filter((each) => each.authors.some(({ id }) => id === author));
  }

  #drawList(): void {
    this.#list.draw(this.#filtered(), revisionAt(this.#revisions, this.#seq), this.#hasMore);
  }

  #meet(authors: readonly Author[]): void {
    for (const each of authors) this.#authors.set(each.id, each);
  }

  #drawAuthors(): void {
    const chosen = this.#author.value;
    const authors = authorsOf(this.#revisions);
    this.#meet(authors);
    this.#author.replaceChildren(
      h("option", { value: "" }, this.#t("everybody")),
      ...authors.map((each) => h("option", { value: String(each.id) }, each.name)),
    );
    this.#author.value = chosen;
  }

  // -- what can be done ------------------------------------------------------------------------

  /** Go to the end of the revision that is shown: only whole revisions are named and restored. */
  async #whole(): Promise<Revision | null> {
    this.#scrubber.pause();
    const revision = revisionAt(this.#revisions, this.#seq);
    if (revision && revision.seq !== this.#seq) await this.#go(revision.seq);
    return revision;
  }

  async #name(): Promise<void> {
    const t = this.#t;
    const revision = await this.#whole();
    if (!revision) return;
    const name = await ask(t, {
      title: t("nameRevision"),
      text: this.#momentWords(),
      act: t("apply"),
      field: { label: t("revisionName"), value: revision.name, maxLength: MAX_NAME_CHARS },
    });
    if (name !== null)
      await this.#try(async () => this.#replace(await this.#api.rename(revision.number, name)));
  }

  #replace(revision: Revision): void {
    this.#revisions = this.#revisions.map((each) =>
      each.number === revision.number ? revision : each,
    );
    this.#told();
  }

  async #restore(): Promise<void> {
    const t = this.#t;
    const revision = await this.#whole();
    if (!revision) return;
    const answer = await ask(t, {
      title: t("restoreTitle"),
      text: t("restoreText", { moment: this.#momentWords() }),
      act: t("restore"),
    });
    if (answer === null) return;
    await this.#try(async () => {
      await this.#api.restore(revision.number);
      location.assign(this.#page.documentUrl);
    });
  }

  /** Erase what was deleted since: of the comparison, or of the revision that is shown. */
  async #erase(): Promise<void> {
    const revision = await this.#whole();
    if (!revision) return;
    const first = this.#base ? Math.min(this.#base.seq + 1, revision.seq) : revision.first_seq;
    const moment = this.#momentWords();
    await this.#try(() => this.#gaps.askFor(first, revision.seq, moment));
  }

  async #copy(): Promise<void> {
    const revision = await this.#whole();
    if (!revision) return;
    await this.#try(async () => {
      const copy = await this.#api.copy(revision.number);
      location.assign(this.#page.documentUrl.replace(this.#page.document.id, copy.id));
    });
  }

  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const words = error instanceof ApiError ? error.detail : this.#t("historyFailed");
    this.#banner.replaceChildren(h("p", {}, words));
    this.#banner.hidden = false;
    if (!(error instanceof ApiError || error instanceof TypeError)) throw error;
  }

  // -- the frame -------------------------------------------------------------------------------

  #show(mode: "document" | "changes"): void {
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

  #header(): HTMLElement {
    const t = this.#t;
    const { document: doc, documentUrl } = this.#page;
    return h(
      "header",
      { class: "site-header editor-header" },
      h(
        "a",
        {
          class: "icon-button",
          href: documentUrl,
          "aria-label": t("toDocument"),
          title: t("toDocument"),
        },
        icon("back"),
      ),
      h(
        "h1",
        { class: "history-title" },
        h("span", {}, doc.title || t("untitled")),
        h("span", { class: "muted" }, t("history")),
      ),
      h("div", { class: "spacer" }),
      h(
        "button",
        {
          type: "button",
          class: "icon-button narrow-only",
          "aria-label": t("revisions"),
          title: t("revisions"),
          "aria-expanded": "false",
          click: (event) => {
            const isOpen = this.#aside.classList.toggle("open");
            (event.currentTarget as HTMLElement).setAttribute("aria-expanded", String(isOpen));
          },
        },
        icon("history"),
      ),
      h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "data-theme-toggle": true,
          "aria-pressed": String(document.documentElement.dataset.themeNow === "dark"),
          "aria-label": t("theme"),
          title: t("theme"),
        },
        icon("moon", "theme-moon"),
        icon("sun", "theme-sun"),
      ),
    );
  }

  #bar(): HTMLElement {
    const t = this.#t;
    const { mayWrite } = this.#page;
    const act = (label: Key, run: () => Promise<void>, style = "button") =>
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
      mayWrite && act("nameIt", () => this.#name(), "button quiet"),
      h(
        "details",
        { class: "menu" },
        h(
          "summary",
          { class: "icon-button", "aria-label": t("more"), title: t("more") },
          icon("more"),
        ),
        this.#menu,
      ),
      mayWrite && act("restore", () => this.#restore(), "button primary"),
    );
  }

  #modeButton(mode: "document" | "changes", label: Key): HTMLButtonElement {
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

  #button(
    label: Key,
    name: "up" | "down" | "close",
    click: () => void,
    keys?: string,
  ): HTMLButtonElement {
    const words = this.#t(label);
    const title = keys ? `${words} (${keys.replace("Arrow", "")})` : words;
    const button = h(
      "button",
      { type: "button", class: "icon-button", "aria-label": words, title, click },
      icon(name),
    );
    if (keys) button.setAttribute("aria-keyshortcuts", keys);
    return button;
  }
}
