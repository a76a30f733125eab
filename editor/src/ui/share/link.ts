// The document's link: whom it lets in, as what, until when, with which password.
import type { Key } from "../../i18n";
import { h } from "../dom";
import { icon } from "../icons";
import type { Context } from "./dialog";
import { type Link, REACHES, type Reach, ROLE_NAMES, type Role } from "./model";
import { roleSelect } from "./rows";

const REACH_NAMES: Readonly<Record<Reach, Key>> = {
  restricted: "reachRestricted",
  "signed-in": "reachSignedIn",
  anyone: "reachAnyone",
};

export function linkSettings(context: Context, link: Link, mayManage: boolean): HTMLElement {
  const { t } = context;
  return h(
    "section",
    { "aria-labelledby": "share-link" },
    h("h3", { id: "share-link" }, t("link")),
    mayManage
      ? h("div", { class: "share-link" }, ...settings(context, link))
      : h(
          "p",
          { class: "muted" },
          `${t(REACH_NAMES[link.reach])}${link.reach === "restricted" ? "" : ` · ${t(ROLE_NAMES[link.role])}`}`,
        ),
    h(
      "button",
      {
        type: "button",
        class: "button",
        id: "share-copy",
        click: () => void copy(context, link.url),
      },
      icon("link"),
      t("copyLink"),
    ),
  );
}

function settings({ t, sharing, act }: Context, link: Link): HTMLElement[] {
  const change = (what: Parameters<typeof sharing.setLink>[0]) =>
    act("shareChanged", async () => {
      await sharing.setLink(what);
      return undefined;
    });
  const reach = h(
    "select",
    { class: "input", id: "link-reach", "aria-label": t("linkReach") },
    ...REACHES.map((one) => h("option", { value: one }, t(REACH_NAMES[one]))),
  );
  reach.value = link.reach;
  reach.addEventListener("change", () => change({ reach: reach.value as Reach }));
  if (link.reach === "restricted") return [reach];
  const role = roleSelect(t, "link-role", t("role"), link.role);
  role.addEventListener("change", () => change({ role: role.value as Role }));
  const until = h("input", {
    class: "input",
    id: "link-until",
    type: "datetime-local",
    min: localTime(new Date()),
  });
  if (link.expires_at) until.value = localTime(new Date(link.expires_at));
  until.addEventListener("change", () => {
    const expires_at = until.value ? new Date(until.value).toISOString() : null;
    change({ expires_at });
  });
  const password = h("input", {
    class: "input",
    id: "link-password",
    type: "password",
    autocomplete: "new-password",
    maxlength: "128",
    placeholder: link.has_password ? "••••••" : t("noPassword"),
  });
  const button = (id: string, label: Key, click: () => void) =>
    h("button", { type: "button", class: "button", id, click }, t(label));
  return [
    h("div", { class: "share-pair" }, reach, role),
    h("div", { class: "field" }, h("label", { for: until.id }, t("linkUntil")), until),
    h(
      "div",
      { class: "field" },
      h("label", { for: password.id }, t("linkPassword")),
      h(
        "div",
        { class: "share-pair" },
        password,
        button("link-password-set", "set", () => {
          if (password.value) {
            change({ password: password.value });
          } else {
            password.focus();
          }
        }),
        ...(link.has_password
          ? [button("link-password-none", "remove", () => change({ password: "" }))]
          : []),
      ),
    ),
  ];
}

function localTime(moment: Date): string {
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000)
    .toISOString()
    .slice(0, 16);
}

/** Put an address into the clipboard. */
export async function copy({ t, say }: Context, url: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(url);
    say(t("copied"));
  } catch {
    say(url); // No clipboard here: the address itself can be marked and copied.
  }
}
