// Undo and redo of what the person did: by words and pauses, with the caret where the change was, and never
// with the words of others. Yjs's own manager joins what comes within half a second, leaves the caret where
// it happens to be, and takes away with a block whatever others have written in it.
import { Extension } from "@tiptap/core";
import type { Fragment, Node } from "@tiptap/pm/model";
import { Plugin, Selection, TextSelection, type Transaction } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import {
  defaultDeleteFilter,
  defaultProtectedNodes,
  getRelativeSelection,
  ySyncPluginKey,
} from "@tiptap/y-tiptap";
import * as Y from "yjs";
import type { Rescued } from "../provider/provider";
import { type Binding, type KeptSelection, resolveEnd } from "./ownCaret";
import { RescuedOwn } from "./undoRescued";
import { Spared } from "./undoSpare";
import { UndoSteps } from "./undoSteps";

/** In the meta of a stack item: the selection before it was done. */
const BEFORE = Symbol("before");

type StackItem = Y.UndoManager["undoStack"][number];

const bindingOf = (view: EditorView): Binding | undefined =>
  (ySyncPluginKey.getState(view.state) as { readonly binding: Binding } | undefined)?.binding;

/** The undo manager of one editor. */
export class OwnUndo extends Y.UndoManager {
  readonly #steps = new UndoSteps();
  #before: KeptSelection | null = null;
  #view: EditorView | null = null;
  readonly #rescued: RescuedOwn;
  readonly #tellUnsure: () => void;

  /** `tellUnsure` is called when one has taken along words of others that could not be written back here. */
  constructor(body: Y.XmlFragment, tellUnsure: () => void = () => undefined) {
    super(body, {
      trackedOrigins: new Set([ySyncPluginKey]),
      captureTimeout: Number.POSITIVE_INFINITY, // the steps say where one ends
      captureTransaction: (transaction) => transaction.meta.get("addToHistory") !== false,
      deleteFilter: (item) =>
        this.#isRewriting || defaultDeleteFilter(item as never, defaultProtectedNodes),
    });
    this.#tellUnsure = tellUnsure;
    this.#rescued = new RescuedOwn(this.doc, () => [...this.undoStack, ...this.redoStack]);
    this.on("stack-item-added", ({ stackItem }) => {
      const from = this.currStackItem?.meta.get(BEFORE);
      stackItem.meta.set(BEFORE, this.undoing || this.redoing ? from : this.#before);
    });
  }

  /** Use `view` from now on. */
  attach(view: EditorView): void {
    this.#view = view;
  }

  /** The server has put back words that died with their block. */
  rescued(rescued: Rescued): void {
    this.#rescued.told(rescued);
  }

  /** Call before a change by the person is drawn. */
  willDo(transaction: Transaction, now: number): void {
    const view = this.#view;
    const binding = view && bindingOf(view);
    if (!view || !binding || !this.#steps.begins(transaction, now, view.composing)) return;
    this.stopCapturing();
    this.#before = getRelativeSelection(binding as never, view.state) as KeptSelection;
  }

  override undo() {
    return this.#sparing(true, () => super.undo());
  }

  override redo() {
    return this.#sparing(false, () => super.redo());
  }

  /** Whether what is being taken back has written text anew: what is left of it must not stay beside. */
  #isRewriting = false;

  /** What was put back goes again when its words come back by themselves: with `item`. */
  #joinTo(item: StackItem | undefined, from: number): void {
    const { store, clientID } = this.doc;
    const len = Y.getState(store, clientID) - from;
    if (!item || len === 0) return;
    const put = Y.createDeleteSet();
    put.clients.set(clientID, [{ clock: from, len } as never]);
    item.insertions = Y.mergeDeleteSets([item.insertions, put]);
  }

  #sparing<T>(isUndo: boolean, act: () => T): T {
    const item = (isUndo ? this.undoStack : this.redoStack).at(-1);
    const view = this.#view;
    if (!item || !view) return act();
    this.#steps.cut();
    const spared = new Spared(this.doc, item, this.scope[0] as Y.XmlFragment, view.state.doc);
    this.#isRewriting = spared.isRewriting;
    const watch = (change: Y.Transaction) => {
      if (change.origin === this) spared.note(change, view.state.schema);
    };
    this.doc.on("afterTransaction", watch);
    let result: T;
    try {
      result = act();
    } finally {
      this.doc.off("afterTransaction", watch);
      this.#isRewriting = false;
      // y-tiptap has put an old selection there, for whatever change comes next.
      const binding = bindingOf(view);
      if (binding) binding.beforeTransactionSelection = null;
    }
    const back = spared.putBack(view.state);
    if (spared.isUnsure) this.#tellUnsure();
    if (back) {
      const from = Y.getState(this.doc.store, this.doc.clientID);
      view.dispatch(back.setMeta("addToHistory", false));
      this.#joinTo(isUndo ? this.redoStack.at(-1) : this.undoStack.at(-1), from);
    }
    return result;
  }
}

