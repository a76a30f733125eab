// What is done with the document as a whole from its own page: star, move, copy, template, trash; and the person's menu.
import { call, RestError } from "../api/rest";
import type { Bootstrap } from "../bootstrap";
import type { Translate } from "../i18n";
import { h } from "./dom";
import { face } from "./face";
import { icon } from "./icons";
import { type Entry, menuButton, named } from "./menu";
import { ask } from "./question";

interface Folder {
  readonly id: string;
  readonly name: string;
  readonly parent: string | null;
  readonly role: string;
}

/** What the page does for the menus. */
export interface DocumentActs {
  readonly page: Bootstrap;
  readonly t: Translate;
  /** Say what went wrong. */
  readonly warn: (message: string) => void;
  /** Say what was done. */
  readonly tell: (message: string) => void;
  /** The document goes away: nothing is to be asked of who leaves the page for it. */
  readonly leaving: () => void;
}

async function tried({ t, warn }: DocumentActs, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof RestError)) throw error;
    warn(error.message || t("actFailed"));
  }
}

const pathOf = (page: Bootstrap) => `/documents/${page.document.id}`;

/** Return the button that stars the document. */
export function starButton(acts: DocumentActs): HTMLElement {
  const { page, t } = acts;
  let isStarred = page.isStarred;
  const button = h(
    "button",
    {
      type: "button",
      class: "icon-button star",
      ...named(t("star")),
      "aria-pressed": String(isStarred),
      click: () =>
        void tried(acts, async () => {
          await call(page, "PUT", `${pathOf(page)}/star`, { is_starred: !isStarred });
          isStarred = !isStarred;
          button.setAttribute("aria-pressed", String(isStarred));
        }),
    },
    icon("star"),
  );
  return button;
}

/** Return what stands in a menu for `button`, where it has no room. */
export function starChoice(button: HTMLElement, t: Translate): Entry {
  const isOn = button.getAttribute("aria-pressed") === "true";
  return { label: t("star"), icon: "star", kind: "check", isOn, run: () => button.click() };
}

/** Return `folders` as a tree is read, each with its depth. */
export function inOrder(folders: readonly Folder[]): { folder: Folder; depth: number }[] {
  const known = new Set(folders.map(({ id }) => id));
  const below = (parent: string | null, depth: number): { folder: Folder; depth: number }[] =>
    folders
      .filter((one) => (one.parent && known.has(one.parent) ? one.parent : null) === parent)
      .sort((a, b) => a.name.localeCompare(b.name))
      .flatMap((folder) => [{ folder, depth }, ...below(folder.id, depth + 1)]);
  return below(null, 0);
}

