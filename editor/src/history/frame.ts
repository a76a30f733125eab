// What stands around the history: the header, and buttons of one form.
import type { Key, Translate } from "../i18n";
import { h } from "../ui/dom";
import { icon } from "../ui/icons";
import { themeButton } from "../ui/theme";
import type { HistoryBootstrap } from "./bootstrap";

/** Return the page's header; `aside` is what its button shows on a narrow screen. */
export function header(page: HistoryBootstrap, t: Translate, aside: HTMLElement): HTMLElement {
  const { document: doc, documentUrl } = page;
  return h(
    "header",
    { class: "site-header editor-header" },
    h(
      "a",
      {
        class: "icon-button",
        href: documentUrl,
        "aria-label": t("toDocument"),
        title: t("toDocument"),
      },
      icon("back"),
    ),
    h(
      "h1",
      { class: "history-title" },
      h("span", {}, doc.title || t("untitled")),
      h("span", { class: "muted" }, t("history")),
    ),
    h("div", { class: "spacer" }),
    h(
      "button",
      {
        type: "button",
        class: "icon-button narrow-only",
        "aria-label": t("revisions"),
        title: t("revisions"),
        "aria-expanded": "false",
        click: (event) => {
          const isOpen = aside.classList.toggle("open");
          (event.currentTarget as HTMLElement).setAttribute("aria-expanded", String(isOpen));
        },
      },
      icon("history"),
    ),
    themeButton(t),
  );
}

/** Return a button with an icon; `keys` as in aria-keyshortcuts. */
export function iconButton(
  t: Translate,
  label: Key,
  name: "up" | "down" | "close",
  click: () => void,
  keys?: string,
): HTMLButtonElement {
  const words = t(label);
  const title = keys ? `${words} (${keys.replace("Arrow", "")})` : words;
  const button = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": words, title, click },
    icon(name),
  );
  if (keys) button.setAttribute("aria-keyshortcuts", keys);
  return button;
}
