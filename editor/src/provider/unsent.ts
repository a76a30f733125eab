// The words in a document that the server has not confirmed, in reading order: for a person who is shut out
// to take along. Pure.
import * as Y from "yjs";

/** What the server has of a document: for each client how many of its items. */
export type Known = ReadonlyMap<number, number>;

/** Return the text in `doc` beyond `known` that is not deleted; a line for each block. */
export function wordsBeyond(doc: Y.Doc, known: Known): string {
  const lines: string[] = [];
  for (const type of doc.share.values()) walk(type, known, lines);
  return lines.join("\n");
}

function walk(type: Y.ContentType["type"], known: Known, lines: string[]): void {
  let line = "";
  for (let item = type._start; item; item = item.right) {
    if (item.deleted) continue;
    if (item.content instanceof Y.ContentType) {
      walk(item.content.type, known, lines);
    } else if (item.content instanceof Y.ContentString) {
      const seen = (known.get(item.id.client) ?? 0) - item.id.clock;
      line += item.content.str.slice(Math.max(0, seen));
    }
  }
  if (line.trim()) lines.push(line);
}