/** Ask for a folder; undefined: it was left. */
function askFolder(t: Translate, folders: readonly Folder[]): Promise<string | null | undefined> {
  return new Promise((resolve) => {
    let answer: string | null | undefined;
    const option = (id: string, name: string, depth: number, isOff: boolean) => {
      const input = h("input", { type: "radio", name: "folder", value: id, required: true });
      input.disabled = isOff;
      const line = h("label", { class: "folder-choice" }, input, h("span", {}, name));
      line.style.setProperty("--depth", String(Math.min(depth, 6)));
      return line;
    };
    const list = h(
      "fieldset",
      { class: "folder-choices" },
      h("legend", { class: "visually-hidden" }, t("folder")),
      option("", t("noFolder"), 0, false),
      ...inOrder(folders).map(({ folder, depth }) =>
        option(folder.id, folder.name, depth, !["owner", "editor"].includes(folder.role)),
      ),
    );
    const dialog = h(
      "dialog",
      {
        class: "dialog",
        "aria-labelledby": "folder-title",
        close: () => {
          dialog.remove();
          resolve(answer);
        },
      },
      h("div", { class: "dialog-head" }, h("h2", { id: "folder-title" }, t("moveTo"))),
      h(
        "form",
        {
          submit: (event) => {
            event.preventDefault();
            answer = list.querySelector<HTMLInputElement>("input:checked")?.value || null;
            dialog.close();
          },
        },
        list,
        h(
          "div",
          { class: "dialog-foot" },
          h(
            "button",
            { type: "button", class: "button", click: () => dialog.close() },
            t("cancel"),
          ),
          h("button", { type: "submit", class: "button primary" }, t("move")),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Return what the menu of the document has. */
export function documentEntries(acts: DocumentActs): Entry[] {
  const { page, t, tell } = acts;
  const path = pathOf(page);
  const move = () =>
    tried(acts, async () => {
      const folder = await askFolder(t, await call<Folder[]>(page, "GET", "/folders"));
      if (folder === undefined) return;
      await call(page, "PATCH", path, { folder });
      tell(t("moved"));
    });
  const copy = (asTemplate: boolean) =>
    tried(acts, async () => {
      const body = asTemplate ? { as_template: true } : {};
      const made = await call<{ id: string }>(page, "POST", `${path}/duplicate`, body);
      if (asTemplate) tell(t("templateMade"));
      else location.assign(location.pathname.replace(page.document.id, made.id));
    });
  const trash = () =>
    tried(acts, async () => {
      const question = { title: t("trashTitle"), text: t("trashText"), act: t("toTrash") };
      if ((await ask(t, question)) === null) return;
      await call(page, "DELETE", path);
      acts.leaving();
      location.assign(page.homeUrl);
    });
  const { isGuest } = page.account;
  const entries: (Entry | false)[] = [
    page.mayMove && !isGuest && { label: `${t("move")}…`, icon: "move", run: () => void move() },
    !isGuest && { label: t("duplicate"), icon: "duplicate", run: () => void copy(false) },
    !isGuest &&
      !page.isTemplate && {
        label: t("saveAsTemplate"),
        icon: "template",
        run: () => void copy(true),
      },
    page.mayTrash && "rule",
    page.mayTrash && {
      label: t("toTrash"),
      icon: "trash",
      isDanger: true,
      run: () => void trash(),
    },
  ];
  return entries.filter((entry): entry is Entry => entry !== false);
}

/** Send a form, as the pages without this editor do. */
function post(page: Bootstrap, action: string, values: Readonly<Record<string, string>>): void {
  const all = Object.entries({ csrfmiddlewaretoken: page.csrfToken, ...values });
  const fields = all.map(([name, value]) => h("input", { type: "hidden", name, value }));
  const form = h("form", { method: "post", action, hidden: true }, ...fields);
  document.body.append(form);
  form.submit();
}

/** Return the person's menu. */
export function accountMenu({ page, t }: DocumentActs): HTMLElement {
  const { account, user } = page;
  const theme = () => document.querySelector<HTMLElement>("[data-theme-toggle]")?.click();
  const isDark = () => document.documentElement.dataset.themeNow === "dark";
  const entries = (): Entry[] => [
    { heading: user.name },
    ...(account.isGuest ? [] : [{ label: t("account"), href: account.profileUrl }]),
    ...(account.adminUrl ? [{ label: t("administration"), href: account.adminUrl }] : []),
    { label: t("theme"), kind: "check", isOn: isDark(), run: theme },
    { heading: t("interfaceLanguage") },
    ...account.languages.map(
      ({ code, name }): Entry => ({
        label: name,
        lang: code,
        kind: "radio",
        isOn: code === page.locale,
        run: () => post(page, account.languageUrl, { language: code, next: location.pathname }),
      }),
    ),
    "rule",
    { label: t("signOut"), run: () => post(page, account.signOutUrl, {}) },
  ];
  const label = t("accountMenu", { name: user.name });
  return h(
    "div",
    { class: "account" },
    // What page.js does with a press on it, a menu's item cannot do: it is gone by then.
    h("button", { type: "button", "data-theme-toggle": true, hidden: true, tabindex: "-1" }),
    menuButton(label, [face(user)], entries, "icon-button account-button"),
  );
}
