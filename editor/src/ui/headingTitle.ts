// A document without a name takes its first heading for its title, and follows it until somebody names it.
import type { Editor } from "@tiptap/core";
import { isChangeOrigin } from "@tiptap/extension-collaboration";
import type { Node } from "@tiptap/pm/model";
import type { Title } from "./title";

/** So long after the last letter the heading counts as written. */
const REST_MS = 1200;

/** Return the words of the first heading of `doc`; the empty string: there is none. */
export function firstHeading(doc: Node): string {
  let found = "";
  doc.forEach((block) => {
    if (!found && block.type.name === "heading") found = block.textContent.trim();
  });
  return found.replace(/\s+/g, " ");
}

/** Let `title` follow the first heading of `editor`. Only the page on which it was written says so. */
export function titleFromHeading(editor: Editor, title: Title): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  editor.on("transaction", ({ transaction }) => {
    if (!transaction.docChanged || isChangeOrigin(transaction)) return;
    clearTimeout(timer);
    if (title.isNamed) return;
    timer = setTimeout(() => {
      if (!editor.isDestroyed) title.suggest(firstHeading(editor.state.doc));
    }, REST_MS);
  });
  editor.on("destroy", () => clearTimeout(timer));
}
