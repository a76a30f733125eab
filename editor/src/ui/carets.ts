// The carets and selections of the others, with their names.
import { Extension } from "@tiptap/core";
import { yCursorPlugin } from "@tiptap/y-tiptap";
import type { Awareness } from "y-protocols/awareness";
import { parsePerson } from "../provider/events";
import { h } from "./dom";

/** Return black or white: what is easier to read on `color` (WCAG's relative luminance). */
export function inkOn(color: string): string {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
}

function caret(user: unknown): HTMLElement {
  const person = parsePerson(user);
  const color = person?.color ?? "#5c5952";
  const label = h("span", { class: "collaboration-carets__label" }, person?.name ?? "?");
  // A zero-width joiner would be text; the caret stands between characters and holds none.
  const element = h("span", { class: "collaboration-carets__caret", "aria-hidden": "true" }, label);
  element.style.setProperty("--caret", color);
  element.style.setProperty("--caret-ink", inkOn(color));
  return element;
}

/** Return the extension that draws the carets of `awareness`. */
export function carets(awareness: Awareness): Extension {
  return Extension.create({
    name: "carets",
    addProseMirrorPlugins: () => [
      yCursorPlugin(awareness, {
        cursorBuilder: caret,
        selectionBuilder: (user) => ({
          class: "collaboration-carets__selection",
          style: `--caret: ${parsePerson(user)?.color ?? "#5c5952"}`,
        }),
      }),
    ],
  });
}
