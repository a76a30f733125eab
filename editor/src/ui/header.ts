// The header of the editor page: where one is, what state it is in, who is here, and what can be done with the whole.
import type { Awareness } from "y-protocols/awareness";
import type { Key } from "../i18n";
import {
  accountMenu,
  type DocumentActs,
  documentEntries,
  starButton,
  starChoice,
} from "./documentMenu";
import { h } from "./dom";
import type { Downloads } from "./downloads";
import { draftMenu, showDrafts } from "./drafts";
import { icon } from "./icons";
import { type Entry, isNarrow, isPhone, menuButton, named, toggleMenu } from "./menu";
import { showPeople } from "./people";
import { shareButton } from "./share/button";
import { showShortcuts } from "./shortcuts";
import type { Title } from "./title";

const EXPORTS: readonly { readonly format: string; readonly label: Key }[] = [
  { format: "markdown", label: "exportMarkdown" },
  { format: "html", label: "exportHtml" },
  { format: "docx", label: "exportDocx" },
  { format: "odt", label: "exportOdt" },
  { format: "pdf", label: "exportPdf" },
  { format: "epub", label: "exportEpub" },
  { format: "latex", label: "exportLatex" },
  { format: "text", label: "exportText" },
  { format: "json", label: "exportJson" },
  { format: "yjs", label: "exportYjs" },
];

export interface HeaderParts {
  readonly acts: DocumentActs;
  readonly title: Title;
  readonly status: HTMLElement;
  readonly downloads: Downloads;
  readonly awareness: Awareness;
  /** What the page adds to the document's menu, asked each time. */
  readonly viewEntries: () => readonly Entry[];
}

/** Return the header. */
export function pageHeader(parts: HeaderParts): HTMLElement {
  const { acts, title, downloads } = parts;
  const { page, t } = acts;
  const people = h("ul", { class: "people", "aria-label": t("peopleHere") });
  showPeople(people, parts.awareness, page.user, t);
  const addressOf = (format: string) =>
    `${page.apiUrl}/documents/${page.document.id}/export?format=${format}`;
  const items = EXPORTS.map(({ format, label }) => downloads.link(addressOf(format), t(label)));
  const files = () =>
    EXPORTS.map(({ format, label }): Entry => {
      const run = () => void downloads.get(addressOf(format), t(label));
      return { label: t(label), run };
    });
  const star = page.account.isGuest ? null : starButton(acts);
  // On a phone the header has no room for these: styles/narrow.css.
  const squeezed = (): Entry[] => [
    ...(star ? [starChoice(star, t)] : []),
    ...(page.mayFork
      ? [{ label: t("drafts"), icon: "drafts" as const, run: () => void showDrafts(acts, more) }]
      : []),
    {
      label: t("export"),
      icon: "export",
      run: () => toggleMenu(more, t("export"), files()),
    },
  ];
  const entries = (): Entry[] => {
    const historyEntry: Entry = { label: t("history"), icon: "history", href: "history/" };
    const shortcuts: Entry = {
      label: t("shortcuts"),
      icon: "shortcuts",
      keys: "Mod-/",
      run: () => showShortcuts(t),
    };
    return [
      ...(isPhone() ? squeezed() : []),
      ...parts.viewEntries(),
      ...(page.maySeeHistory && isNarrow() ? [historyEntry] : []),
      shortcuts,
      "rule",
      ...documentEntries(acts),
    ];
  };
  const more = menuButton(t("documentMenu"), [icon("more")], entries);
  return h(
    "header",
    { class: "site-header editor-header" },
    h("a", { class: "icon-button", href: page.homeUrl, ...named(t("home")) }, icon("back")),
    h("h1", { class: "title" }, title.element),
    star,
    parts.status,
    h("div", { class: "spacer" }),
    people,
    page.maySeeMembers && shareButton(page, () => title.element.value, t),
    page.maySeeHistory &&
      h(
        "a",
        { class: "icon-button wide-only", href: "history/", ...named(t("history")) },
        icon("history"),
      ),
    page.mayFork && draftMenu(page, t, acts.warn),
    h(
      "details",
      { class: "menu" },
      h("summary", { class: "icon-button", ...named(t("export")) }, icon("export")),
      h("div", { class: "menu-panel" }, ...items),
    ),
    more,
    accountMenu(acts),
  );
}