/** So far from what an undo changed may the selection be that was there before; farther away is elsewhere. */
const CLOSE = 200;

/**
 * Return the selection in `next` after `change`, if that is an undo or a redo here; else null. `follow`
 * gives the one that there is, beside its words.
 */
export function selectionAfterUndo(
  binding: Binding,
  change: Y.Transaction,
  [old, next]: readonly [Node, Node],
  follow: () => Selection | null,
): Selection | null {
  const undo: unknown = change.origin;
  if (!(undo instanceof Y.UndoManager)) return null;
  const from = old.content.findDiffStart(next.content);
  const ends = old.content.findDiffEnd(next.content);
  if (from === null || ends === null) return null;
  // Where letters repeat, what is equal from the end may reach over what is equal from the start.
  const overlap = Math.max(0, from - Math.min(ends.a, ends.b));
  const [oldEnd, to] = [ends.a + overlap, ends.b + overlap];
  const isThere = (place: number) => place >= from - CLOSE && place <= to + CLOSE;
  if (undo.undoing || to === from) {
    const before = resolved(binding, undo.currStackItem?.meta.get(BEFORE), next);
    if (before && isThere(before.from) && isThere(before.to)) return before;
  }
  if (isRestyled(old.slice(from, oldEnd).content, next.slice(from, to).content)) {
    const followed = follow();
    if (followed && followed.from >= from && followed.to <= to) return followed;
  }
  return Selection.near(next.resolve(Math.min(to, next.content.size)), -1);
}

/** Whether the letters are the same, in as many blocks or fewer: the caret is best where it is in them. */
function isRestyled(old: Fragment, next: Fragment): boolean {
  const [had, has] = [old, next].map((content) =>
    content.textBetween(0, content.size, "\n", "\ufffc"),
  );
  if (had === undefined || has === undefined || had.length < has.length) return false;
  return had.replaceAll("\n", "") === has.replaceAll("\n", "");
}

function resolved(binding: Binding, kept: KeptSelection | undefined, next: Node): Selection | null {
  if (kept?.type !== "text") return null;
  const [anchor, head] = [kept.anchor, kept.head].map((end) => resolveEnd(binding, end));
  if (typeof anchor !== "number" || typeof head !== "number") return null;
  return TextSelection.between(next.resolve(anchor), next.resolve(head));
}

/** Return the extension that makes the steps of `undo`. */
export function ownUndo(undo: OwnUndo): Extension {
  return Extension.create({
    name: "ownUndo",
    addProseMirrorPlugins: () => [
      new Plugin({
        view: (view) => {
          undo.attach(view);
          return {};
        },
      }),
    ],
    dispatchTransaction({ transaction, next }) {
      const isOwn = transaction.docChanged && transaction.getMeta(ySyncPluginKey) === undefined;
      if (isOwn && transaction.getMeta("addToHistory") !== false)
        undo.willDo(transaction, Date.now());
      next(transaction);
    },
  });
}
