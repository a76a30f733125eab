// Bars that are shown at a block while the caret is in it (floating.ts).
import type { Editor } from "@tiptap/core";
import type { Key, Translate } from "../i18n";
import { CALLOUTS, type Callout } from "../schema/blocks";
import { LANGUAGES } from "../schema/code";
import { type Action, IN_TABLE } from "./actions";
import { h } from "./dom";
import { type IconName, icon } from "./icons";
import type { Entry } from "./menu";
import { promptImageDetails } from "./pictures";
import { promptFootnote, promptMath } from "./prompt";
import { selectedCell, sideEntries } from "./tableHandles";
import { actionTool, type Tool, Toolbar } from "./toolbar";

/** How long a button says what came of it. */
const SAID_MS = 1500;

export interface ContextBar {
  readonly element: HTMLElement;
  /** Name of the node that it is about. */
  readonly node: string;
  readonly isWanted: (editor: Editor) => boolean;
  readonly update: () => void;
}

function bar(
  editor: Editor,
  t: Translate,
  label: Key,
  node: string,
  actions: readonly Action[],
): ContextBar {
  const toolbar = new Toolbar(editor, t, label, [
    { tools: actions.map((action) => actionTool(editor, t, action)) },
  ]);
  const isWanted = (of: Editor) => of.isActive(node);
  return { element: toolbar.element, node, isWanted, update: () => toolbar.update() };
}

/** The bar of a picture; one that nobody can know without seeing it asks for words. */
function imageBar(editor: Editor, t: Translate): ContextBar {
  const details: Action = { name: "imageDetails", run: () => void promptImageDetails(editor, t) };
  const button = h(
    "button",
    {
      type: "button",
      class: "button quiet describe",
      tabindex: "-1",
      click: () => void promptImageDetails(editor, t, "alt"),
    },
    t("describeImage"),
  );
  const describe: Tool = {
    button,
    entries: () => [],
    update: () => {
      button.hidden = Boolean(editor.getAttributes("image").alt);
    },
  };
  const toolbar = new Toolbar(editor, t, "image", [
    { tools: [actionTool(editor, t, details), describe] },
  ]);
  return {
    element: toolbar.element,
    node: "image",
    isWanted: (of) => of.isActive("image"),
    update: () => toolbar.update(),
  };
}

/** The bar of a table; its menu has all that the handles have, for who has no pointer. */
function tableBar(editor: Editor, t: Translate): ContextBar {
  const tools = (names: readonly string[]) =>
    IN_TABLE.filter(({ name }) => names.includes(name)).map((one) => actionTool(editor, t, one));
  const groups = [
    { tools: tools(["rowAfter", "columnAfter"]) },
    { tools: tools(["headerRow", "headerColumn", "mergeCells"]), rank: 2 },
    { tools: tools(["deleteRow", "deleteColumn", "deleteTable"]), rank: 1 },
  ];
  const rest = (): Entry[] => {
    const cell = selectedCell(editor);
    if (!cell) return [];
    return [
      { heading: t("row") },
      ...sideEntries(editor, t, "row", cell),
      { heading: t("column") },
      ...sideEntries(editor, t, "column", cell),
    ];
  };
  const toolbar = new Toolbar(editor, t, "table", groups, rest, "rowAndColumn");
  return {
    element: toolbar.element,
    node: "table",
    isWanted: (of) => of.isActive("table"),
    update: () => toolbar.update(),
  };
}

const CALLOUT_ICONS = {
  note: "calloutNote",
  tip: "calloutTip",
  important: "calloutImportant",
  warning: "calloutWarning",
  caution: "calloutCaution",
} as const satisfies Record<Callout, IconName & Key>;

function kinds(): Action[] {
  return CALLOUTS.map((kind) => ({
    name: CALLOUT_ICONS[kind],
    run: (editor) => {
      editor.chain().focus().updateAttributes("callout", { kind }).run();
    },
    isOn: (editor) => editor.isActive("callout", { kind }),
  }));
}

const endCallout: Action = {
  name: "unwrap",
  run: (editor) => {
    editor.chain().focus().lift("callout").run();
  },
};

function codeBar(editor: Editor, t: Translate): ContextBar {
  const select = h(
    "select",
    {
      class: "input language",
      "aria-label": t("language"),
      change: () => {
        const language = select.value || null;
        editor.chain().focus().updateAttributes("codeBlock", { language }).run();
      },
    },
    h("option", { value: "" }, t("noLanguage")),
    ...[...LANGUAGES].map(([value, name]) => h("option", { value }, name)),
  );
  const copy = h("button", {
    type: "button",
    class: "icon-button",
    mousedown: (event) => event.preventDefault(),
    click: () => void copied(),
  });
  const show = (name: "copyCode" | "copied" | "copyFailed") => {
    copy.replaceChildren(icon(name === "copied" ? "check" : "copyCode"));
    copy.setAttribute("aria-label", t(name));
    copy.title = t(name);
  };
  show("copyCode");
  const copied = async () => {
    try {
      await navigator.clipboard.writeText(editor.state.selection.$from.parent.textContent);
      show("copied");
    } catch {
      show("copyFailed");
    }
    setTimeout(() => show("copyCode"), SAID_MS);
  };
  const element = h("div", { class: "toolbar" }, select, copy);
  const update = () => {
    const { language } = editor.getAttributes("codeBlock");
    const shown = typeof language === "string" ? language : "";
    if (shown && ![...select.options].some((option) => option.value === shown)) {
      select.append(h("option", { value: shown }, shown)); // from elsewhere: shown, without colours
    }
    select.value = shown;
  };
  return { element, node: "codeBlock", isWanted: (of) => of.isActive("codeBlock"), update };
}

/** Return the bars, in the order in which they are looked for; the first that is wanted is shown. */
export function contextBars(editor: Editor, t: Translate): readonly ContextBar[] {
  const formula = (name: "inlineMath" | "blockMath"): Action => ({
    name: "editMath",
    run: () => void promptMath(editor, t, name),
  });
  const note: Action = { name: "editFootnote", run: () => void promptFootnote(editor, t) };
  const bars = [
    imageBar(editor, t),
    bar(editor, t, "math", "inlineMath", [formula("inlineMath")]),
    bar(editor, t, "mathBlock", "blockMath", [formula("blockMath")]),
    bar(editor, t, "footnote", "footnote", [note]),
    codeBar(editor, t),
    tableBar(editor, t),
    bar(editor, t, "callout", "callout", [...kinds(), endCallout]),
  ];
  for (const { element } of bars) element.classList.add("context-bar");
  return bars;
}
