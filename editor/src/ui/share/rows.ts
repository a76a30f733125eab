// Who has access: requests first, then the owner, people, groups and invitations, each with what can be done.
import type { Translate } from "../../i18n";
import { h } from "../dom";
import { face, type Shown } from "../face";
import type { Context } from "./dialog";
import { ROLE_NAMES, ROLES, type Role, type Shares } from "./model";

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
      row(
        shares.owner.id === context.myId
          ? { ...shares.owner, name: t("you", { name: shares.owner.name }) }
          : shares.owner,
        "",
        h("span", { class: "muted" }, t("roleOwner")),
      ),
      ...members(context, shares),
      ...groups(context, shares),
      ...invitations(context, shares),
    ),
  );
}

function requests({ t, sharing, act }: Context, shares: Shares): HTMLElement[] {
  return shares.requests.map(({ id, user, message }) => {
    const role = roleSelect(t, `request-role-${id}`, t("roleOf", { name: user.name }), "viewer");
    const answer = (given: () => Role | null) => () =>
      act("shareAnswered", () => sharing.answer(id, given()));
    const element = row(
      user,
      message || t("asksForAccess"),
      role,
      h(
        "button",
        {
          type: "button",
          class: "button primary",
          id: `request-yes-${id}`,
          click: answer(() => role.value as Role),
        },
        t("allow"),
      ),
      h(
        "button",
        { type: "button", class: "button", id: `request-no-${id}`, click: answer(() => null) },
        t("decline"),
      ),
    );
    element.classList.add("asks");
    return element;
  });
}

function members({ t, sharing, act, mayManage, myId, homeUrl }: Context, shares: Shares) {
  return shares.members.map(({ user, role }) => {
    const isMe = user.id === myId;
    const name = isMe ? t("you", { name: user.name }) : user.name;
    if (isMe && !mayManage) {
      const leave = async () => {
        await sharing.removeMember(user.id);
        location.assign(homeUrl);
      };
      return row(
        { ...user, name },
        t(ROLE_NAMES[role]),
        h(
          "button",
          { type: "button", class: "button", id: "share-leave", click: () => act("saved", leave) },
          t("leave"),
        ),
      );
    }
    if (!mayManage)
      return row({ ...user, name }, "", h("span", { class: "muted" }, t(ROLE_NAMES[role])));
    const select = roleSelect(t, `member-${user.id}`, t("roleOf", { name: user.name }), role, [
      { value: "owner", text: t("makeOwner") },
      { value: "remove", text: t("removeAccess") },
    ]);
    select.addEventListener("change", () => {
      const wanted = select.value;
      if (wanted === "remove") {
        act("shareRemoved", () => sharing.removeMember(user.id));
      } else if (wanted === "owner") {
        select.value = role;
        confirmOwner(t, user.name, () =>
          act("saved", async () => {
            await sharing.transfer(user.id);
            location.reload(); // what this page may do is other from here on
          }),
        );
      } else {
        act("shareChanged", () => sharing.setMember(user.id, wanted as Role));
      }
    });
    return row({ ...user, name }, "", select);
  });
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

function groups({ t, sharing, act, mayManage }: Context, shares: Shares): HTMLElement[] {
  return shares.groups.map(({ group, role }) => {
    if (!mayManage) {
      return row(group, t("group"), h("span", { class: "muted" }, t(ROLE_NAMES[role])));
    }
    const select = roleSelect(t, `group-${group.id}`, t("roleOf", { name: group.name }), role, [
      { value: "remove", text: t("removeAccess") },
    ]);
    select.addEventListener("change", () => {
      const wanted = select.value;
      if (wanted === "remove") act("shareRemoved", () => sharing.removeGroup(group.id));
      else act("shareChanged", () => sharing.setGroup(group.id, wanted as Role));
    });
    return row(group, t("group"), select);
  });
}

function invitations({ t, sharing, act }: Context, shares: Shares): HTMLElement[] {
  return shares.invitations.map(({ id, email, role }) =>
    row(
      { name: email },
      t("invitedAs", { role: t(ROLE_NAMES[role]) }),
      h(
        "button",
        {
          type: "button",
          class: "button",
          id: `invitation-${id}`,
          "aria-label": t("withdrawOf", { email }),
          click: () => act("shareRemoved", () => sharing.withdraw(id)),
        },
        t("withdraw"),
      ),
    ),
  );
}
