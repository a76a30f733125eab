// The title: a text box that renames the document over REST, and follows the renaming of others.
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
      change: () => void this.#save(),
      keydown: (event) => {
        const { key, isComposing } = event as KeyboardEvent;
        if (isComposing) return;
        if (key === "Escape") this.element.value = this.#title;
        if (key === "Enter" || key === "Escape") this.element.blur();
      },
    });
    this.show(this.#title);
  }

  /** Take the title that the document has now; what somebody is typing here stays. */
  show(title: string): void {
    this.#title = title;
    if (document.activeElement !== this.element) this.element.value = title;
    document.title = `${title || this.#t("untitled")} · Scriptorium`;
  }

  allow(isEditable: boolean): void {
    this.element.readOnly = !isEditable;
  }

  async #save(): Promise<void> {
    const title = this.element.value.trim();
    if (title === this.#title) return;
    try {
      const { apiUrl, csrfToken, document: doc } = this.#page;
      const answer = await fetch(`${apiUrl}/documents/${doc.id}`, {
        method: "PATCH",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken },
        body: JSON.stringify({ title }),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      this.show(title);
    } catch {
      this.element.value = this.#title;
      this.#fail(this.#t("renameFailed"));
    }
  }
}
