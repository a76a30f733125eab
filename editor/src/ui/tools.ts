// The bars of the page: what is in the main one and in the one at a selection, in which order.
import type { Editor } from "@tiptap/core";
import type { Key, Translate } from "../i18n";
import { COLOURS, type Colour } from "../schema/blocks";
import {
  type Action,
  ALIGNMENT,
  BLOCKS,
  CLEAR,
  HISTORY,
  INSERTS,
  LISTS,
  MARKS,
  STYLES,
} from "./actions";
import { h } from "./dom";
import { icon } from "./icons";
import { type Choice, type Entry, menuButton } from "./menu";
import { promptFootnote, promptLink, promptMath } from "./prompt";
import { actionTool, choiceOf, type Group, type Tool, Toolbar } from "./toolbar";

/** Return the actions that ask something first. */
export function askingActions(
  t: Translate,
): Record<"link" | "math" | "mathBlock" | "footnote", Action> {
  const isText = (editor: Editor) => !editor.isActive("codeBlock");
  return {
    footnote: {
      name: "footnote",
      keys: "Mod-Alt-f",
      words: "note reference jiaozhu jz",
      run: (editor) => void promptFootnote(editor, t),
      isPossible: isText,
    },
    math: {
      name: "math",
      keys: "Mod-Alt-m",
      words: "latex formula equation gongshi gs shuxue",
      run: (editor) => void promptMath(editor, t, "inlineMath"),
      isPossible: isText,
    },
    mathBlock: {
      name: "mathBlock",
      words: "latex formula equation block gongshi gs shuxue",
      run: (editor) => void promptMath(editor, t, "blockMath"),
      isPossible: isText,
    },
    link: {
      name: "link",
      keys: "Mod-k",
      run: (editor) => void promptLink(editor, t),
      isOn: (editor) => editor.isActive("link"),
      isPossible: (editor) => editor.can().setMark("link"),
    },
  };
}

/** A button with a menu. */
function menuTool(
  editor: Editor,
  label: string,
  face: readonly (Node | string)[],
  entries: () => readonly Entry[],
  look = "",
): Tool {
  const button = menuButton(
    label,
    [...face, icon("down", "chevron")],
    entries,
    `icon-button ${look}`,
  );
  button.tabIndex = -1;
  const update = () => button.setAttribute("aria-disabled", String(!editor.isEditable));
  return { button, update, entries: () => [{ heading: label }, ...entries()] };
}

/** The menu of paragraph styles; its button says which one the caret is in. */
function styleTool(editor: Editor, t: Translate): Tool {
  const words = h("span", { class: "style-name" });
  const entries = () =>
    STYLES.map((action): Choice => {
      const { name, keys } = action;
      const isOn = action.isOn?.(editor) ?? false;
      const run = () => action.run(editor);
      return { label: t(name), keys, kind: "radio", isOn, look: `style-${name}`, run };
    });
  const tool = menuTool(editor, t("style"), [words], entries, "style-button");
  const update = () => {
    tool.update();
    const { $from } = editor.state.selection;
    const { type, attrs } = $from.parent;
    const level = STYLES.find(({ name }) => name === `heading${attrs.level}`);
    const heading = level ? level.name : ("headingOther" as const);
    const said: Key =
      type.name === "heading" ? heading : type.name === "codeBlock" ? "codeBlock" : "text";
    if (words.textContent !== t(said)) words.textContent = t(said);
    tool.button.setAttribute("aria-label", `${t("style")}: ${t(said)}`);
  };
  return { ...tool, update };
}

const COLOUR_NAMES = {
  gray: "colourGray",
  red: "colourRed",
  orange: "colourOrange",
  green: "colourGreen",
  blue: "colourBlue",
  purple: "colourPurple",
} as const satisfies Record<Colour, Key>;

