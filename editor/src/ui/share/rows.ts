// Who has access: requests first, then the owner, people, groups and invitations, each with what can be done.
import type { Translate } from "../../i18n";
import { h } from "../dom";
import { face, type Shown } from "../face";
import type { Context } from "./dialog";
import { copy } from "./link";
import { type Having, ROLE_NAMES, ROLES, type Role, type Shares, type Source } from "./model";

/** Return a select of the roles that can be given. */
export function roleSelect(
  t: Translate,
  id: string,
  label: string,
  role: Role,
  more: readonly { readonly value: string; readonly text: string }[] = [],
): HTMLSelectElement {
  const options = [...ROLES.map((one) => ({ value: one, text: t(ROLE_NAMES[one]) })), ...more];
  const select = h(
    "select",
    { class: "input", id, "aria-label": label },
    ...options.map(({ value, text }) => h("option", { value }, text)),
  );
  select.value = role;
  return select;
}

function row(who: Shown, note: string, ...controls: (Node | string)[]): HTMLElement {
  return h(
    "li",
    { class: "share-row" },
    face(who),
    h(
      "div",
      { class: "share-name" },
      h("strong", {}, who.name),
      note ? h("span", { class: "muted small" }, note) : null,
    ),
    ...controls,
  );
}

/** Return the list: requests, people with what gives them access, groups, invitations. */
export function accessList(context: Context, shares: Shares): HTMLElement {
  const { t } = context;
  return h(
    "section",
    { "aria-labelledby": "share-people" },
    h("h3", { id: "share-people" }, t("sharePeople")),
    h(
      "ul",
      { class: "share-list" },
      ...requests(context, shares),
      ...shares.people.map((having) => person(context, having, shares.mayManage)),
      ...groups(context, shares),
      ...invitations(context, shares),
    ),
  );
}

const button = (id: string, words: string, click: () => void, more = "") =>
  h("button", { type: "button", class: `button${more}`, id, click }, words);

function requests({ t, sharing, act }: Context, shares: Shares): HTMLElement[] {
  return shares.requests.map(({ id, user, message, will_be_told }) => {
    const role = roleSelect(t, `request-role-${id}`, t("roleOf", { name: user.name }), "viewer");
    const answer = (given: () => Role | null) => () =>
      act(will_be_told ? "shareAnsweredTold" : "shareAnswered", async () => {
        await sharing.answer(id, given());
        return undefined;
      });
    const note = [user.username, message || t("asksForAccess")].join(" · ");
    const element = row(
      user,
      note,
      role,
      button(
        `request-yes-${id}`,
        t("allow"),
        answer(() => role.value as Role),
        " primary",
      ),
      button(
        `request-no-${id}`,
        t("decline"),
        answer(() => null),
      ),
    );
    element.classList.add("asks");
    return element;
  });
}

/** Say in words what gives somebody access, besides a role of their own in what is shown. */
function reason(t: Translate, { group, is_by_folder, folder, role }: Source): string {
  const by = group
    ? is_by_folder
      ? t("byGroupOfFolder", { group, folder: folder || t("aFolder") })
      : t("byGroup", { group })
    : t("byFolder", { folder: folder || t("aFolder") });
  return `${by}: ${t(ROLE_NAMES[role])}`;
}

const isDirect = ({ group, is_by_folder }: Source) => !group && !is_by_folder;

function person(context: Context, { user, role, sources }: Having, mayManage: boolean) {
  const { t, sharing, act, myId, homeUrl } = context;
  const isMe = user.id === myId;
  const name = isMe ? t("you", { name: user.name }) : user.name;
  const own = sources.find(isDirect)?.role;
  const others = sources.filter((source) => !isDirect(source)).map((each) => reason(t, each));
  const isNamed = user.name === user.username;
  const note = [isNamed ? "" : user.username, ...others].filter(Boolean).join(" · ");
  const shown = { ...user, name };
  const fixed = h("span", { class: "muted" }, t(ROLE_NAMES[role]));
  if (own === undefined || own === "owner") return row(shown, note, fixed);
  if (isMe && !mayManage) {
    const leave = async () => {
      await sharing.removeMember(user.id);
      location.assign(homeUrl);
      return undefined;
    };
    return row(
      shown,
      note,
      fixed,
      button("share-leave", t("leave"), () => act("saved", leave)),
    );
  }
  if (!mayManage) return row(shown, note, fixed);
  const select = roleSelect(t, `member-${user.id}`, t("roleOf", { name: user.name }), own, [
    ...(sharing.isFolder ? [] : [{ value: "owner", text: t("makeOwner") }]),
    { value: "remove", text: t("removeAccess") },
  ]);
  const done = (what: Promise<void>) => what.then(() => undefined);
  select.addEventListener("change", () => {
    const wanted = select.value;
    if (wanted === "remove") {
      act("shareRemoved", () => done(sharing.removeMember(user.id)));
    } else if (wanted === "owner") {
      select.value = own;
      confirmOwner(t, user.name, () =>
        act("saved", async () => {
          await sharing.transfer(user.id);
          location.reload(); // what this page may do is other from here on
          return undefined;
        }),
      );
    } else {
      act("shareChanged", () => done(sharing.setMember(user, wanted as Role)));
    }
  });
  return row(shown, note, select);
}

function confirmOwner(t: Translate, name: string, yes: () => void): void {
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "owner-title", close: () => dialog.remove() },
    h("div", { class: "dialog-head" }, h("h2", { id: "owner-title" }, t("makeOwner"))),
    h("p", {}, t("makeOwnerAsk", { name })),
    h(
      "form",
      { method: "dialog", class: "dialog-foot" },
      h("button", { class: "button" }, t("cancel")),
      h("button", { class: "button primary", click: yes }, t("makeOwner")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}

function groups({ t, sharing, act }: Context, shares: Shares): HTMLElement[] {
  return shares.groups.map(({ group, role }) => {
    if (!shares.mayManage) {
      return row(group, t("group"), h("span", { class: "muted" }, t(ROLE_NAMES[role])));
    }
    const select = roleSelect(t, `group-${group.id}`, t("roleOf", { name: group.name }), role, [
      { value: "remove", text: t("removeAccess") },
    ]);
    select.addEventListener("change", () => {
      const wanted = select.value;
      const done = (what: Promise<void>) => what.then(() => undefined);
      if (wanted === "remove") act("shareRemoved", () => done(sharing.removeGroup(group.id)));
      else act("shareChanged", () => done(sharing.setGroup(group, wanted as Role)));
    });
    return row(group, t("group"), select);
  });
}

function invitations(context: Context, shares: Shares): HTMLElement[] {
  const { t, sharing, act } = context;
  return shares.invitations.map(({ id, email, role, url }) => {
    const withdraw = button(`invitation-${id}`, t("withdraw"), () =>
      act("shareRemoved", async () => {
        await sharing.withdraw(id);
        return undefined;
      }),
    );
    withdraw.setAttribute("aria-label", t("withdrawOf", { email }));
    return row(
      { name: email },
      t("invitedAs", { role: t(ROLE_NAMES[role]) }),
      button(`invitation-copy-${id}`, t("copyInvitation"), () => void copy(context, url)),
      withdraw,
    );
  });
}
