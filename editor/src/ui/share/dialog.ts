// The sharing dialog: who is let into the document, and its link. Whoever may not change it sees it, and may
// leave.
import { newest } from "../../api/newest";
import { RestError } from "../../api/rest";
import type { Bootstrap } from "../../bootstrap";
import type { Key, Translate } from "../../i18n";
import { h } from "../dom";
import { icon } from "../icons";
import { addForm } from "./add";
import { linkSettings } from "./link";
import { type Shares, Sharing } from "./model";
import { accessList } from "./rows";

/** What the parts of the dialog are given. */
export interface Context {
  readonly t: Translate;
  readonly sharing: Sharing;
  readonly mayManage: boolean;
  readonly myId: number;
  readonly homeUrl: string;
  /** Do it, say so, and show what is so now; say what was wrong where it fails. */
  act(done: Key, what: () => Promise<unknown>): void;
  say(words: string): void;
}

/** Show the dialog; Escape and the button close it. */
export function showSharing(page: Bootstrap, title: string, t: Translate): void {
  const sharing = new Sharing(page, page.document.id, page.mayManage);
  const status = h("p", { class: "share-status", role: "status" });
  const body = h("div", { class: "share-body" }, h("p", { class: "muted" }, t("opening")));
  const dialog = h(
    "dialog",
    { class: "dialog wide share", "aria-labelledby": "share-title", close: () => dialog.remove() },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { id: "share-title" }, t("shareTitle", { title: title || t("untitled") })),
      h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": t("close"),
          click: () => dialog.close(),
        },
        icon("close"),
      ),
    ),
    body,
    status,
  );
  const context: Context = {
    t,
    sharing,
    mayManage: page.mayManage,
    myId: Number(page.user.id),
    homeUrl: page.homeUrl,
    act: (done, what) => void act(done, what),
    say: (words) => {
      status.textContent = words;
      status.classList.remove("bad");
    },
  };

  const load = newest(() => sharing.load());

  async function act(done: Key, what: () => Promise<unknown>): Promise<void> {
    try {
      await what();
      await show();
      context.say(t(done));
    } catch (error) {
      const said = error instanceof RestError ? error.message : "";
      status.textContent = said || t("shareFailed");
      status.classList.add("bad");
    }
  }

  async function show(): Promise<void> {
    const shares: Shares | null = await load();
    if (!shares) return;
    const at = focused(body);
    body.replaceChildren(
      ...(page.mayManage ? [addForm(context, shares)] : []),
      accessList(context, shares),
      linkSettings(context, shares),
    );
    if (at) body.querySelector<HTMLElement>(`#${CSS.escape(at)}`)?.focus();
  }

  document.body.append(dialog);
  dialog.showModal();
  void act("shareReady", async () => undefined).then(() =>
    body.querySelector<HTMLElement>("#share-who")?.focus(),
  );
}

/** The id of the control in `body` that has the focus: drawing anew must not lose it. */
function focused(body: HTMLElement): string {
  const { activeElement } = document;
  return activeElement && body.contains(activeElement) ? activeElement.id : "";
}
