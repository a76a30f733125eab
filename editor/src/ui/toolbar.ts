// The bar of buttons: one stop of the Tab key, arrows within (WAI-ARIA's toolbar). Groups that have no room are in the
// menu at its end.
import type { Editor } from "@tiptap/core";
import type { Key, Translate } from "../i18n";
import type { Action } from "./actions";
import { h } from "./dom";
import { icon } from "./icons";
import { type Choice, type Entry, menuButton, named } from "./menu";
import { stepTo } from "./stepping";

/** A button of the bar. */
export interface Tool {
  readonly button: HTMLButtonElement;
  readonly update: () => void;
  /** What stands in the menu at the end where the button has no room. */
  readonly entries: () => readonly Entry[];
}

export interface Group {
  /** What it is called; none: the buttons speak for themselves. */
  readonly label?: Key;
  readonly tools: readonly Tool[];
  /** The higher, the sooner it goes to the menu; 0: it stays. */
  readonly rank?: number;
}

/** Return `action` as an item of a menu. */
export function choiceOf(editor: Editor, t: Translate, action: Action): Choice {
  const isPossible = editor.isEditable && (action.isPossible?.(editor) ?? true);
  const on = action.isOn && { kind: "check" as const, isOn: action.isOn(editor) };
  const { name, keys } = action;
  return { label: t(name), icon: name, keys, ...on, isPossible, run: () => action.run(editor) };
}

/** Return the button of `action`. */
export function actionTool(editor: Editor, t: Translate, action: Action): Tool {
  const button = h(
    "button",
    {
      type: "button",
      class: "icon-button",
      ...named(t(action.name), action.keys),
      tabindex: "-1",
      click: () => {
        if (button.getAttribute("aria-disabled") !== "true") action.run(editor);
      },
    },
    icon(action.name),
  );
  const update = () => {
    if (action.isOn) button.setAttribute("aria-pressed", String(action.isOn(editor)));
    const isPossible = editor.isEditable && (action.isPossible?.(editor) ?? true);
    button.setAttribute("aria-disabled", String(!isPossible));
  };
  return { button, update, entries: () => [choiceOf(editor, t, action)] };
}

/** Buttons that show and change the state of `editor`. */
export class Toolbar {
  readonly element: HTMLElement;
  readonly #editor: Editor;
  readonly #tools: readonly Tool[];
  readonly #boxes: readonly { readonly group: Group; readonly box: HTMLElement }[];

  /**
   * @param rest What stands in the menu at the end whatever the room; without it there is no such menu.
   */
  constructor(
    editor: Editor,
    t: Translate,
    label: Key,
    groups: readonly Group[],
    rest?: () => readonly Entry[],
    restLabel: Key = "moreTools",
  ) {
    this.#editor = editor;
    this.element = h("div", {
      class: "toolbar",
      role: "toolbar",
      "aria-label": t(label),
      keydown: (event) => this.#keyed(event as KeyboardEvent),
      // Pressing a button must not take the selection away from the text.
      mousedown: (event) => event.preventDefault(),
    });
    this.#boxes = groups.map((group) => {
      const role = group.label ? { role: "group", "aria-label": t(group.label) } : {};
      const buttons = group.tools.map(({ button }) => button);
      return { group, box: h("div", { class: "toolbar-group", ...role }, ...buttons) };
    });
    this.element.append(...this.#boxes.map(({ box }) => box));
    const tools = groups.flatMap((group) => group.tools);
    if (rest) {
      const entries = () => [...this.#withoutRoom(), "rule" as const, ...rest()];
      const more = menuButton(t(restLabel), [icon("more")], entries);
      more.tabIndex = -1;
      this.element.append(h("div", { class: "toolbar-group toolbar-end" }, more));
      tools.push({ button: more, update: () => undefined, entries: () => [] });
      // The bar is made before it is in the page.
      const widths = new ResizeObserver(() => this.#fit());
      widths.observe(this.element);
      const fit = () => this.#fit();
      addEventListener("resize", fit); // a bar as wide as what is in it does not hear of more room
      editor.on("destroy", () => {
        widths.disconnect();
        removeEventListener("resize", fit);
      });
    }
    this.#tools = tools;
    this.#tools[0]?.button.setAttribute("tabindex", "0");
    this.update();
  }

  /** Show what is on and what can be done now. */
  update(): void {
    for (const tool of this.#tools) tool.update();
  }

  focus(): void {
    const buttons = this.#seen();
    (buttons.find((button) => button.tabIndex === 0) ?? buttons[0])?.focus();
  }

  /** The buttons that have room. */
  #seen(): HTMLButtonElement[] {
    const buttons = this.#tools.map(({ button }) => button);
    return buttons.filter((button) => !button.closest("[hidden]"));
  }

  #withoutRoom(): Entry[] {
    return this.#boxes
      .filter(({ box }) => box.hidden)
      .flatMap(({ group }) => ["rule" as const, ...group.tools.flatMap((tool) => tool.entries())]);
  }

  /** Hide groups until the rest has room. */
  #fit(): void {
    const bar = this.element;
    const ranked = this.#boxes.filter(({ group }) => group.rank);
    for (const { box } of ranked) box.hidden = false;
    ranked.sort((a, b) => (b.group.rank ?? 0) - (a.group.rank ?? 0));
    for (const { box } of ranked) {
      if (bar.scrollWidth <= bar.clientWidth) break;
      box.hidden = true;
    }
  }

  #keyed(event: KeyboardEvent): void {
    const buttons = this.#seen();
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const to = stepTo(event.key, at, buttons.length, "across");
    if (event.key === "Escape") {
      event.preventDefault();
      this.#editor.commands.focus();
    } else if (to !== undefined) {
      event.preventDefault();
      for (const { button } of this.#tools) button.tabIndex = button === buttons[to] ? 0 : -1;
      buttons[to]?.focus();
    }
  }
}
