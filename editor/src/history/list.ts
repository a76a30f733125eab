// The list of revisions: by day, with who wrote, how much, and the name where one was given.
import type { Key, Translate } from "../i18n";
import { h } from "../ui/dom";
import { face } from "../ui/face";
import { icon } from "../ui/icons";
import type { Author, Revision } from "./api";
import { byDay, localDate } from "./moments";
import type { Times } from "./times";

const MAX_FACES = 4;
const KINDS: Readonly<Record<string, Key>> = {
  restore: "kindRestore",
  import: "kindImport",
  api: "kindApi",
  draft: "kindDraft",
};

export interface ListEvents {
  selected(revision: Revision): void;
  comparedFrom(revision: Revision): void;
  more(): void;
}

export class RevisionList {
  readonly element = h("div", { class: "revision-days" });
  readonly #t: Translate;
  readonly #times: Times;
  readonly #events: ListEvents;
  readonly #gap: (revision: Revision) => string | null;

  /** `gap` says what was erased of a revision. */
  constructor(
    t: Translate,
    times: Times,
    events: ListEvents,
    gap: (revision: Revision) => string | null,
  ) {
    this.#gap = gap;
    this.#t = t;
    this.#times = times;
    this.#events = events;
  }

  draw(revisions: readonly Revision[], current: Revision | null, hasMore: boolean): void {
    const focused = (document.activeElement as HTMLElement | null)?.dataset.revision;
    const days = byDay(revisions).map((day) =>
      h(
        "section",
        { class: "revision-day" },
        h("h3", {}, this.#day(day.date)),
        h("ol", {}, ...day.revisions.map((each) => this.#item(each, each === current))),
      ),
    );
    const more =
      hasMore &&
      h(
        "button",
        { type: "button", class: "button quiet", click: () => this.#events.more() },
        this.#t("older"),
      );
    const nothing =
      revisions.length === 0 && h("p", { class: "muted empty" }, this.#t("noRevisions"));
    this.element.replaceChildren(...days, ...[more, nothing].filter((each) => each !== false));
    if (focused !== undefined) {
      this.element.querySelector<HTMLElement>(`[data-revision="${focused}"]`)?.focus();
    }
  }

  /** Mark the one that is shown; the list stays as it was drawn. */
  mark(current: Revision | null): void {
    for (const each of this.element.querySelectorAll<HTMLElement>("[data-revision]")) {
      const isCurrent = each.dataset.revision === String(current?.number);
      each.setAttribute("aria-current", String(isCurrent));
    }
  }

  #item(revision: Revision, isCurrent: boolean): HTMLElement {
    const t = this.#t;
    const when = this.#times.clock(revision.created_at);
    const kind = KINDS[revision.kind];
    const names = revision.authors.map((each) => each.name).join(", ");
    const gap = this.#gap(revision);
    const compare = t("compareFrom", { moment: revision.name || when });
    return h(
      "li",
      { class: "revision" },
      h(
        "button",
        {
          type: "button",
          class: "revision-main",
          "aria-current": String(isCurrent),
          "data-revision": String(revision.number),
          click: () => this.#events.selected(revision),
        },
        h(
          "span",
          { class: "revision-title" },
          h("strong", {}, revision.name || when),
          revision.name !== "" && h("span", { class: "muted small" }, when),
          kind && h("span", { class: "badge" }, t(kind)),
        ),
        h("span", { class: "revision-people" }, faces(revision.authors), h("span", {}, names)),
        h(
          "span",
          { class: "revision-sums small" },
          h(
            "span",
            { class: "sum-inserted", "aria-label": t("charsInserted", { n: revision.insertions }) },
            `+${revision.insertions}`,
          ),
          h(
            "span",
            { class: "sum-deleted", "aria-label": t("charsDeleted", { n: revision.deletions }) },
            `−${revision.deletions}`,
          ),
        ),
        gap !== null && h("span", { class: "revision-gap small" }, gap),
      ),
      h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": compare,
          title: compare,
          click: () => this.#events.comparedFrom(revision),
        },
        icon("compare"),
      ),
    );
  }

  #day(date: string): string {
    const now = new Date();
    if (date === localDate(now)) return this.#t("today");
    now.setDate(now.getDate() - 1);
    if (date === localDate(now)) return this.#t("yesterday");
    return this.#times.day(date);
  }
}

function faces(authors: readonly Author[]): HTMLElement {
  return h(
    "span",
    { class: "faces", "aria-hidden": "true" },
    ...authors.slice(0, MAX_FACES).map((author) => face(author, { kind: "tiny" })),
  );
}
