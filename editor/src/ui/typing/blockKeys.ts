// The keys that lead out of blocks and from one to the next, where Tiptap's own lead nowhere.
import { type Editor, Extension, isNodeActive } from "@tiptap/core";
import type { ResolvedPos } from "@tiptap/pm/model";
import { Selection, TextSelection } from "@tiptap/pm/state";
import { backInList, toggleCode, toggleList } from "./lists";

/** Return where a caret without a selection stands; null: something is selected. */
function caret(editor: Editor): ResolvedPos | null {
  const { selection } = editor.state;
  return selection instanceof TextSelection && selection.empty ? selection.$from : null;
}

/** Behind the last line of the document, when that is within something: a paragraph is made, and gone to. */
function leaveDown(editor: Editor): boolean {
  const $from = caret(editor);
  const { doc, schema } = editor.state;
  if (!$from || $from.depth < 2 || $from.after(1) !== doc.content.size) return false;
  const isLast = Selection.atEnd(doc).$head.sameParent($from);
  if (!isLast || !schema.nodes.paragraph || !editor.view.endOfTextblock("down")) return false;
  const at = doc.content.size;
  const tr = editor.state.tr.insert(at, schema.nodes.paragraph.create());
  editor.view.dispatch(tr.setSelection(TextSelection.create(tr.doc, at + 1)).scrollIntoView());
  return true;
}

/** In a summary: what is behind the caret goes into the section, which is unfolded. */
function enterSection(editor: Editor): boolean {
  const $from = caret(editor);
  const { schema, doc } = editor.state;
  if ($from?.parent.type.name !== "detailsSummary" || !schema.nodes.paragraph) return false;
  const details = editor.view.nodeDOM($from.before(-1));
  if (details instanceof HTMLElement && !details.classList.contains("is-open")) {
    details.querySelector("button")?.click();
  }
  const rest = $from.parent.content.cut($from.parentOffset);
  const inside = $from.after() + 1;
  const first = doc.nodeAt(inside);
  const { tr } = editor.state;
  // Of the section's text an empty first line is the next one; else one is made before it.
  if (rest.size > 0 || first?.type !== schema.nodes.paragraph || first.content.size > 0) {
    tr.insert(inside, schema.nodes.paragraph.create(null, rest));
  }
  if (rest.size > 0) tr.delete($from.pos, $from.end());
  const at = tr.mapping.map(inside, -1) + 1;
  editor.view.dispatch(tr.setSelection(TextSelection.create(tr.doc, at)).scrollIntoView());
  return true;
}

/** Before the first letter of a first block: a heading becomes text, a section's text goes to its summary's end. */
function backAtStart(editor: Editor): boolean {
  const $from = caret(editor);
  if (!$from || $from.parentOffset > 0) return false;
  if ($from.parent.type.name === "heading" && $from.index(-1) === 0) {
    return editor.commands.setParagraph();
  }
  if ($from.node(-1)?.type.name === "detailsContent" && $from.index(-1) === 0) {
    return editor.commands.setTextSelection($from.before(-1) - 1);
  }
  return false;
}

/** In a summary, where Tiptap takes half of an emoji: what a person sees as one letter goes. */
function backInSummary(editor: Editor): boolean {
  const $from = caret(editor);
  if ($from?.parent.type.name !== "detailsSummary" || $from.parentOffset === 0) return false;
  const before = $from.parent.textBetween(0, $from.parentOffset, undefined, "￼");
  const letters = [...new Intl.Segmenter().segment(before)];
  const length = letters.at(-1)?.segment.length ?? 1;
  editor.view.dispatch(editor.state.tr.delete($from.pos - length, $from.pos).scrollIntoView());
  return true;
}

/** Return the extension that binds them. */
export const blockKeys = Extension.create({
  name: "blockKeys",
  priority: 900,
  addKeyboardShortcuts() {
    const editor = this.editor as Editor;
    return {
      ArrowDown: () => leaveDown(editor),
      Enter: () => isNodeActive(editor.state, "detailsSummary") && enterSection(editor),
      Backspace: () => backInSummary(editor) || backAtStart(editor) || backInList(editor),
      "Mod-Shift-8": () => toggleList(editor, "bulletList"),
      "Mod-Shift-7": () => toggleList(editor, "orderedList"),
      "Mod-Shift-9": () => toggleList(editor, "taskList"),
      "Mod-Alt-c": () => toggleCode(editor),
    };
  },
});
