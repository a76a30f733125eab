// The sheet of keyboard shortcuts.
import type { Translate } from "../i18n";
import { BLOCKS, CLEAR, HISTORY, INSERTS, MARKS, shownKeys } from "./actions";
import { h } from "./dom";
import { askingActions } from "./tools";

/** Show the sheet; Escape and the button close it. */
export function showShortcuts(t: Translate): void {
  const rows: [string, string][] = [
    ...MARKS,
    askingActions(t).link,
    CLEAR,
    ...BLOCKS,
    ...INSERTS,
    askingActions(t).math,
    askingActions(t).footnote,
    ...HISTORY,
  ].flatMap((action) => (action.keys ? [[t(action.name), shownKeys(action.keys)]] : []));
  rows.push(
    [t("slashMenu"), "/"],
    [t("toToolbar"), shownKeys("Alt-F10")],
    [t("outOfToolbar"), "Esc"],
    [t("shortcuts"), shownKeys("Mod-/")],
  );
  const dialog = h(
    "dialog",
    { class: "dialog wide", "aria-labelledby": "shortcuts-title", close: () => dialog.remove() },
    h("div", { class: "dialog-head" }, h("h2", { id: "shortcuts-title" }, t("shortcuts"))),
    h(
      "dl",
      { class: "shortcut-list" },
      ...rows.map(([name, keys]) =>
        h("div", {}, h("dt", {}, name), h("dd", {}, h("kbd", {}, keys))),
      ),
    ),
    h(
      "form",
      { method: "dialog", class: "dialog-foot" },
      h("button", { class: "button primary" }, t("close")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}
