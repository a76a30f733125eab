// Gives each text block that this page makes its Yjs text at once. y-tiptap makes it with the first
// character: two people who begin to write in a new paragraph at the same moment would each make one, and
// the editor that then sees two copies one into the other, so that words are doubled.
import { ySyncPluginKey } from "@tiptap/y-tiptap";
import * as Y from "yjs";

const TEXT_BLOCKS = new Set(["paragraph", "heading", "codeBlock", "detailsSummary", "footnote"]);

function emptyBlocks(type: unknown, found: Y.XmlElement[]): Y.XmlElement[] {
  if (!(type instanceof Y.XmlElement)) return found;
  if (type.length === 0 && TEXT_BLOCKS.has(type.nodeName)) found.push(type);
  for (const child of type.toArray()) emptyBlocks(child, found);
  return found;
}

/** Keep it so for all that the editor writes into `body`. */
export function keepTexts(body: Y.XmlFragment): void {
  body.observeDeep((events, transaction) => {
    if (transaction.origin !== ySyncPluginKey) return;
    const found: Y.XmlElement[] = [];
    for (const event of events) {
      if (event.target instanceof Y.XmlText) continue; // a keystroke makes no block
      for (const item of event.changes.added) {
        if (item.content instanceof Y.ContentType) emptyBlocks(item.content.type, found);
      }
    }
    if (found.length === 0) return;
    // In the same origin, so that undoing the block undoes its text.
    body.doc?.transact(() => {
      for (const block of found) block.insert(0, [new Y.XmlText()]);
    }, ySyncPluginKey);
  });
}
