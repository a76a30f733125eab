// Tab stays in the text: it indents code, and what other extensions bind it to (lists, cells). The way out is Escape,
// then Tab (WCAG 2.1.2); it is said when Tab has nothing else to do.
import { Extension } from "@tiptap/core";
import { type EditorState, Plugin, TextSelection, type Transaction } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import type { Translate } from "../../i18n";
import { h } from "../dom";

const INDENT = "  ";

/** Return the change that indents, or takes back, each line of code that the selection touches; null: not in code. */
export function indented(state: EditorState, isBack: boolean): Transaction | null {
  const { $from, $to, empty } = state.selection;
  if (!$from.parent.type.spec.code || !$from.sameParent($to)) return null;
  const { tr } = state;
  if (empty && !isBack) return tr.insertText(INDENT);
  const text = $from.parent.textContent;
  const starts = [text.lastIndexOf("\n", $from.parentOffset - 1) + 1];
  for (let at = text.indexOf("\n", $from.parentOffset); at >= 0 && at + 1 < $to.parentOffset; ) {
    starts.push(at + 1);
    at = text.indexOf("\n", at + 1);
  }
  for (const start of starts.reverse()) {
    const at = $from.start() + start;
    if (!isBack) tr.insertText(INDENT, at);
    else {
      const length = /^(?:\t| {1,2})/.exec(text.slice(start))?.[0].length ?? 0;
      if (length) tr.delete(at, at + length);
    }
  }
  const { anchor, head } = state.selection;
  return tr.setSelection(
    TextSelection.create(tr.doc, tr.mapping.map(anchor), tr.mapping.map(head)),
  );
}

/** Return the extension that keeps Tab in the text. */
export function tabKey(t: Translate): Extension {
  const says = h("div", { class: "visually-hidden", role: "status" });
  return Extension.create({
    name: "tabKey",
    // Behind lists, tables and menus, which have a use for it.
    priority: 1,
    addKeyboardShortcuts() {
      const keep = (isBack: boolean) => {
        const { view, state } = this.editor;
        if (!view.editable) return false;
        const tr = indented(state, isBack);
        if (tr) view.dispatch(tr.scrollIntoView());
        else says.textContent = t("tabStays");
        return true;
      };
      return { Tab: () => keep(false), "Shift-Tab": () => keep(true) };
    },
    addProseMirrorPlugins: () => [
      new Plugin({
        props: { handleDOMEvents: { keydown: wayOut() } },
        view: (view) => {
          view.dom.after(says);
          return { destroy: () => says.remove() };
        },
      }),
    ],
  });
}

/** Return the listener that leaves a Tab behind Escape to the browser: true says that nobody else need look. */
function wayOut(): (view: EditorView, event: KeyboardEvent) => boolean {
  let wasEscape = false;
  return (_view, { key }) => {
    const isOut = wasEscape && key === "Tab";
    wasEscape = key === "Escape" || (wasEscape && key === "Shift");
    return isOut;
  };
}
