// Lists and code made of what is selected, and Backspace within a list, where Tiptap's own take the list apart.
import type { Editor } from "@tiptap/core";
import { Fragment, type NodeType, type Node as ProseMirrorNode } from "@tiptap/pm/model";
import { TextSelection } from "@tiptap/pm/state";
import { canJoin } from "@tiptap/pm/transform";

/** The lists of the schema, each with its items. */
const ITEMS: Readonly<Record<string, string>> = {
  bulletList: "listItem",
  orderedList: "listItem",
  taskList: "taskItem",
};

/** Return `node` as one of `type`, with the attributes that `type` has too. */
function retyped(node: ProseMirrorNode, type: NodeType, content = node.content): ProseMirrorNode {
  const known = Object.entries(node.attrs).filter(([name]) => name in (type.spec.attrs ?? {}));
  return type.create(Object.fromEntries(known), content, node.marks);
}

/** Return where the lists begin whose own lines are selected; null: a line is selected that is in no list. */
function selectedLists(editor: Editor): Set<number> | null {
  const { doc, selection } = editor.state;
  const lists = new Set<number>();
  let isOutside = false;
  doc.nodesBetween(selection.from, selection.to, (node, at) => {
    if (!node.isTextblock) return;
    const $line = doc.resolve(at);
    for (let { depth } = $line; depth > 0; depth--) {
      if (!($line.node(depth).type.name in ITEMS)) continue;
      lists.add($line.before(depth));
      return;
    }
    isOutside = true;
  });
  return isOutside ? null : lists;
}

/** Make the selected lists, those within others too, lists of type `name`; false: that is not all there is to do. */
function changeLists(editor: Editor, name: string): boolean {
  const { nodes } = editor.schema;
  const list = nodes[name];
  const item = nodes[ITEMS[name] ?? ""];
  const { tr, selection } = editor.state;
  const places = [...(selectedLists(editor) ?? [])];
  const others = places.filter((at) => tr.doc.nodeAt(at)?.type !== list);
  if (!list || !item || others.length === 0) return false;
  // A list has the same size whatever its type: no place moves.
  for (const at of others) {
    const old = tr.doc.nodeAt(at);
    if (!old) return false;
    const items = old.content.content.map((one) => retyped(one, item));
    tr.replaceWith(at, at + old.nodeSize, retyped(old, list, Fragment.from(items)));
  }
  const { anchor, head } = selection;
  if (selection instanceof TextSelection) {
    tr.setSelection(TextSelection.create(tr.doc, anchor, head));
  }
  editor.view.dispatch(tr.scrollIntoView());
  return true;
}

/** Toggle the list `name` where the selection is. */
export function toggleList(
  editor: Editor,
  name: "bulletList" | "orderedList" | "taskList",
): boolean {
  editor.commands.focus();
  if (changeLists(editor, name)) return true;
  const chain = editor.chain();
  if (name === "bulletList") return chain.toggleBulletList().run();
  if (name === "orderedList") return chain.toggleOrderedList().run();
  return chain.toggleTaskList().run();
}

/** Return the lines within the selected blocks; null: something in them is no text, or is not selected. */
function lines(editor: Editor, start: number, end: number): string[] | null {
  const { doc, selection } = editor.state;
  const found: string[] = [];
  let isText = true;
  doc.nodesBetween(start, end, (node, at) => {
    if (node.isTextblock) {
      if (at + node.nodeSize <= selection.from || at >= selection.to) isText = false;
      found.push(
        node.textBetween(0, node.content.size, "\n", (leaf) => {
          if (leaf.type.name !== "hardBreak") isText = false;
          return "\n";
        }),
      );
    } else if (node.isAtom) isText = false;
    return !node.isTextblock;
  });
  return isText ? found : null;
}

/** Make one block of code of several selected lines; false: there are not several, or they hold more than text. */
function joinToCode(editor: Editor): boolean {
  const { tr, schema, selection } = editor.state;
  const code = schema.nodes.codeBlock;
  const { $from, $to } = selection;
  if (!code || ($from.parent.inlineContent && $from.sameParent($to))) return false;
  const range = $from.blockRange($to, (node) => node.type.contentMatch.matchType(code) !== null);
  const found = range && lines(editor, range.start, range.end);
  if (!range?.parent.canReplaceWith(range.startIndex, range.endIndex, code) || !found) return false;
  if (found.length < 2) return false;
  const words = found.join("\n");
  const isCode = range.parent.content.content
    .slice(range.startIndex, range.endIndex)
    .every((node) => node.type === code);
  if (isCode) return false;
  tr.replaceWith(range.start, range.end, code.create(null, words ? schema.text(words) : null));
  const inside = range.start + 1;
  tr.setSelection(TextSelection.create(tr.doc, inside, inside + words.length));
  editor.view.dispatch(tr.scrollIntoView());
  return true;
}

/** Toggle a block of code where the selection is. */
export function toggleCode(editor: Editor): boolean {
  editor.commands.focus();
  return joinToCode(editor) || editor.commands.toggleCodeBlock();
}

/** Before the first letter of an inner item: it loses its sign and goes on in the item before; the list stays whole. */
export function backInList(editor: Editor): boolean {
  const { selection, tr } = editor.state;
  if (!(selection instanceof TextSelection) || !selection.empty) return false;
  const { $from } = selection;
  const depth = $from.depth - 2;
  if ($from.parentOffset > 0 || depth < 1 || !($from.node(depth).type.name in ITEMS)) return false;
  // Within another list Tiptap lifts the item, and those behind it go along.
  const isNested = depth > 1 && /Item$/.test($from.node(depth - 1).type.name);
  const at = $from.index(depth);
  const isInner = at > 0 && at < $from.node(depth).childCount - 1 && $from.index(depth + 1) === 0;
  const edge = $from.before(depth + 1);
  if (isNested || !isInner || !canJoin(tr.doc, edge)) return false;
  editor.view.dispatch(tr.join(edge).scrollIntoView());
  return true;
}
