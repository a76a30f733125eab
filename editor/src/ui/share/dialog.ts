// The sharing dialog of documents and folders: who is let in, and the link. Whoever may not change it sees it,
// and may leave. It follows what others change while it is open.
import { newest } from "../../api/newest";
import { RestError, type RestPage } from "../../api/rest";
import type { Key, Translate } from "../../i18n";
import { h } from "../dom";
import { icon } from "../icons";
import { addForm } from "./add";
import { linkSettings } from "./link";
import { type Shares, Sharing, type Subject } from "./model";
import { accessList } from "./rows";

/** How often it is asked whether something has changed, in milliseconds. */
const LOOK_MS = 3000;

/** What the dialog is told of its page. */
export interface SharePage extends RestPage {
  readonly homeUrl: string;
  readonly user: { readonly id: string };
}

/** What the parts of the dialog are given. */
export interface Context {
  readonly t: Translate;
  readonly sharing: Sharing;
  readonly myId: number;
  readonly homeUrl: string;
  /**
   * Do it, say so, and show what is so now; say what was wrong where it fails. `what` may return other words than
   * `done`.
   */
  act(done: Key, what: () => Promise<Key | undefined>): void;
  say(words: string): void;
}

/** Show the dialog; Escape and the button close it, and `closed` is called then. */
export function showSharing(
  page: SharePage,
  subject: Subject,
  t: Translate,
  closed: () => void = () => undefined,
): void {
  const sharing = new Sharing(page, subject);
  const status = h("p", { class: "share-status", role: "status" });
  const part = () => h("div");
  const [adding, having, linking] = [part(), part(), part()];
  having.append(h("p", { class: "muted" }, t("opening")));
  const body = h("div", { class: "share-body" }, adding, having, linking);
  const timer = setInterval(() => void look(), LOOK_MS);
  const dialog = h(
    "dialog",
    {
      class: "dialog wide share",
      "aria-labelledby": "share-title",
      close: () => {
        clearInterval(timer);
        dialog.remove();
        closed();
      },
    },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { id: "share-title" }, t("shareTitle", { title: subject.title || t("untitled") })),
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
    myId: Number(page.user.id),
    homeUrl: page.homeUrl,
    act: (done, what) => void act(done, what),
    say: (words) => {
      status.textContent = words;
      status.classList.remove("bad");
    },
  };

  const load = newest(() => sharing.load());
  let myGroups: Shares["myGroups"] = [];

  async function act(done: Key, what: () => Promise<Key | undefined>): Promise<void> {
    try {
      const said = await what();
      await show();
      context.say(t(said ?? done));
    } catch (error) {
      const said = error instanceof RestError ? error.message : "";
      status.textContent = said || t("shareFailed");
      status.classList.add("bad");
      // A control may show what was refused.
      for (const drawn of shown.keys()) shown.set(drawn, "");
      await look();
    }
  }

  /** Show what others have changed; where the server does not answer, the next look will. */
  async function look(): Promise<void> {
    if (document.visibilityState === "visible") await show().catch(() => undefined);
  }

  const shown = new Map<HTMLElement, string>();
  /** Draw a part anew where what it shows is other than it was: nothing that is typed elsewhere is lost. */
  function draw(place: HTMLElement, of: unknown, make: () => readonly Node[]): void {
    const now = JSON.stringify(of);
    if (shown.get(place) === now) return;
    shown.set(place, now);
    const at = focused(place);
    place.replaceChildren(...make());
    if (at) place.querySelector<HTMLElement>(`#${CSS.escape(at)}`)?.focus();
  }

  async function show(): Promise<void> {
    const shares: Shares | null = await load();
    if (!shares) return;
    const { mayManage, link, myGroups: groups, ...others } = shares;
    myGroups = groups;
    draw(adding, mayManage, () => (mayManage ? [addForm(context, () => myGroups)] : []));
    draw(having, { mayManage, ...others }, () => [accessList(context, shares)]);
    draw(linking, { mayManage, link }, () =>
      link
        ? [linkSettings(context, link, mayManage)]
        : [h("p", { class: "muted small" }, t("shareFolder"))],
    );
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
