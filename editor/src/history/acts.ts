// What can be done with a revision that is shown: named, restored, copied, its deleted text erased.
import type { Translate } from "../i18n";
import { ask } from "../ui/question";
import type { HistoryApi, Revision } from "./api";
import type { HistoryBootstrap } from "./bootstrap";
import type { Gaps } from "./gaps";

const MAX_NAME_CHARS = 200;

/** What is shown, and what the page does about it. */
export interface Shown {
  /** Go to the end of the revision that is shown, and return it: only whole ones are acted on. */
  whole(): Promise<Revision | null>;
  /** Return the shown moment in words. */
  words(): string;
  /** What the shown moment is compared with, if it was chosen. */
  base(): Revision | null;
  named(revision: Revision): void;
  failed(error: unknown): void;
}

export class Acts {
  readonly #page: HistoryBootstrap;
  readonly #api: HistoryApi;
  readonly #t: Translate;
  readonly #gaps: Gaps;
  readonly #shown: Shown;

  constructor(page: HistoryBootstrap, api: HistoryApi, t: Translate, gaps: Gaps, shown: Shown) {
    this.#page = page;
    this.#api = api;
    this.#t = t;
    this.#gaps = gaps;
    this.#shown = shown;
  }

  /** Ask for a name and give it. */
  async name(): Promise<void> {
    const t = this.#t;
    await this.#withWhole(async (revision) => {
      const name = await ask(t, {
        title: t("nameRevision"),
        text: this.#shown.words(),
        act: t("apply"),
        field: { label: t("revisionName"), value: revision.name, maxLength: MAX_NAME_CHARS },
      });
      if (name !== null) this.#shown.named(await this.#api.rename(revision.number, name));
    });
  }

  /** Have the document say what it said, after a question; then go there. */
  async restore(): Promise<void> {
    const t = this.#t;
    await this.#withWhole(async (revision) => {
      const answer = await ask(t, {
        title: t("restoreTitle"),
        text: t("restoreText", { moment: this.#shown.words() }),
        act: t("restore"),
      });
      if (answer === null) return;
      await this.#api.restore(revision.number);
      location.assign(this.#page.documentUrl);
    });
  }

  /** Erase what was deleted since: of the comparison, or of the revision that is shown. */
  async erase(): Promise<void> {
    await this.#withWhole(async (revision) => {
      const base = this.#shown.base();
      const first = base ? Math.min(base.seq + 1, revision.seq) : revision.first_seq;
      await this.#gaps.askFor(first, revision.seq, this.#shown.words());
    });
  }

  /** Make a new document of it, and go there. */
  async copy(): Promise<void> {
    await this.#withWhole(async (revision) => {
      const copy = await this.#api.copy(revision.number);
      location.assign(this.#page.documentUrl.replace(this.#page.document.id, copy.id));
    });
  }

  async #withWhole(act: (revision: Revision) => Promise<void>): Promise<void> {
    try {
      const revision = await this.#shown.whole();
      if (revision) await act(revision);
    } catch (error) {
      this.#shown.failed(error);
    }
  }
}
