// A table as it is drawn: columns that nobody has made narrower keep room for words, and the table scrolls.
import { TableView } from "@tiptap/extension-table";
import type { Node } from "@tiptap/pm/model";
import type { EditorView } from "@tiptap/pm/view";

const READABLE_PX = 96;

export class ReadableTable extends TableView {
  /** The given width is the narrowest that a column can be made by hand. */
  constructor(node: Node, _cellMinWidth: number, view: EditorView, attributes = {}) {
    super(node, READABLE_PX, view, attributes);
  }
}
