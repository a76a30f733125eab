// Which version of the schema a document was written with. The number stands in the document itself, as `version`
// in the Yjs map `schema`; without one it is 1. A page writes it together with the first node or mark of a newer
// schema, never by reading: see docs/protocol.md.
import type { Node } from "@tiptap/pm/model";
import type * as Y from "yjs";

/** Raise it with each node or mark that older pages do not know, and name that in SINCE. */
export const SCHEMA_VERSION = 1;
const SINCE: ReadonlyMap<string, number> = new Map();

const ROOT = "schema";
const KEY = "version";
const FIRST = 1;

/** Return the version of the schema that `doc` was written with. */
export function versionOf(doc: Y.Doc): number {
  if (!doc.share.has(ROOT)) return FIRST;
  try {
    const value = doc.getMap(ROOT).get(KEY);
    return Number.isSafeInteger(value) ? Number(value) : FIRST;
  } catch {
    return FIRST; // the name is taken by another program's data
  }
}

/** Return the least version whose schema knows all of `node`. */
export function newestIn(node: Node, since: ReadonlyMap<string, number> = SINCE): number {
  let newest = FIRST;
  if (since.size === 0) return newest;
  node.descendants(({ type, marks }) => {
    for (const { name } of [type, ...marks.map((mark) => mark.type)]) {
      newest = Math.max(newest, since.get(name) ?? FIRST);
    }
  });
  return newest;
}

/** Note in `doc` that `node`, which was written into it, needs a schema of this version. */
export function noteVersion(doc: Y.Doc, node: Node, since?: ReadonlyMap<string, number>): void {
  const known = versionOf(doc);
  if (known >= SCHEMA_VERSION && since === undefined) return;
  const needed = newestIn(node, since);
  if (needed > known) doc.getMap(ROOT).set(KEY, needed);
}

/** Whether a newer version of the page wrote in `doc`. */
export function isNewer(doc: Y.Doc): boolean {
  return versionOf(doc) > SCHEMA_VERSION;
}
