// What changed between two moments: the server's HTML with <ins> and <del>, in the colours of their authors,
// with a way from one change to the next.
import type { Key, Translate } from "../i18n";
import { h } from "../ui/dom";
import type { Author } from "./api";

/** Of a change, as much is said aloud. */
const MAX_SAID_CHARS = 200;
const CHANGE = 'ins, del, [data-op="format"]';

/** Put the server's HTML into `element`: parsed apart, nothing in it runs or loads before it stands there. */
export function fill(element: HTMLElement, html: string): void {
  element.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.children);
}

/** Give each change in `element` its author's colour, and say whose it is; return the changes. */
export function sign(
  element: HTMLElement,
  authors: ReadonlyMap<number, Author>,
  t: Translate,
): HTMLElement[] {
  for (const signed of element.querySelectorAll<HTMLElement>("[data-author]")) {
    const author = authors.get(Number(signed.dataset.author));
    if (author) signed.style.setProperty("--author", author.color);
  }
  const changes = [...element.querySelectorAll<HTMLElement>(CHANGE)];
  for (const change of changes) {
    const author = authors.get(Number(change.dataset.author));
    const verb: Key =
      change.tagName === "INS"
        ? "insertedBy"
        : change.tagName === "DEL"
          ? "deletedBy"
          : "changedBy";
    change.title = t(verb, { name: author?.name ?? t("someone") });
  }
  return changes;
}

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
    fill(this.element, html);
    const changes = sign(this.element, authors, this.#t);
    this.#at = -1;
    if (changes.length === 0) {
      this.element.append(h("p", { class: "muted empty" }, this.#t("noChanges")));
    }
    return changes.length;
  }

  /** Go to the next change, or the one before; round at the ends. Return what it is, in words. */
  go(by: 1 | -1): string {
    const changes = this.#changes();
    if (changes.length === 0) return this.#t("noChanges");
    this.#at = (this.#at + by + changes.length) % changes.length;
    for (const [number, change] of changes.entries()) {
      change.classList.toggle("current", number === this.#at);
    }
    const change = changes[this.#at];
    change?.scrollIntoView({ block: "center" });
    return this.#t("changeOf", {
      n: this.#at + 1,
      total: changes.length,
      what: change?.title ?? "",
      text: (change?.textContent ?? "").slice(0, MAX_SAID_CHARS),
    });
  }

  #changes(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>(CHANGE)];
  }
}
