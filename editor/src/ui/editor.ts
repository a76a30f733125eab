// The text box: Tiptap on the document's Yjs fragment.
import { Editor, Extension, flattenExtensions } from "@tiptap/core";
import { BubbleMenu } from "@tiptap/extension-bubble-menu";
import { Collaboration } from "@tiptap/extension-collaboration";
import { Focus, Placeholder } from "@tiptap/extensions";
import { GapCursor } from "@tiptap/pm/gapcursor";
import { type EditorState, Selection, TextSelection } from "@tiptap/pm/state";
import type { Bootstrap } from "../bootstrap";
import type { Translate } from "../i18n";
import type { Provider } from "../provider/provider";
import { schemaExtensions } from "../schema/extensions";
import { type Action, BLOCKS, CLEAR, INSERTS, MARKS } from "./actions";
import { authorRuns } from "./authors";
import { type Bound, bounds } from "./binding/bounds";
import { unsentMarks } from "./binding/unsent";
import { untouched } from "./binding/untouched";
import { BODY } from "./body";
import { carets } from "./carets";
import { composing } from "./composing";
import { copyText } from "./copy";
import { links } from "./links";
import { ownCaret, readSelection } from "./ownCaret";
import { paste } from "./paste";
import { pastedFilesOfOthers } from "./pastedFiles";
import { fileActions } from "./pictures";
import { schemaWords } from "./schemaWords";
import { slashMenu } from "./slash";
import { askingActions } from "./tools";
import { autolink } from "./typing/autolink";
import { blockKeys } from "./typing/blockKeys";
import { typedBlocks } from "./typing/blocks";
import { emphasis, REPLACED } from "./typing/emphasis";
import { tabKey } from "./typing/tab";
import { OwnUndo, ownUndo } from "./undo";
import { uploads } from "./uploads";

export interface EditorParts {
  readonly element: HTMLElement;
  readonly bubble: HTMLElement;
  readonly page: Bootstrap;
  readonly provider: Provider;
  readonly t: Translate;
  readonly isEditable: boolean;
  readonly toToolbar: () => void;
  readonly showShortcuts: () => void;
  /** Say something that has been done, or was not. */
  readonly tell: (message: string) => void;
  /** Something was not done because the server would refuse it. */
  readonly tellBound: (bound: Bound) => void;
}

/** Bind the keys of the actions that Tiptap does not bind by itself. */
function actionKeys(parts: EditorParts): Extension {
  const bound =
    (action: Action) =>
    ({ editor }: { editor: Editor }) => {
      action.run(editor);
      return true;
    };
  return Extension.create({
    name: "actionKeys",
    priority: 1000,
    addKeyboardShortcuts() {
      const { link, math, footnote } = askingActions(parts.t);
      const actions = [...MARKS, ...BLOCKS, ...INSERTS, CLEAR, link, math, footnote];
      const keys = actions.flatMap((action) => (action.keys ? [[action.keys, bound(action)]] : []));
      return {
        ...Object.fromEntries(keys),
        "Alt-F10": () => {
          parts.toToolbar();
          return true;
        },
        "Mod-/": () => {
          parts.showShortcuts();
          return true;
        },
      };
    },
  });
}

/** Return the selection that is there already where letters go in, else the nearest such, else a gap that loses nothing. */
export function firstSelection({ doc, selection }: EditorState): Selection {
  if (selection instanceof TextSelection && selection.$from.parent.inlineContent) return selection;
  const first = Selection.atStart(doc);
  // On a formula or a picture the first letter would replace it.
  return first instanceof TextSelection ? first : new GapCursor(doc.resolve(0));
}

/** Make the editor. The document must have come: an editor of an empty one could write into it. */
export function makeEditor(parts: EditorParts): Editor {
  const { provider, t } = parts;
  const undo = new OwnUndo(provider.doc.getXmlFragment(BODY), () => provider.noteUndo());
  const schema = schemaExtensions(schemaWords(t));
  const ruled = flattenExtensions(schema).filter(({ name }) => !REPLACED.has(name));
  const resume = provider.pauseWhile(() => !editor.isDestroyed && editor.view.composing);
  const editor: Editor = new Editor({
    element: parts.element,
    editable: parts.isEditable,
    // It looks for what was deleted, which nobody asks, in the square of the steps: seconds for a long selection.
    enableCoreExtensions: { delete: false },
    injectCSS: false, // the content security policy forbids style elements
    enableInputRules: [...ruled, emphasis, typedBlocks],
    // Pasted signs of Markdown are read as a whole (paste.ts), or left alone.
    enablePasteRules: [autolink],
    onDestroy: provider.onRescued((rescued) => undo.rescued(rescued)),
    extensions: [
      ...schema,
      untouched,
      bounds({ ...parts.page.limits, room: () => provider.roomToWrite }, parts.tellBound),
      unsentMarks(t("unsentTitle")),
      Collaboration.configure({
        document: provider.doc,
        field: BODY,
        yUndoOptions: { undoManager: undo },
      }),
      ownUndo(undo),
      carets(provider.awareness),
      ownCaret,
      composing(() => resume()),
      authorRuns,
      paste(t, parts.tell),
      copyText,
      // The block of the caret is always laid out (text.css): in one that is not, the browser puts the
      // caret before the first letter.
      Focus.configure({ className: "has-focus", mode: "shallowest" }),
      Placeholder.configure({ placeholder: t("placeholder") }),
      BubbleMenu.configure({
        element: parts.bubble,
        shouldShow: ({ editor, state, view }) =>
          editor.isEditable &&
          view.hasFocus() &&
          !state.selection.empty &&
          !["image", "inlineMath", "blockMath", "footnote"].some((name) => editor.isActive(name)) &&
          !editor.isActive("codeBlock"),
      }),
      slashMenu(t, fileActions(parts.page, t)),
      uploads(parts.page, t),
      pastedFilesOfOthers(parts.page),
      emphasis,
      typedBlocks,
      autolink,
      links(t),
      tabKey(t),
      blockKeys,
      actionKeys(parts),
    ],
    editorProps: {
      attributes: {
        role: "textbox",
        "aria-multiline": "true",
        "aria-label": t("content"),
        "aria-readonly": String(!parts.isEditable),
      },
    },
  });
  editor.view.dispatch(editor.state.tr.setSelection(firstSelection(editor.state)));
  editor.on(
    "destroy",
    provider.onIncoming(() => readSelection(editor.view)),
  );
  return editor;
}
