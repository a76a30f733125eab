// What plugins add by themselves after others' words have come (a link made of an address, a repaired table)
// is not this person's writing: reading a document does not change it.
import { Extension } from "@tiptap/core";
import { isChangeOrigin } from "@tiptap/extension-collaboration";
import { Plugin } from "@tiptap/pm/state";
import { ySyncPluginKey } from "@tiptap/y-tiptap";

export const untouched = Extension.create({
  name: "untouched",
  priority: 10_000,
  addProseMirrorPlugins() {
    const { editor } = this;
    return [
      new Plugin({
        // What follows a transaction by itself is made on a state that the editor does not have yet.
        filterTransaction: (transaction, state) =>
          !transaction.docChanged ||
          isChangeOrigin(transaction) ||
          state === editor.state ||
          !ySyncPluginKey.getState(state)?.isChangeOrigin,
      }),
    ];
  },
});
