// The review of a draft: what both sides changed, what a merge would change, and then: merge, write on, discard.
import { call, RestError } from "../api/rest";
import type { Author } from "../history/api";
import { ChangesView } from "../history/changes";
import type { Key, Translate } from "../i18n";
import { h } from "../ui/dom";
import { askDiscard } from "../ui/drafts";
import { icon } from "../ui/icons";
import { themeButton } from "../ui/theme";
import type { ReviewBootstrap } from "./bootstrap";
import { type ConflictView, conflictView } from "./conflict";

export class ReviewPage {
  readonly #page: ReviewBootstrap;
  readonly #t: Translate;
  readonly #path: string;
  readonly #banner = h("div", { class: "banner", role: "alert", hidden: true });
  readonly #status = h("p", { class: "muted review-status", role: "status" });
  readonly #conflicts = h("section", { class: "review-conflicts" });
  readonly #changes: ChangesView;
  readonly #walk: HTMLElement;
  readonly #keep = h("input", { type: "checkbox", id: "keep-draft" });
  readonly #merge: HTMLButtonElement;
  readonly #body: HTMLElement;
  #shown: readonly ConflictView[] = [];

  constructor(root: HTMLElement, page: ReviewBootstrap, t: Translate) {
    this.#page = page;
    this.#t = t;
    this.#path = `/documents/${page.document.id}/draft`;
    this.#changes = new ChangesView(t);
    this.#merge = h(
      "button",
      {
        type: "button",
        class: "button primary",
        disabled: true,
        click: () => void this.#try(() => this.#doMerge()),
      },
      t("merge"),
    );
    this.#walk = h(
      "div",
      { class: "history-walk" },
      this.#step("previousChange", "up", -1),
      this.#step("nextChange", "down", 1),
    );
    this.#body = h(
      "div",
      { class: "review-body", hidden: true },
      this.#conflicts,
      h(
        "section",
        { "aria-labelledby": "review-changes" },
        h(
          "div",
          { class: "review-head" },
          h("h2", { id: "review-changes" }, t("mergeChanges")),
          this.#walk,
        ),
        h("div", { class: "sheet" }, this.#changes.element),
      ),
    );
    this.#status.textContent = t("openingReview");
    root.replaceChildren(
      this.#header(),
      this.#bar(),
      this.#banner,
      h("main", { id: "main", class: "review" }, this.#status, this.#body),
    );
  }

  /** Fetch and show the review. */
  async open(): Promise<void> {
    await this.#try(async () => {
      const [{ authors }, html] = await Promise.all([
        call<{ authors: readonly Author[] }>(this.#page, "GET", `${this.#path}/diff`),
        this.#html(),
      ]);
      this.#show(html, new Map(authors.map((each) => [each.id, each])));
    });
  }

  async #html(): Promise<string> {
    const answer = await fetch(`${this.#page.apiUrl}${this.#path}/diff?format=html`);
    if (!answer.ok) throw new RestError(answer.status, "");
    return answer.text();
  }

  #show(html: string, authors: ReadonlyMap<number, Author>): void {
    const t = this.#t;
    // Parsed apart: nothing in it runs or loads before it stands in the page, and the server made it safe.
    const parsed = new DOMParser().parseFromString(html, "text/html");
    const found = [...parsed.querySelectorAll<HTMLElement>("section[data-conflict]")];
    const n = found.length;
    const heading = n === 0 ? "noConflicts" : n === 1 ? "oneConflict" : "manyConflicts";
    this.#shown = found.map((section, place) => conflictView(section, place + 1, authors, t));
    this.#conflicts.replaceChildren(
      n === 0 ? h("p", { class: "muted" }, t(heading)) : h("h2", {}, t(heading, { n })),
      ...(n ? [h("p", { class: "muted" }, t("conflictsHint"))] : []),
      ...this.#shown.map((each) => each.element),
    );
    const changes = parsed.querySelector("section[data-changes]");
    const count = this.#changes.show(changes?.innerHTML ?? "", authors);
    // Where all that is removed is put back, nothing changes: it may be left out all the same.
    const isAhead = n > 0 || count > 0 || changes?.querySelector("[data-diff]") != null;
    this.#walk.hidden = count === 0;
    this.#merge.disabled = !(isAhead && this.#page.mayMerge);
    this.#status.textContent = !isAhead
      ? t("nothingToMerge")
      : this.#page.mayMerge
        ? ""
        : t("mayNotMerge");
    this.#body.hidden = false;
  }

  async #doMerge(): Promise<void> {
    this.#merge.disabled = true;
    this.#status.textContent = this.#t("merging");
    try {
      const close = this.#page.mayDiscard && !this.#keep.checked;
      const leave_out = this.#shown.map((each) => each.leftOut()).filter((name) => name !== null);
      await call(this.#page, "POST", `${this.#path}/merge`, { close, leave_out });
      location.assign(this.#page.origin?.url ?? this.#page.homeUrl);
    } catch (error) {
      this.#status.textContent = "";
      this.#merge.disabled = false;
      throw error;
    }
  }

  async #discard(): Promise<void> {
    if (!(await askDiscard(this.#t))) return;
    await call(this.#page, "POST", `${this.#path}/discard`);
    location.assign(this.#page.origin?.url ?? this.#page.homeUrl);
  }

  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof RestError || error instanceof TypeError)) throw error;
      const said = error instanceof RestError ? error.message : "";
      this.#banner.replaceChildren(h("p", {}, said || this.#t("draftFailed")));
      this.#banner.hidden = false;
      this.#status.textContent = "";
    }
  }

  #header(): HTMLElement {
    const t = this.#t;
    const { document: doc, documentUrl, origin } = this.#page;
    const named = (label: Key) => ({ "aria-label": t(label), title: t(label) });
    return h(
      "header",
      { class: "site-header editor-header" },
      h("a", { class: "icon-button", href: documentUrl, ...named("backToWriting") }, icon("back")),
      h(
        "h1",
        { class: "history-title" },
        h("span", {}, origin?.title || doc.title || t("untitled")),
        h("span", { class: "muted" }, t("review")),
      ),
      h("div", { class: "spacer" }),
      themeButton(t),
    );
  }

  #bar(): HTMLElement {
    const t = this.#t;
    const { documentUrl, mayDiscard } = this.#page;
    return h(
      "div",
      { class: "history-bar review-bar" },
      h("a", { class: "button", href: documentUrl }, t("backToWriting")),
      mayDiscard &&
        h(
          "button",
          {
            type: "button",
            class: "button quiet",
            click: () => void this.#try(() => this.#discard()),
          },
          t("discard"),
        ),
      h("div", { class: "spacer" }),
      mayDiscard &&
        h("label", { class: "keep-draft", for: this.#keep.id }, this.#keep, t("keepDraft")),
      this.#merge,
    );
  }

  #step(label: Key, name: "up" | "down", by: 1 | -1): HTMLButtonElement {
    const words = this.#t(label);
    return h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": words,
        title: words,
        click: () => this.#changes.go(by),
      },
      icon(name),
    );
  }
}
