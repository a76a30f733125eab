// The button between light and dark; what it does is in static/js/page.js, for all pages.
import type { Translate } from "../i18n";
import { h } from "./dom";
import { icon } from "./icons";

/** Return a header's button that changes the theme. */
export function themeButton(t: Translate): HTMLElement {
  return h(
    "button",
    {
      type: "button",
      class: "icon-button",
      "data-theme-toggle": true,
      "aria-pressed": String(document.documentElement.dataset.themeNow === "dark"),
      "aria-label": t("theme"),
      title: t("theme"),
    },
    icon("moon", "theme-moon"),
    icon("sun", "theme-sun"),
  );
}
