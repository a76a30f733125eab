// Editors on Yjs documents of their own, for tests: what people do before they have heard of each other.
import { Editor } from "@tiptap/core";
import { Collaboration } from "@tiptap/extension-collaboration";
import { ySyncPluginKey } from "@tiptap/y-tiptap";
import * as Y from "yjs";
import { NO_WORDS, schemaExtensions } from "../schema/extensions";
import { untouched } from "./binding/untouched";
import { narrowRemoteChanges } from "./narrow";
import { OwnUndo, ownUndo } from "./undo";

narrowRemoteChanges();

/** Return an editor as the page makes it, on a copy of what `update` holds. */
export function replica(update?: Uint8Array, clientId?: number): Editor {
  const doc = new Y.Doc();
  if (clientId !== undefined) doc.clientID = clientId;
  if (update) Y.applyUpdate(doc, update);
  const body = doc.getXmlFragment("default");
  const undo = new OwnUndo(body);
  return new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: [
      ...schemaExtensions(NO_WORDS),
      untouched,
      Collaboration.configure({ document: doc, yUndoOptions: { undoManager: undo } }),
      ownUndo(undo),
    ],
  });
}

/** The Yjs document of an editor. */
export function docOf(editor: Editor): Y.Doc {
  return (ySyncPluginKey.getState(editor.state) as { readonly doc: Y.Doc }).doc;
}

export const stateOf = (editor: Editor) => Y.encodeStateAsUpdate(docOf(editor));

/** Let `to` hear, in one update, of all that `from` has and it has not. */
export function send(from: Editor, to: Editor): void {
  const known = Y.encodeStateVector(docOf(to));
  Y.applyUpdate(docOf(to), Y.encodeStateAsUpdate(docOf(from), known), "remote");
}

/** Type as a person does, letter by letter. */
export function type(editor: Editor, words: string): void {
  for (const letter of words) editor.view.dispatch(editor.state.tr.insertText(letter));
}
