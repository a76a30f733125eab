// The title: a text box that renames the document over REST, and follows the renaming of others. A document without a
// name takes one from its first heading (headingTitle.ts).
import { call } from "../api/rest";
import type { Bootstrap } from "../bootstrap";
import type { Translate } from "../i18n";
import { h } from "./dom";

const MAX_TITLE_CHARS = 255;

export class Title {
  readonly element: HTMLInputElement;
  readonly #page: Bootstrap;
  readonly #t: Translate;
  readonly #fail: (message: string) => void;
  #title: string;
  /** The title that this page took from a heading; null: none. */
  #taken: string | null = null;

  constructor(page: Bootstrap, t: Translate, fail: (message: string) => void) {
    this.#page = page;
    this.#t = t;
    this.#fail = fail;
    this.#title = page.document.title;
    this.element = h("input", {
      class: "title-input",
      "aria-label": t("title"),
      maxlength: String(MAX_TITLE_CHARS),
      placeholder: t("untitled"),
      autocomplete: "off",
      spellcheck: "false",
      change: () => void this.#save(this.element.value.trim(), true),
      keydown: (event) => {
        const { key, isComposing } = event as KeyboardEvent;
        if (isComposing) return;
        if (key === "Escape") this.element.value = this.#title;
        if (key === "Enter" || key === "Escape") this.element.blur();
      },
    });
    this.show(this.#title);
  }

  /** Whether somebody gave it its name, and not its heading. */
  get isNamed(): boolean {
    return this.#title !== "" && this.#title !== this.#taken;
  }

  /** Take `title` for as long as nobody has given another. */
  suggest(title: string): void {
    const cut = [...title].slice(0, MAX_TITLE_CHARS).join("").trim();
    const isWriting = document.activeElement === this.element;
    if (this.isNamed || this.element.readOnly || isWriting || !cut) return;
    void this.#save(cut, false);
  }

  /** Take the title that the document has now; what somebody is typing here stays. */
  show(title: string): void {
    this.#title = title;
    if (document.activeElement !== this.element) this.element.value = title;
    this.element.dataset.tip = title || this.#t("title");
    document.title = `${title || this.#t("untitled")} · Scriptorium`;
  }

  allow(isEditable: boolean): void {
    this.element.readOnly = !isEditable;
  }

  async #save(title: string, isName: boolean): Promise<void> {
    if (title === this.#title) return;
    const before = this.#taken;
    this.#taken = isName ? null : title;
    try {
      await call(this.#page, "PATCH", `/documents/${this.#page.document.id}`, { title });
      this.show(title);
    } catch {
      this.#taken = before;
      if (!isName) return; // it is tried again with the next letter
      this.element.value = this.#title;
      this.#fail(this.#t("renameFailed"));
    }
  }
}
