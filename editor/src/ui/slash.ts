// The menu that "/" opens: a listbox that the text box owns while it is open.
import { type Editor, Extension } from "@tiptap/core";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import Suggestion, {
  findSuggestionMatch,
  type SuggestionMatch,
  type SuggestionProps,
  type Trigger,
} from "@tiptap/suggestion";
import type { Translate } from "../i18n";
import { type Action, BLOCKS, INSERTS } from "./actions";
import { h, placeBy } from "./dom";
import { icon } from "./icons";
import { askingActions } from "./tools";

/** Return the actions whose name or other words contain `query`; those that begin with it first. */
export function search(actions: readonly Action[], query: string, t: Translate): Action[] {
  const wanted = query.trim().toLowerCase();
  const rank = (action: Action) => {
    const words = `${t(action.name)} ${action.name} ${action.words ?? ""}`.toLowerCase();
    if (words.startsWith(wanted)) return 0;
    if (words.split(/\s+/).some((word) => word.startsWith(wanted))) return 1;
    return words.includes(wanted) ? 2 : 3;
  };
  return actions
    .map((action) => ({ action, rank: rank(action) }))
    .filter((found) => found.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map((found) => found.action);
}

/**
 * The open menu. It looks for itself what the query finds: Tiptap's `items` are there a promise later, and
 * an Enter that comes before would find none, and begin a line.
 */
class Menu {
  readonly #element: HTMLElement;
  readonly #actions: readonly Action[];
  readonly #t: Translate;
  #props: SuggestionProps<Action>;
  #found: Action[];
  #at = 0;

  constructor(props: SuggestionProps<Action>, actions: readonly Action[], t: Translate) {
    this.#actions = actions;
    this.#t = t;
    this.#props = props;
    this.#found = this.#search();
    this.#element = h("div", {
      class: "slash-menu",
      id: "slash-menu",
      role: "listbox",
      "aria-label": t("slashMenu"),
      mousedown: (event) => event.preventDefault(),
    });
    document.body.append(this.#element);
    // The page may scroll under it; the menu's own list does not count.
    addEventListener("scroll", this.#place, { capture: true, passive: true });
    addEventListener("resize", this.#place);
    this.#draw();
  }

  /** What the query finds and can be done here: no table in a table. */
  #search(): Action[] {
    const editor = this.#props.editor as Editor;
    return search(this.#actions, this.#props.query, this.#t).filter(
      (action) => action.isPossible?.(editor) ?? true,
    );
  }

  readonly #place = (): void => {
    const rect = this.#props.clientRect?.();
    if (rect) placeBy(this.#element, rect);
  };

  update(props: SuggestionProps<Action>): void {
    const isNew = props.query !== this.#props.query;
    this.#props = props;
    if (isNew) {
      this.#found = this.#search();
      this.#at = 0;
    }
    this.#draw();
  }

  keyed(event: KeyboardEvent): boolean {
    const count = this.#found.length;
    if (event.isComposing || count === 0) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.#at = (this.#at + step + count) % count;
      this.#draw();
      return true;
    }
    const chosen = this.#found[this.#at];
    if ((event.key === "Enter" || event.key === "Tab") && chosen) {
      this.#props.command(chosen);
      return true;
    }
    return false;
  }

  close(): void {
    removeEventListener("scroll", this.#place, { capture: true });
    removeEventListener("resize", this.#place);
    this.#element.remove();
    const box = this.#props.editor.view.dom;
    for (const name of ["aria-controls", "aria-activedescendant"]) box.removeAttribute(name);
  }

  #draw(): void {
    const { command, editor } = this.#props;
    const options = this.#found.map((action, place) =>
      h(
        "div",
        {
          class: "slash-item",
          role: "option",
          id: `slash-${action.name}`,
          "aria-selected": String(place === this.#at),
          click: () => command(action),
        },
        icon(action.name),
        this.#t(action.name),
      ),
    );
    const nothing = h("div", { class: "slash-nothing", role: "option", "aria-disabled": "true" });
    nothing.textContent = this.#t("nothingFound");
    this.#element.replaceChildren(...(options.length ? options : [nothing]));
    options[this.#at]?.scrollIntoView({ block: "nearest" });
    editor.view.dom.setAttribute("aria-controls", "slash-menu");
    const active = this.#found[this.#at];
    if (active) editor.view.dom.setAttribute("aria-activedescendant", `slash-${active.name}`);
    else editor.view.dom.removeAttribute("aria-activedescendant");
    this.#place();
  }
}

/**
 * Makes what is typed known before the next key, though the browser handles both in one task.
 *
 * ProseMirror learns of typed text by a mutation observer, whose turn comes when a listener returns. Where
 * none hears of an input (a phone's keyboard or an input method puts words in without keys), an Enter right
 * behind it would find the state of before: no menu.
 */
const promptText = new Plugin({ props: { handleDOMEvents: { input: () => false } } });

/** What opens the menu; the keys of Chinese layouts have the other two. */
const OPENERS = ["/", "、", "／"] as const;

/** Find the menu's words before the caret, whichever sign opened them. */
export function findMatch(config: Trigger): SuggestionMatch {
  const found = OPENERS.map((char) => findSuggestionMatch({ ...config, char })).filter(Boolean);
  return found.reduce(
    (one, other) => ((other?.range.from ?? 0) > (one?.range.from ?? 0) ? other : one),
    null,
  );
}

/** Whether the menu stays for `query`: until a space, whatever it finds; behind one, while it finds something. */
export function isStillWanted(actions: readonly Action[], query: string, t: Translate): boolean {
  return !/\s/.test(query) || (!/^\s/.test(query) && search(actions, query, t).length > 0);
}

/** Return the extension that opens the menu. */
export function slashMenu(t: Translate, files: readonly Action[]): Extension {
  const { math, mathBlock, footnote } = askingActions(t);
  const actions = [...BLOCKS, ...INSERTS, footnote, math, mathBlock, ...files];
  return Extension.create({
    name: "slashMenu",
    addProseMirrorPlugins() {
      return [
        promptText,
        Suggestion<Action>({
          editor: this.editor,
          pluginKey: new PluginKey("slashMenu"),
          char: "/",
          allowSpaces: true,
          findSuggestionMatch: findMatch,
          allow: ({ state, range }) =>
            state.selection.$from.parent.type.name !== "codeBlock" &&
            // A space may be of a name; where nothing has such a name, the words are words.
            isStillWanted(actions, state.doc.textBetween(range.from, range.to).slice(1), t),
          command: ({ editor, range, props: action }) => {
            editor.chain().focus().deleteRange(range).run();
            action.run(editor as Editor);
          },
          render: () => {
            let menu: Menu | null = null;
            return {
              onStart: (props) => {
                menu = new Menu(props, actions, t);
              },
              onUpdate: (props) => menu?.update(props),
              onKeyDown: ({ event }) => menu?.keyed(event) ?? false,
              onExit: () => {
                menu?.close();
                menu = null;
              },
            };
          },
        }),
      ];
    },
  });
}
