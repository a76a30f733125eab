// What other Yjs programs keep in the document beside its text: that there is some is said in a bar, and a dialog
// shows it. It is never written. See docs/adr/0069-other-roots-are-shown-as-blocks.md.
import type * as Y from "yjs";
import { call, RestError, type RestPage } from "../api/rest";
import type { Key, Translate } from "../i18n";
import { BODY } from "./body";
import { h } from "./dom";

/** Where a page notes the version of the schema: SCHEMA_ROOT and SCHEMA_KEYS of collab/crdt/roots.py. */
const SCHEMA = "schema";
/** How long after a change it is looked whether there is other content. */
const LOOK_AFTER_MS = 500;

interface Root {
  readonly name: string;
  readonly type: "text" | "list" | "map" | "xml";
  readonly size: number;
  readonly excerpt: string;
  /** Null: the person may not see who wrote what. */
  readonly authors: readonly { readonly name: string }[] | null;
}

interface Block {
  readonly content?: readonly { readonly text?: string }[];
}

interface Page extends RestPage {
  readonly document: { readonly id: string };
}

/** Return how many roots of `doc` hold something beside its text. */
export function countRoots(doc: Y.Doc): number {
  let count = 0;
  for (const [name, type] of doc.share) if (name !== BODY && holds(name, type)) count += 1;
  return count;
}

function holds(name: string, type: Pick<Y.XmlFragment, "_start" | "_map">): boolean {
  for (let item = type._start; item; item = item.right) if (!item.deleted) return true;
  for (const [key, item] of type._map) {
    if (!item.deleted && !(name === SCHEMA && key === "version")) return true;
  }
  return false;
}

/** A bar that is there while the document has other content. */
export class OtherRoots {
  readonly element = h("div", { class: "banner calm", role: "status", hidden: true });
  readonly #page: Page;
  readonly #doc: Y.Doc;
  readonly #t: Translate;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #shown = 0;

  constructor(page: Page, doc: Y.Doc, t: Translate) {
    this.#page = page;
    this.#doc = doc;
    this.#t = t;
    // Nearly no document has another root.
    doc.on("afterTransaction", () => {
      if (doc.share.size > 1 || this.#shown > 0)
        this.#timer ??= setTimeout(() => this.#look(), LOOK_AFTER_MS);
    });
    this.#look();
  }

  #look(): void {
    this.#timer = undefined;
    const count = countRoots(this.#doc);
    if (count === this.#shown) return;
    this.#shown = count;
    this.element.hidden = count === 0;
    const t = this.#t;
    const button = (words: string, click: () => void) =>
      h("button", { type: "button", class: "button", click }, words);
    this.element.replaceChildren(
      h("p", {}, count === 1 ? t("otherContentOne") : t("otherContent", { count })),
      button(t("show"), () => void this.#show()),
      button(t("understood"), () => {
        this.element.hidden = true;
      }),
    );
  }

  async #show(): Promise<void> {
    const t = this.#t;
    const list = h("div", { class: "other-roots" }, h("p", { class: "muted" }, t("opening")));
    const dialog = h(
      "dialog",
      {
        class: "dialog wide",
        "aria-labelledby": "other-roots-title",
        close: () => dialog.remove(),
      },
      h("div", { class: "dialog-head" }, h("h2", { id: "other-roots-title" }, t("otherTitle"))),
      h("p", {}, t("otherText")),
      list,
      h(
        "form",
        { method: "dialog", class: "dialog-foot" },
        h("button", { class: "button primary" }, t("close")),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
    try {
      const path = `/documents/${this.#page.document.id}/roots`;
      const { roots } = await call<{ roots: readonly Root[] }>(this.#page, "GET", path);
      list.replaceChildren(...roots.map((root, at) => this.#rootElement(root, at - roots.length)));
      if (roots.length === 0) list.replaceChildren(h("p", { class: "muted" }, t("otherNone")));
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      list.replaceChildren(h("p", { class: "errorlist" }, error.message || t("actFailed")));
    }
  }

  /** @param fromEnd Which of all roots it is: -1 is the last. */
  #rootElement(root: Root, fromEnd: number): HTMLElement {
    const t = this.#t;
    const sizes = { text: "rootText", list: "rootList", map: "rootMap", xml: "rootXml" } as const;
    const size: Key = sizes[root.type];
    const text = h("pre", { tabindex: "0", "aria-label": root.name, dir: "auto" }, root.excerpt);
    const names = root.authors?.map(({ name }) => name).join(", ");
    const all = h(
      "button",
      {
        type: "button",
        class: "button quiet",
        click: () => void this.#showAll(root, fromEnd, text, all),
      },
      t("showAll"),
    );
    return h(
      "section",
      {},
      h("h3", { dir: "auto" }, root.name),
      h(
        "p",
        { class: "muted" },
        t(size, { n: root.size }) + (names ? ` · ${t("writtenBy", { names })}` : ""),
      ),
      text,
      root.excerpt.endsWith("…") && all,
    );
  }

  /** The content has, behind the document's text, a heading and a block of code for each root. */
  async #showAll(root: Root, fromEnd: number, text: HTMLElement, all: HTMLElement): Promise<void> {
    const path = `/documents/${this.#page.document.id}/content?format=json`;
    try {
      const { content } = await call<{ content: readonly Block[] }>(this.#page, "GET", path);
      const words = (block?: Block) => block?.content?.map((each) => each.text ?? "").join("");
      // Somebody may have taken a root away or put one in since: then the beginning stays.
      if (words(content.at(2 * fromEnd)) !== root.name) return;
      text.textContent = words(content.at(2 * fromEnd + 1)) ?? root.excerpt;
      all.remove();
      text.focus();
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      all.after(h("p", { class: "errorlist" }, error.message || this.#t("actFailed")));
    }
  }
}
