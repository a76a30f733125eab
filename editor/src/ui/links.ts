// Links in a text that is written: a card at the link (open, copy, edit, remove), and the clicks that browsers know.
import { type Editor, Extension, getMarkRange } from "@tiptap/core";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import type { Key, Translate } from "../i18n";
import { isSafeLink } from "../schema/extensions";
import { h, placeBy } from "./dom";
import { type IconName, icon } from "./icons";
import { promptLink } from "./prompt";

const SHOW_AFTER_MS = 250;
const HIDE_AFTER_MS = 300;
const SAID_MS = 1500;
const MAX_SHOWN_CHARS = 48;

function linkOf(target: EventTarget | null): HTMLAnchorElement | null {
  const link = target instanceof Element ? target.closest("a[href]") : null;
  return link instanceof HTMLAnchorElement ? link : null;
}

/** Open a link of the text in another tab, which learns nothing of this one. */
function open(link: HTMLAnchorElement): void {
  const href = link.getAttribute("href") ?? "";
  if (isSafeLink(href)) window.open(href, "_blank", "noopener,noreferrer");
}

/** The card; one for the editor, shown for one link at a time. */
class Card {
  readonly #editor: Editor;
  readonly #t: Translate;
  readonly #element: HTMLElement;
  readonly #address = h("a", {
    class: "link-address",
    target: "_blank",
    rel: "noopener noreferrer",
  });
  readonly #copy: HTMLButtonElement;
  readonly #forWriters: readonly HTMLElement[];
  #link: HTMLAnchorElement | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(editor: Editor, t: Translate) {
    this.#editor = editor;
    this.#t = t;
    this.#copy = this.#button("copyLink", "copyLink", () => void this.#copied());
    const edit = this.#button("editLink", "editLink", () =>
      this.#act(() => void promptLink(editor, t)),
    );
    const remove = this.#button("removeLink", "removeLink", () =>
      this.#act(() => editor.chain().focus().extendMarkRange("link").unsetLink().run()),
    );
    this.#forWriters = [edit, remove];
    this.#element = h(
      "div",
      {
        class: "link-card",
        role: "group",
        "aria-label": t("link"),
        hidden: true,
        // Pressing a button must not take the selection away from the text.
        mousedown: (event) => event.preventDefault(),
        mouseenter: () => clearTimeout(this.#timer),
        mouseleave: () => this.#later(null),
        keydown: (event) => {
          if ((event as KeyboardEvent).key !== "Escape") return;
          this.hide();
          editor.view.focus();
        },
      },
      this.#address,
      this.#copy,
      edit,
      remove,
    );
    document.body.append(this.#element);
    addEventListener("scroll", this.#place, { capture: true, passive: true });
  }

  /** The pointer is on `link`; null: on none. */
  pointed(link: HTMLAnchorElement | null): void {
    if (link !== this.#link || this.#timer !== undefined) this.#later(link);
  }

  /** The caret has gone into `link`; null: into none. */
  entered(link: HTMLAnchorElement | null): void {
    if (link) this.#show(link);
    else this.#later(null);
  }

  hide(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#link = null;
    this.#element.hidden = true;
  }

  destroy(): void {
    this.hide();
    removeEventListener("scroll", this.#place, { capture: true });
    this.#element.remove();
  }

  #later(link: HTMLAnchorElement | null): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        if (link?.isConnected) this.#show(link);
        else if (!this.#element.contains(document.activeElement)) this.hide();
      },
      link ? SHOW_AFTER_MS : HIDE_AFTER_MS,
    );
  }

  #show(link: HTMLAnchorElement): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const href = link.getAttribute("href") ?? "";
    if (!isSafeLink(href)) return;
    this.#link = link;
    this.#address.href = href;
    this.#address.title = `${this.#t("openLink")}: ${link.href}`;
    const shown = href.replace(/^https?:\/\/(www\.)?/, "");
    this.#address.textContent =
      shown.length > MAX_SHOWN_CHARS ? `${shown.slice(0, MAX_SHOWN_CHARS - 1)}…` : shown;
    for (const button of this.#forWriters) button.hidden = !this.#editor.isEditable;
    this.#element.hidden = false;
    this.#place();
  }

  readonly #place = (): void => {
    if (!this.#link) return;
    if (this.#link.isConnected) placeBy(this.#element, this.#link.getBoundingClientRect());
    else this.hide();
  };

  #button(name: Key, picture: IconName, click: () => void): HTMLButtonElement {
    const label = this.#t(name);
    return h(
      "button",
      { type: "button", class: "icon-button", "aria-label": label, title: label, click },
      icon(picture),
    );
  }

  /** Do something with the link that is shown: the selection goes there first. */
  #act(what: () => void): void {
    const link = this.#link;
    this.hide();
    if (!link?.isConnected) return;
    const at = this.#editor.view.posAtDOM(link, 0);
    const type = this.#editor.schema.marks.link;
    const range = type && getMarkRange(this.#editor.state.doc.resolve(at), type);
    if (!range) return;
    this.#editor.commands.setTextSelection(range);
    what();
  }

  async #copied(): Promise<void> {
    const { href } = this.#address;
    const label = this.#t("copyLink");
    try {
      await navigator.clipboard.writeText(href);
      this.#copy.title = this.#t("copied");
    } catch {
      this.#copy.title = this.#t("copyFailed");
    }
    this.#copy.setAttribute("aria-label", this.#copy.title);
    this.#copy.replaceChildren(icon(this.#copy.title === this.#t("copied") ? "check" : "link"));
    setTimeout(() => {
      this.#copy.title = label;
      this.#copy.setAttribute("aria-label", label);
      this.#copy.replaceChildren(icon("copyLink"));
    }, SAID_MS);
  }
}

/** Return the link at the caret, where nothing is selected. */
function linkAtCaret(view: EditorView): HTMLAnchorElement | null {
  const { selection } = view.state;
  if (!selection.empty) return null;
  const { node } = view.domAtPos(selection.from);
  return linkOf(node instanceof Element ? node : node.parentElement);
}

/** Return the extension that shows the card and opens links. */
export function links(t: Translate): Extension {
  return Extension.create({
    name: "linkCard",
    addKeyboardShortcuts() {
      return {
        "Alt-Enter": () => {
          const link = linkAtCaret(this.editor.view);
          if (link) open(link);
          return link !== null;
        },
      };
    },
    addProseMirrorPlugins() {
      const editor = this.editor as Editor;
      const card = new Card(editor, t);
      return [
        new Plugin({
          key: new PluginKey("linkCard"),
          props: {
            handleClickOn: (_view, _pos, _node, _at, event) =>
              // ProseMirror selects the whole block by such a click, and the next letter replaces it.
              event.ctrlKey || event.metaKey,
            handleDOMEvents: {
              mouseover: (_view, event) => {
                card.pointed(linkOf(event.target));
                return false;
              },
              mouseleave: () => {
                card.pointed(null);
                return false;
              },
              click: (view, event) => {
                const link = linkOf(event.target);
                const isOpening = event.ctrlKey || event.metaKey || !view.editable;
                if (!link || !isOpening) return false;
                event.preventDefault();
                open(link);
                return true;
              },
              auxclick: (_view, event) => {
                const link = linkOf(event.target);
                if (!link || event.button !== 1) return false;
                event.preventDefault();
                open(link);
                return true;
              },
            },
          },
          view: () => ({
            update: (view, before) => {
              if (view.state.selection.eq(before.selection)) return;
              card.entered(view.hasFocus() ? linkAtCaret(view) : null);
            },
            destroy: () => card.destroy(),
          }),
        }),
      ];
    },
  });
}
