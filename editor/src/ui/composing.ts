// While an input method composes, nothing around it is drawn anew: that would end the composition, and half a
// word would stand where the person was choosing its characters.
import { Extension } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import { yCursorPluginKey } from "@tiptap/y-tiptap";

/** ProseMirror takes the last letters of a composition over this much after its end. */
const SETTLED_MS = 50;

/** Return the extension that calls `ended` when a composition is over and its letters are in the text. */
export function composing(ended: () => void): Extension {
  const settle = (view: EditorView) => {
    if (view.isDestroyed || view.composing) return;
    ended();
    view.dispatch(view.state.tr.setMeta(yCursorPluginKey, { awarenessUpdated: true }));
  };
  return Extension.create({
    name: "composing",
    addProseMirrorPlugins: () => [
      new Plugin({
        props: {
          handleDOMEvents: {
            compositionend: (view) => {
              setTimeout(() => settle(view), SETTLED_MS);
              return false;
            },
          },
        },
      }),
    ],
  });
}
