// The button that opens the sharing dialog. For who answers them it shows how many ask for access.
import { call } from "../../api/rest";
import type { Bootstrap } from "../../bootstrap";
import type { Translate } from "../../i18n";
import { h } from "../dom";
import { icon } from "../icons";
import { showSharing } from "./dialog";

/** How often it is asked whether somebody asks, in milliseconds. */
const LOOK_MS = 30_000;

export function shareButton(page: Bootstrap, title: () => string, t: Translate): HTMLElement {
  const count = h("span", { class: "share-count", hidden: true });
  const button = h(
    "button",
    {
      type: "button",
      class: "button primary share-button",
      "aria-label": t("share"),
      title: t("share"),
      click: () => {
        const subject = { kind: "documents", id: page.document.id, title: title() } as const;
        showSharing(page, subject, t, () => void look());
      },
    },
    icon("share"),
    h("span", { class: "wide-only" }, t("share")),
    " ", // what is seen, with this between, is how the label begins (WCAG 2.5.3)
    count,
  );
  const look = async () => {
    const path = `/documents/${page.document.id}/access-requests`;
    const asking = await call<readonly unknown[]>(page, "GET", path).catch(() => null);
    if (!asking) return; // no answer, or somebody else's to answer by now
    const words = asking.length ? t("asking", { count: asking.length }) : "";
    count.hidden = !asking.length;
    count.textContent = String(asking.length);
    button.title = words || t("share");
    button.setAttribute("aria-label", words ? `${t("share")} ${words}` : t("share"));
  };
  if (page.mayManage) {
    void look();
    setInterval(() => document.visibilityState === "visible" && void look(), LOOK_MS);
  }
  return button;
}
