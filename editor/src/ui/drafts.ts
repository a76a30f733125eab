// Drafts on the editor's page: the menu of those that a document has, and the bar of one that is a draft.
import { call, RestError } from "../api/rest";
import type { Bootstrap, DraftOf } from "../bootstrap";
import type { Translate } from "../i18n";
import { h } from "./dom";
import { icon } from "./icons";
import { named, toggleMenu } from "./menu";
import { ask } from "./question";

interface DraftRow {
  readonly id: string;
  readonly title: string;
  readonly owner: { readonly id: number };
}

interface DraftParts {
  readonly page: Bootstrap;
  readonly t: Translate;
  readonly warn: Fail;
}

type Fail = (message: string) => void;

/** Return what does `act` and says what went wrong. */
function guarded(t: Translate, fail: Fail, act: () => Promise<void>): () => void {
  return () =>
    void act().catch((error: unknown) => {
      if (!(error instanceof RestError)) throw error;
      fail(error.message || t("draftFailed"));
    });
}

function addressOf(page: Bootstrap, id: string): string {
  return location.pathname.replace(page.document.id, id);
}

/** The menu: start a draft; those of mine that there are. */
export function draftMenu(page: Bootstrap, t: Translate, fail: Fail): HTMLElement {
  const path = `/documents/${page.document.id}/drafts`;
  const start = guarded(t, fail, async () => {
    const made = await call<DraftRow>(page, "POST", path, {});
    location.assign(addressOf(page, made.id));
  });
  const count = page.draftCount;
  const label = count ? t("draftsCount", { n: count }) : t("drafts");
  const list = h("div", { class: "draft-list" });
  const load = guarded(t, fail, async () => {
    const rows = await call<DraftRow[]>(page, "GET", path);
    const mine = rows.filter(({ owner }) => String(owner.id) === page.user.id);
    const links = mine.map(({ id, title }) =>
      h("a", { class: "menu-item", href: addressOf(page, id) }, title || t("untitled")),
    );
    list.replaceChildren(...links);
  });
  const menu = h(
    "details",
    {
      class: "menu",
      toggle: () => {
        if (menu.open && count) load();
      },
    },
    h(
      "summary",
      { class: "icon-button", ...named(label) },
      icon("drafts"),
      count > 0 && h("span", { class: "count", "aria-hidden": "true" }, String(count)),
    ),
    h(
      "div",
      { class: "menu-panel" },
      h("button", { type: "button", class: "menu-item", click: start }, t("startDraft")),
      count > 0 &&
        h("p", { class: "menu-title" }, count === 1 ? t("myDraft") : t("myDrafts", { n: count })),
      list,
    ),
  );
  return menu;
}

/** Show the same in a menu at `button`, where the header has no room for one of its own. */
export async function showDrafts(parts: DraftParts, button: HTMLElement): Promise<void> {
  const { page, t, warn } = parts;
  const path = `/documents/${page.document.id}/drafts`;
  const start = guarded(t, warn, async () => {
    const made = await call<DraftRow>(page, "POST", path, {});
    location.assign(addressOf(page, made.id));
  });
  const show = guarded(t, warn, async () => {
    const rows = page.draftCount ? await call<DraftRow[]>(page, "GET", path) : [];
    const mine = rows.filter(({ owner }) => String(owner.id) === page.user.id);
    toggleMenu(button, t("drafts"), [
      { label: t("startDraft"), icon: "drafts", run: start },
      ...mine.map(({ id, title }) => ({
        label: title || t("untitled"),
        href: addressOf(page, id),
      })),
    ]);
  });
  show();
}

/** The bar under the header of a draft: what it is a draft of, and what can be done with it. */
export function draftBar(page: Bootstrap, draft: DraftOf, t: Translate, fail: Fail): HTMLElement {
  const path = `/documents/${page.document.id}/draft`;
  const said = h("span", { class: "draft-said", role: "status" });
  const update = guarded(t, fail, async () => {
    const { changed } = await call<{ changed: boolean }>(page, "POST", `${path}/update`);
    said.textContent = t(changed ? "draftUpdated" : "draftUpToDate");
  });
  const discard = guarded(t, fail, async () => {
    if (await askDiscard(t)) {
      await call(page, "POST", `${path}/discard`);
      location.assign(draft.originUrl ?? page.homeUrl);
    }
  });
  const { originTitle, originUrl } = draft;
  const about =
    originUrl === null
      ? h("span", {}, t("draftOfNothing"))
      : h(
          "span",
          { class: "draft-about" },
          `${t("draftOf")} `,
          h("a", { href: originUrl }, originTitle || t("untitled")),
        );
  return h(
    "section",
    { class: "draft-bar", "aria-label": t("draftBar") },
    icon("drafts"),
    about,
    originUrl !== null && h("a", { class: "button", href: draft.reviewUrl }, t("reviewAndMerge")),
    draft.mayUpdate &&
      h("button", { type: "button", class: "button", click: update }, t("updateDraft")),
    draft.mayDiscard &&
      h("button", { type: "button", class: "button quiet", click: discard }, t("discard")),
    said,
  );
}

/** Ask whether the draft shall go. */
export async function askDiscard(t: Translate): Promise<boolean> {
  const question = { title: t("discardTitle"), text: t("discardText"), act: t("discard") };
  return (await ask(t, question)) !== null;
}
