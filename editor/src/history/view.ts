// The document as it was: a read-only editor whose state is put in place whole, so that blocks that did not
// change between two moments keep their elements.
import { Editor } from "@tiptap/core";
import { EditorState } from "@tiptap/pm/state";
import type { Translate } from "../i18n";
import { schemaExtensions } from "../schema/extensions";
import { readJson } from "../ui/binding/json";
import { h } from "../ui/dom";
import { schemaWords } from "../ui/schemaWords";

export class MomentView {
  readonly element = h("div", { class: "text" });
  readonly #editor: Editor;

  constructor(t: Translate) {
    this.#editor = new Editor({
      element: this.element,
      editable: false,
      injectCSS: false,
      extensions: schemaExtensions(schemaWords(t)),
      editorProps: {
        attributes: { role: "document", "aria-label": t("content"), tabindex: "0" },
      },
    });
  }

  /** Show `content`, ProseMirror JSON. */
  show(content: unknown): void {
    const { schema, state, view } = this.#editor;
    const doc = readJson(schema, content);
    view.updateState(EditorState.create({ doc, plugins: state.plugins }));
  }
}
