// Addresses become links when the word that they are is ended. Only what says that it is an address: a scheme, "www.",
// or a mailbox. `README.md` and `3.5.zip` look like hosts and are none.
import { Extension, markPasteRule } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import { isSafeLink } from "../../schema/extensions";
import { completeAddress } from "../prompt";

const ADDRESS = /^(?:https?:\/\/|www\.)[^\s<>"]+$/i;
const MAILBOX = /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/;
/** What stands before an address without being of it. */
const LEADING = /^["'(<[{«“‘（【《「，。：；]+/;
const TRAILING = /["'.,:;!?>»”’，。：；！？、）】》」]+$/;
const MAX_CHARS = 2000;

/** Return where in `word` an address stands, and it; null: none does. */
export function addressOf(
  word: string,
): { readonly from: number; readonly to: number; readonly href: string } | null {
  if (word.length > MAX_CHARS) return null;
  const from = LEADING.exec(word)?.[0].length ?? 0;
  let text = word.slice(from);
  for (let before = ""; before !== text; ) {
    before = text;
    text = text.replace(TRAILING, "");
    // A bracket that closes one in the address is of it: /wiki/Tree_(graph_theory)
    for (const [open, close] of ["()", "[]", "{}"]) {
      if (text.endsWith(close ?? "") && count(text, open ?? "") < count(text, close ?? "")) {
        text = text.slice(0, -1);
      }
    }
  }
  if (!ADDRESS.test(text) && !MAILBOX.test(text)) return null;
  const href = completeAddress(text);
  return isSafeLink(href) ? { from, to: from + text.length, href } : null;
}

const count = (text: string, sign: string) => text.split(sign).length - 1;

/** Mark the address that ends before the caret. */
function linkLastWord(view: EditorView): void {
  const { state } = view;
  const { $from, empty } = state.selection;
  const { link, code } = state.schema.marks;
  if (!empty || !link || !$from.parent.type.allowsMarkType(link)) return;
  const before = $from.parent.textBetween(0, $from.parentOffset, undefined, " ");
  const word = /\S+$/.exec(before.slice(-MAX_CHARS - 1))?.[0] ?? "";
  const found = addressOf(word);
  if (!found) return;
  const start = $from.pos - word.length;
  const [from, to] = [start + found.from, start + found.to];
  const isTaken = [link, ...(code ? [code] : [])].some((mark) =>
    state.doc.rangeHasMark(from, to, mark),
  );
  if (isTaken) return;
  view.dispatch(state.tr.addMark(from, to, link.create({ href: found.href })));
}

/** Return the extension that makes links of typed addresses. */
export const autolink = Extension.create({
  name: "typedAddresses",
  addPasteRules() {
    const { link } = this.editor.schema.marks;
    if (!link) return [];
    const find = (text: string) =>
      [...text.matchAll(/\S+/g)].flatMap(({ 0: word, index }) => {
        const found = addressOf(word);
        if (!found) return [];
        const { from, to, href } = found;
        return [{ index: index + from, text: word.slice(from, to), data: { href } }];
      });
    return [markPasteRule({ find, type: link, getAttributes: ({ data }) => data ?? null })];
  },
  addProseMirrorPlugins: () => [
    new Plugin({
      props: {
        handleTextInput: (view, _from, _to, text) => {
          if (/^\s$/.test(text)) linkLastWord(view);
          return false;
        },
        handleKeyDown: (view, event) => {
          if (event.key === "Enter" && !event.isComposing) linkLastWord(view);
          return false;
        },
      },
    }),
  ],
});