/** The colours of letters, and the marker. */
function colourTool(editor: Editor, t: Translate, highlight: Action): Tool {
  const bar = h("span", { class: "colour-bar", "aria-hidden": "true" });
  const now = (): unknown => editor.getAttributes("textColor").color;
  const entries = (): Entry[] => {
    const plain: Choice = {
      label: t("colourPlain"),
      swatch: "swatch-plain",
      kind: "radio",
      isOn: !now(),
      run: () => void editor.chain().focus().unsetMark("textColor").run(),
    };
    const colours = COLOURS.map((color): Choice => {
      const run = () => void editor.chain().focus().setMark("textColor", { color }).run();
      const label = t(COLOUR_NAMES[color]);
      return { label, swatch: `swatch-${color}`, kind: "radio", isOn: now() === color, run };
    });
    return [plain, ...colours, "rule", choiceOf(editor, t, highlight)];
  };
  const face = [h("span", { class: "colour-face" }, icon("colour"), bar)];
  const tool = menuTool(editor, t("colour"), face, entries, "menu-tool");
  const update = () => {
    tool.update();
    const color = now();
    bar.dataset.color = typeof color === "string" ? color : "";
  };
  return { ...tool, update };
}

const found = <Name extends string>(actions: readonly Action[], ...names: Name[]): Action[] =>
  names.flatMap((name) => actions.filter((action) => action.name === name));

/** Return the main toolbar. `files` are the actions that bring pictures and files. */
export function mainToolbar(editor: Editor, t: Translate, files: readonly Action[]): Toolbar {
  const { link, math, mathBlock, footnote } = askingActions(t);
  const tool = (action: Action) => actionTool(editor, t, action);
  const choice = (action: Action) => choiceOf(editor, t, action);
  const inserts = () => {
    const blocks = found(BLOCKS, "quote", "codeBlock");
    const asked = [footnote, math, mathBlock];
    return [
      ...files.map(choice),
      "rule" as const,
      ...[...INSERTS, ...blocks].map(choice),
      "rule" as const,
      ...asked.map(choice),
    ];
  };
  const alignments = (): Entry[] => {
    const isPlain = !ALIGNMENT.some((action) => action.isOn?.(editor));
    const set = ALIGNMENT.find((action) => action.isOn?.(editor));
    const start: Choice = {
      label: t("alignStart"),
      icon: "alignStart",
      kind: "radio",
      isOn: isPlain,
      run: () => (set ? set.run(editor) : void editor.commands.focus()),
    };
    return [start, ...ALIGNMENT.map((action) => ({ ...choice(action), kind: "radio" as const }))];
  };
  const highlight = found(MARKS, "highlight")[0] as Action;
  const colour = colourTool(editor, t, highlight);
  const align = menuTool(editor, t("alignment"), [icon("alignStart")], alignments, "menu-tool");
  const insert = menuTool(editor, t("insert"), [icon("insert")], inserts, "menu-tool");
  const groups: Group[] = [
    { label: "undoRedo", tools: HISTORY.map(tool), rank: 3 },
    { tools: [styleTool(editor, t)] },
    { label: "letters", tools: found(MARKS, "bold", "italic").map(tool) },
    {
      label: "lettersMore",
      tools: [...found(MARKS, "underline", "strike", "code"), link].map(tool),
      rank: 5,
    },
    { tools: [colour], rank: 4 },
    { label: "lists", tools: LISTS.map(tool), rank: 6 },
    { tools: [align], rank: 7 },
    { tools: [insert] },
  ];
  const rest = [...found(MARKS, "subscript", "superscript"), CLEAR];
  return new Toolbar(editor, t, "toolbar", groups, () => rest.map(choice));
}

/** Return the small toolbar that stands by a selection. */
export function selectionToolbar(editor: Editor, t: Translate, whoWrote: () => void): Toolbar {
  const marks = found(MARKS, "bold", "italic", "underline", "strike", "code", "highlight");
  const tool = (action: Action) => actionTool(editor, t, action);
  return new Toolbar(editor, t, "selectionMenu", [
    { tools: [...marks, askingActions(t).link].map(tool) },
    { tools: [tool({ name: "whoWrote", run: whoWrote })] },
  ]);
}
