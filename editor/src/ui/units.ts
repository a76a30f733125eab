// The text before and after a change in the Yjs document, as a row of units that keep their Yjs ids: what
// a caret can be beside. The same row is found again in the editor's document, where each unit has a place.
import type { Node, Schema } from "@tiptap/pm/model";
import * as Y from "yjs";

/** A letter, an inline node, a block without text, the begin of a text block, or a whole untouched block. */
export interface Unit {
  readonly client: number;
  readonly clock: number;
  /** The letter itself, or one of the signs below. */
  readonly text: string;
  /** Its place in the row before and after the change; -1 where it is not in it. */
  readonly was: number;
  readonly now: number;
}
export interface Units {
  readonly before: readonly Unit[];
  readonly after: readonly Unit[];
}
/** Units with their places in a document of the editor. */
export interface Row {
  readonly units: readonly Unit[];
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** The begin of a text block. */
export const BLOCK = "\n";
/** A node that holds no text of its own: an image, a formula, a break, a footnote. */
const LEAF = "\ufffc";
/** A block of the document in which nothing has changed. */
export const WHOLE = "\0";

/** More units are not looked at: a caret is not worth holding up the page. A megabyte of a changed text. */
const MOST = 200_000;

/** Return the units before and after `transaction`, which has just been applied; null if they are too many. */
export function unitsOf(
  body: Y.XmlFragment,
  transaction: Y.Transaction,
  schema: Schema,
): Units | null {
  const before: Unit[] = [];
  const after: Unit[] = [];
  const isOld = ({ id }: Y.Item) => id.clock < (transaction.beforeState.get(id.client) ?? 0);
  const put = (item: Y.Item, texts: string) => {
    const { client, clock } = item.id;
    const was = isOld(item) && (!item.deleted || Y.isDeleted(transaction.deleteSet, item.id));
    if (!was && item.deleted) return;
    for (let offset = 0; offset < texts.length; offset += 1) {
      const unit = {
        client,
        clock: clock + offset,
        text: texts.charAt(offset),
        was: was ? before.length : -1,
        now: item.deleted ? -1 : after.length,
      };
      if (was) before.push(unit);
      if (!item.deleted) after.push(unit);
    }
  };
  const walk = (parent: Y.AbstractType<unknown>) => {
    for (let item = parent._start; item; item = item.right) {
      if (before.length > MOST || after.length > MOST) return;
      const { content } = item;
      if (content instanceof Y.ContentString) put(item, content.str);
      else if (content instanceof Y.ContentType && !(parent instanceof Y.XmlText))
        enter(content.type, item);
      // Among the letters, or of a kind that has no place: shown as one.
      else if (item.countable) put(item, LEAF.repeat(item.length));
    }
  };
  const enter = (type: Y.AbstractType<unknown>, item: Y.Item) => {
    const kind = type instanceof Y.XmlElement ? schema.nodes[type.nodeName] : undefined;
    // What the schema does not know is shown as one thing.
    if (type instanceof Y.XmlElement && (!kind || kind.isInline || kind.isLeaf)) {
      put(item, LEAF);
      return;
    }
    if (kind?.isTextblock) put(item, BLOCK);
    walk(type);
  };
  for (let item = body._start; item; item = item.right) {
    if (!(item.content instanceof Y.ContentType)) continue;
    const { type } = item.content;
    const isUntouched = !item.deleted && isOld(item) && !transaction.changedParentTypes.has(type);
    if (isUntouched) put(item, WHOLE);
    else enter(type, item);
  }
  return before.length > MOST || after.length > MOST ? null : { before, after };
}

/** Give the units their places in `doc`; null if it does not have just these. */
export function placed(doc: Node, units: readonly Unit[]): Row | null {
  const [starts, ends]: [number[], number[]] = [[], []];
  let isAlike = true;
  const put = (text: string, from: number, to: number) => {
    isAlike &&= units[starts.length]?.text === text;
    starts.push(from);
    ends.push(to);
  };
  doc.descendants((node, pos, parent) => {
    if (!isAlike) return false;
    if (parent === doc && units[starts.length]?.text === WHOLE) {
      put(WHOLE, pos, pos + node.nodeSize);
      return false;
    }
    if (node.isText) {
      const { text = "" } = node;
      for (let i = 0; i < text.length; i += 1) put(text.charAt(i), pos + i, pos + i + 1);
    } else if (node.isInline || node.isLeaf) {
      put(LEAF, pos, pos + node.nodeSize);
      return false;
    } else if (node.isTextblock) put(BLOCK, pos, pos + 1);
    return true;
  });
  return isAlike && starts.length === units.length ? { units, from: starts, to: ends } : null;
}
