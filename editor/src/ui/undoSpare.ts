// What an undo must not take: words that others wrote into a block that the person had made. Taking the block
// back takes them with it; they are put where they belong in what the undo brings back.
import { Fragment, type Node, type Schema } from "@tiptap/pm/model";
import type { EditorState, Transaction } from "@tiptap/pm/state";
import * as Y from "yjs";
import { Follower } from "./follow";
import { placed, type Units, unitsOf } from "./units";

export type Deletes = ReturnType<typeof Y.createDeleteSet>;
export interface StackItem {
  insertions: Deletes;
  readonly deletions: Deletes;
}

/** Calls `see` with each item in `set`; of an item that is only partly in it, too. */
export function eachItem(doc: Y.Doc, set: Deletes, see: (item: Y.Item) => void): void {
  for (const [client, ranges] of set.clients) {
    const structs = doc.store.clients.get(client) ?? [];
    for (const { clock, len } of ranges) {
      if (clock >= Y.getState(doc.store, client)) continue;
      for (let at = Y.findIndexSS(structs, clock); at < structs.length; at += 1) {
        const item = structs[at];
        if (!item || item.id.clock >= clock + len) break;
        if (item instanceof Y.Item) see(item);
      }
    }
  }
}

/** The words of others that one undo or redo deletes. */
export class Spared {
  /** Whether the step deleted words and made blocks: old words stand in new blocks, or the other way round. */
  readonly isRewriting: boolean;
  readonly #own: Deletes;
  readonly #body: Y.XmlFragment;
  readonly #old: Node;
  readonly #doc: Y.Doc;
  #units: Units | null = null;
  #lost: Deletes = Y.createDeleteSet();
  #isUnsure = false;

  constructor(doc: Y.Doc, item: StackItem, body: Y.XmlFragment, old: Node) {
    this.#doc = doc;
    this.#body = body;
    this.#old = old;
    let [hasDeleted, hasWritten] = [false, false];
    const redone = Y.createDeleteSet();
    eachItem(doc, item.insertions, (own) => {
      hasWritten ||= own.content instanceof Y.ContentType;
      // What was undone and done again since has other ids.
      for (let copy = own.redone; copy; ) {
        const again = Y.getItem(doc.store, copy);
        if (!(again instanceof Y.Item)) break;
        const ranges = redone.clients.get(copy.client) ?? [];
        ranges.push({ clock: copy.clock, len: own.length } as never);
        redone.clients.set(copy.client, ranges);
        copy = again.redone;
      }
    });
    eachItem(doc, item.deletions, ({ content }) => {
      hasDeleted ||= content instanceof Y.ContentType || content instanceof Y.ContentString;
    });
    this.isRewriting = hasDeleted && hasWritten;
    this.#own = Y.mergeDeleteSets([item.insertions, redone]);
  }

  /** Whether words of others went, and it could not be told where to write them back. */
  get isUnsure(): boolean {
    return this.#isUnsure;
  }

  /** Look at what the undo has just done, before Yjs forgets the deleted words. */
  note(change: Y.Transaction, schema: Schema): void {
    let hasLost = false;
    eachItem(this.#doc, change.deleteSet, (item) => {
      const isWord = item.content instanceof Y.ContentString || isLeaf(item, schema);
      if (!isWord || Y.isDeleted(this.#own, item.id)) return;
      hasLost = true;
      const ranges = this.#lost.clients.get(item.id.client) ?? [];
      ranges.push({ clock: item.id.clock, len: item.length } as never);
      this.#lost.clients.set(item.id.client, ranges);
    });
    if (!hasLost) return;
    this.#lost = Y.mergeDeleteSets([this.#lost]);
    this.#units = unitsOf(this.#body, change, schema);
    this.#isUnsure = this.#units === null;
  }

  /** Return what writes them back into the document as it is now drawn; null if there are none. */
  putBack(state: EditorState): Transaction | null {
    if (!this.#units) return null;
    const had = placed(this.#old, this.#units.before);
    if (!had) {
      this.#isUnsure = true;
      return null;
    }
    const follower = new Follower(this.#old, state.doc, this.#units, -1);
    const { tr } = state;
    const isLost = had.units.map(
      ({ client, clock }, index) =>
        Y.isDeleted(this.#lost, Y.createID(client, clock)) && !follower.isWrittenAnew(index),
    );
    for (let index = 0; index < isLost.length; index += 1) {
      if (!isLost[index]) continue;
      const from = had.from[index] ?? 0;
      while (isLost[index + 1] && had.from[index + 1] === had.to[index]) index += 1;
      this.#write(tr, follower.find(from)?.place ?? null, from, had.to[index] ?? from);
    }
    return tr.docChanged ? tr : null;
  }

  /** Write what was between `from` and `to`, at `place`, or where there is none in a block of its own. */
  #write(tr: Transaction, place: number | null, from: number, to: number): void {
    const { content } = this.#old.slice(from, to);
    const isInline = content.firstChild?.isInline ?? true;
    const at = place === null ? null : tr.mapping.map(place);
    const $at = at === null ? null : tr.doc.resolve(at);
    if (isInline && at !== null && $at?.parent.isTextblock) {
      const { type } = $at.parent;
      const fitting = content.content.flatMap((node) => {
        const marked = node.mark(type.allowedMarks(node.marks));
        if (type.validContent(Fragment.from(marked))) return [marked];
        return node.textContent ? [tr.doc.type.schema.text(node.textContent)] : [];
      });
      tr.insert(at, fitting);
      return;
    }
    const block = isInline ? tr.doc.type.schema.nodes.paragraph?.create(null, content) : content;
    // Behind the block of the document that stands where it was.
    const start = this.#old.content.findDiffStart(tr.doc.content) ?? tr.doc.content.size;
    const $start = tr.doc.resolve(Math.min(start, tr.doc.content.size));
    if (block) tr.insert($start.depth > 0 ? $start.after(1) : $start.pos, block);
  }
}

function isLeaf({ content }: Y.Item, schema: Schema): boolean {
  if (!(content instanceof Y.ContentType) || !(content.type instanceof Y.XmlElement)) return false;
  const kind = schema.nodes[content.type.nodeName];
  return kind !== undefined && (kind.isInline || kind.isLeaf);
}
