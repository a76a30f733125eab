// What can be done to the text, by name: toolbar, bubble menu, slash menu and shortcut sheet share it.
import type { ChainedCommands, Editor } from "@tiptap/core";
import type { Key } from "../i18n";
import type { Alignment } from "../schema/blocks";
import type { IconName } from "./icons";
import { toggleCode, toggleList } from "./typing/lists";

export interface Action {
  readonly name: Extract<Key, IconName>;
  /** As ProseMirror writes it; shown, and bound by Tiptap where not bound here. */
  readonly keys?: string;
  /** Other words that find it in the slash menu, in any language. */
  readonly words?: string;
  readonly run: (editor: Editor) => void;
  readonly isOn?: (editor: Editor) => boolean;
  readonly isPossible?: (editor: Editor) => boolean;
}

const chained = (build: (chain: ChainedCommands) => ChainedCommands) => (editor: Editor) => {
  build(editor.chain().focus()).run();
};

function mark(
  name: Action["name"] &
    (
      | "bold"
      | "italic"
      | "underline"
      | "strike"
      | "code"
      | "highlight"
      | "subscript"
      | "superscript"
    ),
  keys: string,
): Action {
  return {
    name,
    keys,
    run: chained((chain) => chain.toggleMark(name)),
    isOn: (editor) => editor.isActive(name),
    isPossible: (editor) => editor.can().toggleMark(name),
  };
}

function heading(level: 1 | 2 | 3 | 4): Action {
  return {
    name: `heading${level}`,
    keys: `Mod-Alt-${level}`,
    words: `h${level} title biaoti bt`,
    run: chained((chain) => chain.toggleHeading({ level })),
    isOn: (editor) => editor.isActive("heading", { level }),
  };
}

export const MARKS: readonly Action[] = [
  mark("bold", "Mod-b"),
  mark("italic", "Mod-i"),
  mark("underline", "Mod-u"),
  mark("strike", "Mod-Shift-s"),
  mark("code", "Mod-e"),
  mark("highlight", "Mod-Shift-h"),
  mark("subscript", "Mod-,"),
  mark("superscript", "Mod-."),
];

/** What a paragraph is: the menu of styles. */
export const STYLES: readonly Action[] = [
  {
    name: "text",
    keys: "Mod-Alt-0",
    words: "paragraph zhengwen zw",
    run: chained((chain) => chain.clearNodes()),
    isOn: (editor) => editor.isActive("paragraph") && editor.state.selection.$from.depth === 1,
  },
  heading(1),
  heading(2),
  heading(3),
  heading(4),
];

export const LISTS: readonly Action[] = [
  {
    name: "bulletList",
    keys: "Mod-Shift-8",
    words: "unordered ul wuxu liebiao lb",
    run: (editor) => toggleList(editor, "bulletList"),
    isOn: (editor) => editor.isActive("bulletList"),
  },
  {
    name: "orderedList",
    keys: "Mod-Shift-7",
    words: "ordered ol youxu liebiao lb",
    run: (editor) => toggleList(editor, "orderedList"),
    isOn: (editor) => editor.isActive("orderedList"),
  },
  {
    name: "taskList",
    keys: "Mod-Shift-9",
    words: "todo check box renwu rw",
    run: (editor) => toggleList(editor, "taskList"),
    isOn: (editor) => editor.isActive("taskList"),
  },
];

export const BLOCKS: readonly Action[] = [
  ...STYLES,
  ...LISTS,
  {
    name: "quote",
    keys: "Mod-Shift-b",
    words: "blockquote yinyong yy",
    run: chained((chain) => chain.toggleBlockquote()),
    isOn: (editor) => editor.isActive("blockquote"),
  },
  {
    name: "codeBlock",
    keys: "Mod-Alt-c",
    words: "pre program daima dm",
    run: toggleCode,
    isOn: (editor) => editor.isActive("codeBlock"),
  },
];

export const INSERTS: readonly Action[] = [
  {
    name: "table",
    words: "grid biaoge bg",
    run: chained((chain) => chain.insertTable({ rows: 3, cols: 3, withHeaderRow: true })),
    isPossible: (editor) => !editor.isActive("table"),
  },
  {
    name: "rule",
    words: "hr line divider fengexian fgx",
    run: chained((chain) => chain.setHorizontalRule()),
  },
  {
    name: "callout",
    words: "note tip warning alert info tishi ts zhushi",
    run: chained((chain) => chain.wrapIn("callout")),
    isOn: (editor) => editor.isActive("callout"),
    isPossible: (editor) => editor.can().wrapIn("callout"),
  },
  {
    name: "details",
    words: "toggle collapse fold zhedie zd",
    run: chained((chain) => chain.setDetails()),
    isPossible: (editor) => !editor.isActive("details"),
  },
];

function aligned(
  name: "alignCenter" | "alignRight" | "alignJustify",
  alignment: Alignment,
): Action {
  const isOn = (editor: Editor) => editor.isActive({ textAlign: alignment });
  return {
    name,
    words: "alignment duiqi dq",
    run: (editor) => {
      const textAlign = isOn(editor) ? null : alignment;
      const chain = editor.chain().focus();
      chain.updateAttributes("paragraph", { textAlign }).updateAttributes("heading", { textAlign });
      chain.run();
    },
    isOn,
    isPossible: (editor) => !editor.isActive("codeBlock"),
  };
}

export const ALIGNMENT: readonly Action[] = [
  aligned("alignCenter", "center"),
  aligned("alignRight", "right"),
  aligned("alignJustify", "justify"),
];

/** Shown while the caret is in a table. */
export const IN_TABLE: readonly Action[] = [
  { name: "rowAfter", run: chained((chain) => chain.addRowAfter()) },
  { name: "columnAfter", run: chained((chain) => chain.addColumnAfter()) },
  { name: "headerRow", run: chained((chain) => chain.toggleHeaderRow()) },
  { name: "headerColumn", run: chained((chain) => chain.toggleHeaderColumn()) },
  {
    name: "mergeCells",
    run: chained((chain) => chain.mergeOrSplit()),
    isPossible: (editor) => editor.can().mergeOrSplit(),
  },
  { name: "deleteRow", run: chained((chain) => chain.deleteRow()) },
  { name: "deleteColumn", run: chained((chain) => chain.deleteColumn()) },
  { name: "deleteTable", run: chained((chain) => chain.deleteTable()) },
];

export const HISTORY: readonly Action[] = [
  {
    name: "undo",
    keys: "Mod-z",
    run: chained((chain) => chain.undo()),
    isPossible: (editor) => editor.can().undo(),
  },
  {
    name: "redo",
    keys: "Mod-Shift-z",
    run: chained((chain) => chain.redo()),
    isPossible: (editor) => editor.can().redo(),
  },
];

export const CLEAR: Action = {
  name: "clear",
  keys: "Mod-\\",
  run: chained((chain) => chain.unsetAllMarks()),
};

const isMac = /Mac|iP(hone|ad|od)/.test(navigator.platform);

/** Return `keys` as the person's keyboard has them: Ctrl+Shift+8, ⇧⌘8. */
export function shownKeys(keys: string): string {
  const names: Record<string, string> = isMac
    ? { Mod: "⌘", Shift: "⇧", Alt: "⌥" }
    : { Mod: "Ctrl", Shift: "Shift", Alt: "Alt" };
  const parts = keys.split("-").map((part) => names[part] ?? part.toUpperCase());
  return parts.join(isMac ? "" : "+");
}
