// The bar of buttons: one stop of the Tab key, arrows within (WAI-ARIA's toolbar).
import type { Editor } from "@tiptap/core";
import type { Key, Translate } from "../i18n";
import {
  type Action,
  ALIGNMENT,
  BLOCKS,
  CLEAR,
  HISTORY,
  INSERTS,
  MARKS,
  shownKeys,
} from "./actions";
import { h } from "./dom";
import { icon } from "./icons";
import { promptFootnote, promptImage, promptLink, promptMath } from "./prompt";

/** Return the actions that ask something first. */
export function askingActions(
  t: Translate,
): Record<"link" | "image" | "math" | "mathBlock" | "footnote", Action> {
  return {
    footnote: {
      name: "footnote",
      keys: "Mod-Alt-f",
      words: "note reference jiaozhu jz",
      run: (editor) => void promptFootnote(editor, t),
      isPossible: (editor) => !editor.isActive("codeBlock"),
    },
    math: {
      name: "math",
      keys: "Mod-Alt-m",
      words: "latex formula equation gongshi gs shuxue",
      run: (editor) => void promptMath(editor, t, "inlineMath"),
      isPossible: (editor) => !editor.isActive("codeBlock"),
    },
    mathBlock: {
      name: "mathBlock",
      words: "latex formula equation block gongshi gs shuxue",
      run: (editor) => void promptMath(editor, t, "blockMath"),
      isPossible: (editor) => !editor.isActive("codeBlock"),
    },
    link: {
      name: "link",
      keys: "Mod-k",
      run: (editor) => void promptLink(editor, t),
      isOn: (editor) => editor.isActive("link"),
      isPossible: (editor) => editor.can().setMark("link"),
    },
    image: {
      name: "image",
      words: "picture photo tupian tp",
      run: (editor) => void promptImage(editor, t),
    },
  };
}

/** Buttons that show and change the state of `editor`. */
export class Toolbar {
  readonly element: HTMLElement;
  readonly #editor: Editor;
  readonly #buttons: { readonly action: Action; readonly button: HTMLButtonElement }[] = [];

  constructor(editor: Editor, t: Translate, label: Key, groups: readonly (readonly Action[])[]) {
    this.#editor = editor;
    this.element = h("div", {
      class: "toolbar",
      role: "toolbar",
      "aria-label": t(label),
      keydown: (event) => this.#keyed(event as KeyboardEvent),
      // Pressing a button must not take the selection away from the text.
      mousedown: (event) => event.preventDefault(),
    });
    for (const group of groups) {
      const box = h("div", { class: "toolbar-group" });
      for (const action of group) {
        const name = t(action.name);
        const button = h(
          "button",
          {
            type: "button",
            class: "icon-button",
            "aria-label": name,
            title: action.keys ? `${name} (${shownKeys(action.keys)})` : name,
            tabindex: "-1",
            click: () => {
              if (button.getAttribute("aria-disabled") !== "true") action.run(editor);
            },
          },
          icon(action.name),
        );
        this.#buttons.push({ action, button });
        box.append(button);
      }
      this.element.append(box);
    }
    this.#buttons[0]?.button.setAttribute("tabindex", "0");
    this.update();
  }

  /** Show what is on and what can be done now. */
  update(): void {
    for (const { action, button } of this.#buttons) {
      if (action.isOn) button.setAttribute("aria-pressed", String(action.isOn(this.#editor)));
      const isPossible = this.#editor.isEditable && (action.isPossible?.(this.#editor) ?? true);
      button.setAttribute("aria-disabled", String(!isPossible));
    }
  }

  focus(): void {
    this.#buttons.find(({ button }) => button.tabIndex === 0)?.button.focus();
  }

  #keyed(event: KeyboardEvent): void {
    const buttons = this.#buttons.map(({ button }) => button);
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const last = buttons.length - 1;
    const to = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at <= 0 ? last : at - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === "Escape") {
      event.preventDefault();
      this.#editor.commands.focus();
    } else if (to !== undefined) {
      event.preventDefault();
      for (const [place, button] of buttons.entries()) button.tabIndex = place === to ? 0 : -1;
      buttons[to]?.focus();
    }
  }
}

/** Return the main toolbar. */
export function mainToolbar(editor: Editor, t: Translate, upload: Action): Toolbar {
  const { link, image, math, footnote } = askingActions(t);
  const [text, h1, h2, h3, bullets, numbers, tasks, quote, codeBlock] = BLOCKS as readonly Action[];
  const groups = [
    HISTORY,
    [text, h1, h2, h3],
    [...MARKS.slice(0, 6), link],
    [bullets, numbers, tasks],
    ALIGNMENT,
    [quote, codeBlock, ...INSERTS, footnote, math, upload, image],
    [...MARKS.slice(6), CLEAR],
  ].map((group) => group.filter((action): action is Action => action !== undefined));
  return new Toolbar(editor, t, "toolbar", groups);
}

/** Return the small toolbar that stands by a selection. */
export function selectionToolbar(editor: Editor, t: Translate, whoWrote: () => void): Toolbar {
  return new Toolbar(editor, t, "selectionMenu", [
    [...MARKS.slice(0, 6), askingActions(t).link],
    [{ name: "whoWrote", run: whoWrote }],
  ]);
}
