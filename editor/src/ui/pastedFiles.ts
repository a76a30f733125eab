// Files of another document in what is pasted or dropped: this document gets rows of its own on the same bytes, so that
// everybody who reads it sees them, whoever may read the other one.
import { Extension } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { type EditorState, Plugin, type Transaction } from "@tiptap/pm/state";
import { call } from "../api/rest";
import type { Bootstrap } from "../bootstrap";
import type { Uploaded } from "./uploads";

type Target = Pick<Bootstrap, "apiUrl" | "csrfToken" | "document">;

const FILE = /\/d\/([0-9a-f-]{36})\/files\/[0-9a-f-]{36}\/$/;

/** Return the path of a file of another document of this server that `address` names; null: it names none. */
export function foreignFile(address: unknown, documentId: string, origin: string): string | null {
  if (typeof address !== "string" || !address.includes("/files/")) return null;
  const url = URL.parse(address, origin);
  const found = url?.origin === origin ? FILE.exec(url.pathname) : null;
  return found === null || found[1] === documentId ? null : found[0];
}

function addressesOf(node: Node): unknown[] {
  return [node.attrs.src, ...node.marks.map((mark) => mark.attrs.href)];
}

/** Return the change that puts `address` where what `isOld` is true of stands; null: it stands nowhere. */
export function readdressed(
  state: EditorState,
  isOld: (address: unknown) => boolean,
  address: string,
): Transaction | null {
  const tr = state.tr;
  state.doc.descendants((node, at) => {
    if (isOld(node.attrs.src)) tr.setNodeAttribute(at, "src", address);
    for (const mark of node.marks.filter(({ attrs }) => isOld(attrs.href))) {
      tr.removeMark(at, at + node.nodeSize, mark);
      tr.addMark(at, at + node.nodeSize, mark.type.create({ ...mark.attrs, href: address }));
    }
  });
  // A step of its own would make the first undo after a paste do nothing that anybody sees.
  return tr.docChanged ? tr.setMeta("addToHistory", false) : null;
}

/** Return the extension that has files of other documents copied when they come with a paste or a drop. */
export function pastedFilesOfOthers(target: Target): Extension {
  const path = (address: unknown) => foreignFile(address, target.document.id, location.origin);
  return Extension.create({
    name: "pastedFiles",
    addProseMirrorPlugins() {
      const editor = this.editor;
      const copy = async (old: string) => {
        // Refused, it stays as it was pasted: who may see it there goes on seeing it.
        const made = await call<Uploaded>(
          target,
          "POST",
          `/documents/${target.document.id}/attachments/copy`,
          { url: old },
        ).catch(() => null);
        if (made === null || editor.isDestroyed) return;
        const tr = readdressed(editor.state, (address) => path(address) === old, made.url);
        if (tr !== null) editor.view.dispatch(tr);
      };
      return [
        new Plugin({
          appendTransaction(transactions, _before, state) {
            const isPasted = (tr: Transaction) =>
              tr.docChanged && ["paste", "drop"].includes(tr.getMeta("uiEvent") as string);
            if (!transactions.some(isPasted)) return null;
            const found = new Set<string>();
            state.doc.descendants((node) => {
              for (const address of addressesOf(node)) {
                const old = path(address);
                if (old !== null) found.add(old);
              }
            });
            for (const old of found) void copy(old);
            return null;
          },
        }),
      ];
    },
  });
}
