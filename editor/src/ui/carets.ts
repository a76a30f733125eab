// The carets and selections of the others, with their names.
import { Extension } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import { yCursorPlugin } from "@tiptap/y-tiptap";
import type { Awareness } from "y-protocols/awareness";
import { parsePerson } from "../provider/events";
import { h } from "./dom";
import { inkOn } from "./ink";

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

/** Let each name stand where it has room: behind its caret, or before it near the edge of the text. */
function turnNames(box: HTMLElement): void {
  const names = [...box.querySelectorAll<HTMLElement>(".collaboration-carets__label")];
  if (names.length === 0) return; // to measure is to lay out
  const edges = box.getBoundingClientRect();
  const turned = names.map((name) => {
    const at = name.parentElement?.getBoundingClientRect() ?? edges;
    return getComputedStyle(name).direction === "rtl"
      ? at.right - name.offsetWidth < edges.left
      : at.left + name.offsetWidth > edges.right;
  });
  names.forEach((name, place) => {
    name.classList.toggle("is-turned", turned[place]);
  });
}

/** Look again, once a frame, whenever a caret, the words before it or the width may have changed. */
function keepNamesInside(view: EditorView) {
  let frame = 0;
  const update = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => turnNames(view.dom));
  };
  const widths = new ResizeObserver(update);
  widths.observe(view.dom);
  return {
    update,
    destroy: () => {
      cancelAnimationFrame(frame);
      widths.disconnect();
    },
  };
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
      new Plugin({ view: keepNamesInside }),
    ],
  });
}
