// The revisions that the page has read, beside the document: the list, whose they are, older ones on demand.
import type { Translate } from "../i18n";
import { h } from "../ui/dom";
import type { Author, HistoryApi, Revision } from "./api";
import { type ListEvents, RevisionList } from "./list";
import { authorsOf, revisionAt } from "./moments";
import type { Times } from "./times";

export interface RevisionEvents extends Omit<ListEvents, "more"> {
  /** Authors that were not known before may be among those of what was read. */
  read(authors: readonly Author[]): void;
  /** The list shows something else now; `words` say what. */
  filtered(words: string): void;
  failed(error: unknown): void;
}

export class Revisions {
  readonly element: HTMLElement;
  readonly #api: HistoryApi;
  readonly #t: Translate;
  readonly #events: RevisionEvents;
  readonly #list: RevisionList;
  readonly #author: HTMLSelectElement;
  #all: Revision[] = [];
  /** One that is too old to be among them, but was asked for. */
  #apart: Revision | null = null;
  #hasMore = false;
  #seq = 0;

  /** `gap` says what was erased of a revision. */
  constructor(
    api: HistoryApi,
    t: Translate,
    times: Times,
    events: RevisionEvents,
    gap: (revision: Revision) => string | null,
  ) {
    this.#api = api;
    this.#t = t;
    this.#events = events;
    this.#list = new RevisionList(t, times, { ...events, more: () => void this.more() }, gap);
    this.#author = h("select", {
      class: "input",
      "aria-label": t("filterByAuthor"),
      change: () => {
        this.#draw();
        events.filtered(t("revisionsShown", { n: this.#filtered().length }));
      },
    });
    this.element = h(
      "aside",
      { class: "history-aside", "aria-label": t("revisions") },
      h("div", { class: "history-aside-head" }, h("h2", {}, t("revisions")), this.#author),
      this.#list.element,
    );
  }

  /** Read the newest ones; `draw` shows them. */
  async load(): Promise<void> {
    const page = await this.#api.revisions();
    this.#all = [...page.results];
    this.#hasMore = page.next !== null;
  }

  /** Show what was read. */
  draw(): void {
    this.#drawAuthors();
    this.#draw();
  }

  /** Mark the revision that `seq` falls in, and return it; null where it has not been read. */
  stand(seq: number): Revision | null {
    this.#seq = seq;
    const current = this.at(seq);
    this.#list.mark(current);
    return current;
  }

  /** Return the revision that `seq` falls in; null where it has not been read. */
  at(seq: number): Revision | null {
    return revisionAt(this.#apart ? [...this.#all, this.#apart] : this.#all, seq);
  }

  /** Return the revision that `seq` falls in, however old it is. */
  async find(seq: number): Promise<Revision | null> {
    const found = this.at(seq) ?? (this.#hasMore ? await this.#api.revisionAt(seq) : null);
    if (found && !this.#all.includes(found)) this.#apart = found;
    return found;
  }

  /** Whether those that were read reach back to `seq`. */
  reachTo(seq: number): boolean {
    return !this.#hasMore || (this.#all.at(-1)?.first_seq ?? 0) <= seq;
  }

  /** Return the one in the list that ends next after `seq` (1), or before it (-1). */
  beside(seq: number, by: 1 | -1): Revision | undefined {
    const shown = this.#filtered();
    return by === 1
      ? shown.filter((each) => each.seq > seq).at(-1)
      : shown.find((each) => each.seq < seq);
  }

  /** Put a revision in the place of the one that has its number. */
  replace(revision: Revision): void {
    this.#all = this.#all.map((each) => (each.number === revision.number ? revision : each));
    if (this.#apart?.number === revision.number) this.#apart = revision;
    this.#draw();
  }

  /** Read some older ones; return whether there were any. */
  async more(): Promise<boolean> {
    const oldest = this.#all.at(-1);
    if (!oldest || !this.#hasMore) return false;
    try {
      const page = await this.#api.revisions(oldest.number);
      this.#all.push(...page.results);
      this.#hasMore = page.next !== null && page.results.length > 0;
      this.draw();
      return page.results.length > 0;
    } catch (error) {
      this.#events.failed(error);
      return false;
    }
  }

  #filtered(): Revision[] {
    const author = Number(this.#author.value);
    if (!author) return this.#all;
    return this.#all.filter((each) => each.authors.some(({ id }) => id === author));
  }

  #draw(): void {
    this.#list.draw(this.#filtered(), this.at(this.#seq), this.#hasMore);
  }

  #drawAuthors(): void {
    const chosen = this.#author.value;
    const authors = authorsOf(this.#all);
    this.#events.read(authors);
    this.#author.replaceChildren(
      h("option", { value: "" }, this.#t("everybody")),
      ...authors.map((each) => h("option", { value: String(each.id) }, each.name)),
    );
    this.#author.value = chosen;
  }
}
