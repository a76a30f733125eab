// Who shall be let in: a box that finds people one knows and groups one is in, and takes any e-mail address.
import { h } from "../dom";
import type { Context } from "./dialog";
import type { FoundPerson, Role, Shares } from "./model";
import { roleSelect } from "./rows";

const SEARCH_DELAY_MS = 150;

/** Return the form; `groups` returns those that one is in, as they are known by then. */
export function addForm(context: Context, groups: () => Shares["myGroups"]): HTMLElement {
  const { t, sharing } = context;
  const list = h("datalist", { id: "share-found" });
  const show = (people: readonly FoundPerson[]) => {
    list.replaceChildren(
      ...people.map(({ username, name }) => h("option", { value: username }, name)),
      ...groups().map(({ name }) => h("option", { value: name }, t("group"))),
    );
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  const search = () => {
    clearTimeout(timer);
    const words = input.value.trim();
    if (words.length < 2) return show([]);
    timer = setTimeout(async () => {
      asked += 1;
      const mine = asked;
      const found = await sharing.find(words).catch(() => []);
      if (mine === asked) show(found);
    }, SEARCH_DELAY_MS);
  };
  const input = h("input", {
    class: "input",
    id: "share-who",
    list: list.id,
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    maxlength: "254",
    placeholder: t("shareWho"),
    "aria-label": t("shareWho"),
    required: true,
    input: search,
    focus: () => show([]),
  });
  const role = roleSelect(t, "share-role", t("role"), "editor");
  return h(
    "form",
    {
      class: "share-add",
      submit: (event) => {
        event.preventDefault();
        const name = input.value.trim();
        if (!name) return;
        context.act("shareChanged", async () => {
          const isTold = await sharing.add(name, role.value as Role, groups());
          input.value = "";
          return isTold ? "shareAddedTold" : "shareAdded";
        });
      },
    },
    input,
    list,
    role,
    h("button", { type: "submit", class: "button primary", id: "share-add" }, t("share")),
  );
}
