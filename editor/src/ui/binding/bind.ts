// Puts reading and writing of our own into y-tiptap's binding, which deletes what the schema does not know.
import { Fragment, type Node, Slice } from "@tiptap/pm/model";
import { TextSelection, type Transaction } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import { getRelativeSelection, ProsemirrorBinding, ySyncPluginKey } from "@tiptap/y-tiptap";
import type * as Y from "yjs";
import { type Mapping, readChildren } from "./read";
import { noteVersion } from "./version";
import { Writer } from "./write";

export interface Binding {
  readonly type: Y.XmlFragment;
  readonly doc: Y.Doc;
  readonly mapping: Mapping;
  readonly prosemirrorView: EditorView | null;
  readonly _tr: Transaction;
  beforeTransactionSelection: unknown;
  beforeAllTransactions: () => void;
  initView(view: EditorView): void;
  mux(run: () => void): void;
  _forceRerender(): void;
  _prosemirrorChanged(doc: Node): void;
}

/** What the editor showed when it and the Yjs document were last the same. */
const inStep = new WeakMap<Binding, Node>();

/** Read `binding`'s document anew where it changed; return the blocks that show it. */
export function readBody({ type, mapping, prosemirrorView }: Binding): Node[] {
  return prosemirrorView
    ? readChildren(type, prosemirrorView.state.schema.topNodeType, mapping)
    : [];
}

/** Say that the editor shows what is in the Yjs document. */
export function isInStep(binding: Binding): void {
  if (binding.prosemirrorView) inStep.set(binding, binding.prosemirrorView.state.doc);
}

function render(this: Binding): void {
  const view = this.prosemirrorView;
  if (!view) return;
  this.mapping.clear();
  this.mux(() => {
    const { selection, doc } = view.state;
    const transaction = this._tr.replace(
      0,
      doc.content.size,
      new Slice(Fragment.from(readBody(this)), 0, 0),
    );
    const { size } = transaction.doc.content;
    const [anchor, head] = [Math.min(selection.anchor, size), Math.min(selection.head, size)];
    const [$anchor, $head] = [transaction.doc.resolve(anchor), transaction.doc.resolve(head)];
    transaction.setSelection(TextSelection.between($anchor, $head));
    view.dispatch(transaction.setMeta(ySyncPluginKey, { isChangeOrigin: true, binding: this }));
  });
  isInStep(this);
}

function write(this: Binding, doc: Node): void {
  // A moved caret changes nothing.
  if (inStep.get(this) === doc) return;
  this.doc.transact(() => {
    new Writer(this.mapping).children(this.type, doc);
    noteVersion(this.doc, doc);
    keepSelection(this, () => {
      const state = this.prosemirrorView?.state;
      if (state) this.beforeTransactionSelection = getRelativeSelection(this as never, state);
    });
  }, ySyncPluginKey);
  inStep.set(this, doc);
}

/** y-tiptap cannot name every place: beside what is shown otherwise than it stands in the document. */
function keepSelection(binding: Binding, keep: () => void): void {
  try {
    keep();
  } catch {
    binding.beforeTransactionSelection = null; // the caret moves with the text around it
  }
}

let isPatched = false;

/** Patch y-tiptap's binding, once for the page. Throws if it is not the one that this was made for. */
export function bindWithoutLoss(): void {
  if (isPatched) return;
  isPatched = true;
  const prototype = ProsemirrorBinding.prototype as unknown as Binding;
  for (const name of ["_forceRerender", "_prosemirrorChanged", "initView"] as const) {
    if (typeof prototype[name] !== "function") throw new Error("y-tiptap has another form");
  }
  prototype._forceRerender = render;
  prototype._prosemirrorChanged = write;
  const { initView } = prototype;
  prototype.initView = function (view) {
    const keep = this.beforeAllTransactions;
    this.beforeAllTransactions = () => keepSelection(this, keep);
    initView.call(this, view);
  };
}
