// What changed between two moments: the server's HTML with <ins> and <del>, in the colours of their authors,
// with a way from one change to the next.
import type { Key, Translate } from "../i18n";
import { h } from "../ui/dom";
import type { Author } from "./api";

const CHANGE = 'ins, del, [data-op="format"]';

export class ChangesView {
  readonly element = h("div", { class: "text changes", tabindex: "0", role: "document" });
  readonly #t: Translate;
  #at = -1;

  constructor(t: Translate) {
    this.#t = t;
    this.element.setAttribute("aria-label", t("changes"));
  }

  /** Show the server's HTML; return how many changes it has. */
  show(html: string, authors: ReadonlyMap<number, Author>): number {
    // Parsed apart: nothing in it runs or loads before it stands in the page, and the server made it safe.
    const parsed = new DOMParser().parseFromString(html, "text/html");
    this.element.replaceChildren(...parsed.body.children);
    for (const signed of this.element.querySelectorAll<HTMLElement>("[data-author]")) {
      const author = authors.get(Number(signed.dataset.author));
      if (author) signed.style.setProperty("--author", author.color);
    }
    const changes = this.#changes();
    for (const change of changes) this.#say(change, authors);
    this.#at = -1;
    if (changes.length === 0) {
      this.element.append(h("p", { class: "muted empty" }, this.#t("noChanges")));
    }
    return changes.length;
  }

  /** Go to the next change, or the one before; round at the ends. */
  go(by: 1 | -1): void {
    const changes = this.#changes();
    if (changes.length === 0) return;
    this.#at = (this.#at + by + changes.length) % changes.length;
    for (const [number, change] of changes.entries()) {
      change.classList.toggle("current", number === this.#at);
    }
    changes[this.#at]?.scrollIntoView({ block: "center" });
  }

  #changes(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>(CHANGE)];
  }

  #say(change: HTMLElement, authors: ReadonlyMap<number, Author>): void {
    const author = authors.get(Number(change.dataset.author));
    const verb: Key =
      change.tagName === "INS"
        ? "insertedBy"
        : change.tagName === "DEL"
          ? "deletedBy"
          : "changedBy";
    change.title = this.#t(verb, { name: author?.name ?? this.#t("someone") });
  }
}
