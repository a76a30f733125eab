// The menu of the shown moment: what can be made of it, and its files.
import type { Key, Translate } from "../i18n";
import { h } from "../ui/dom";
import type { Downloads } from "../ui/downloads";
import { icon } from "../ui/icons";
import type { HistoryApi } from "./api";

/** Name of the format, its words, the ending of its files. */
const EXPORTS: readonly (readonly [string, Key, string])[] = [
  ["markdown", "exportMarkdown", ".md"],
  ["html", "exportHtml", ".html"],
  ["text", "exportText", ".txt"],
  ["json", "exportJson", ".json"],
  ["yjs", "exportYjs", ".yjs"],
];

export interface MenuEvents {
  copied(): void;
  erased(): void;
}

export class MomentMenu {
  readonly element: HTMLDetailsElement;
  readonly #api: HistoryApi;
  readonly #t: Translate;
  readonly #downloads: Downloads;
  readonly #title: string;
  readonly #events: MenuEvents;
  readonly #panel = h("div", { class: "menu-panel" });
  #seq = 0;
  #mayErase = false;

  /** `title` is the document's: files are named after it. */
  constructor(
    api: HistoryApi,
    t: Translate,
    downloads: Downloads,
    title: string,
    events: MenuEvents,
  ) {
    this.#api = api;
    this.#t = t;
    this.#downloads = downloads;
    this.#title = title;
    this.#events = events;
    const words = t("more");
    this.element = h(
      "details",
      { class: "menu" },
      h(
        "summary",
        // The panel is made when it is opened: moments pass by faster than anybody opens it.
        { class: "icon-button", "aria-label": words, title: words, click: () => this.#draw() },
        icon("more"),
      ),
      this.#panel,
    );
  }

  /** Stand at a moment; `mayErase`: its revision can be erased. */
  stand(seq: number, mayErase: boolean): void {
    this.#seq = seq;
    this.#mayErase = mayErase;
    if (this.element.open) this.#draw();
  }

  #draw(): void {
    const { copied, erased } = this.#events;
    this.#panel.replaceChildren(
      this.#act("copyIt", copied),
      ...(this.#mayErase ? [this.#act("eraseStretch", erased)] : []),
      h("hr", { class: "menu-rule" }),
      h("p", { class: "menu-title" }, this.#t("export")),
      ...EXPORTS.map(([format, label, ending]) => {
        const name = `${this.#title || "document"} ${this.#seq}${ending}`;
        return this.#downloads.link(this.#api.contentUrl(this.#seq, format), this.#t(label), name);
      }),
      this.#downloads.link(this.#api.wholeUrl, this.#t("wholeHistory")),
    );
  }

  #act(label: Key, click: () => void): HTMLElement {
    return h("button", { type: "button", class: "menu-item", click }, this.#t(label));
  }
}
