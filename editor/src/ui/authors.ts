// Who wrote this: the runs of the committed text with their authors, from the server, drawn into the editor or
// told of a selection. Positions follow the typing until the next answer comes.
import { type Editor, Extension } from "@tiptap/core";
import type { Node as ProseMirrorNode } from "@tiptap/pm/model";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { newest } from "../api/newest";
import type { Key, Translate } from "../i18n";
import { h } from "./dom";

export interface Run {
  readonly path: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly author: number | null;
  readonly at: string | null;
  readonly relayed: boolean;
}

export interface Attribution {
  readonly authors: Readonly<Record<string, { readonly name: string; readonly color: string }>>;
  readonly runs: readonly Run[];
}

/** A run of the document: where it is now, who wrote it and when. */
export interface Authored {
  readonly from: number;
  readonly to: number;
  readonly name: string | null;
  readonly color: string;
  readonly at: Date | null;
  readonly isRelayed: boolean;
}

const UNKNOWN_COLOR = "#5c5952";
const KEY = new PluginKey<DecorationSet>("authors");
/** After the last change, before the server is asked again: it has committed by then. */
const ASK_AFTER_MS = 800;

/** Return where the text of the block at `path` begins, and the block; null where there is none. */
function blockAt(
  doc: ProseMirrorNode,
  path: readonly number[],
): { start: number; block: ProseMirrorNode } | null {
  let start = 0;
  let block = doc;
  for (const index of path) {
    if (index >= block.childCount) return null;
    for (let before = 0; before < index; before += 1) start += block.child(before).nodeSize;
    block = block.child(index);
    start += 1;
  }
  return { start, block };
}

/** Return the runs in the positions of `doc`. What does not fit any more, while somebody types, is left out. */
export function authoredRuns(doc: ProseMirrorNode, found: Attribution): Authored[] {
  const runs: Authored[] = [];
  for (const run of found.runs) {
    const place = blockAt(doc, run.path);
    if (!place) continue;
    const from = place.start + Math.min(run.from, place.block.content.size);
    const to = place.start + Math.min(run.to, place.block.content.size);
    if (to <= from) continue;
    const author = run.author === null ? undefined : found.authors[run.author];
    runs.push({
      from,
      to,
      name: author?.name ?? null,
      color: author?.color ?? UNKNOWN_COLOR,
      at: run.at === null ? null : new Date(run.at),
      isRelayed: run.relayed,
    });
  }
  return runs;
}

/** Return who wrote what lies between two positions: each person once, last edit, longest share first. */
export function authorsBetween(
  runs: readonly Authored[],
  from: number,
  to: number,
): { name: string | null; color: string; at: Date | null; length: number; isRelayed: boolean }[] {
  const found = new Map<
    string | null,
    { name: string | null; color: string; at: Date | null; length: number; isRelayed: boolean }
  >();
  for (const run of runs) {
    const length = Math.min(run.to, to) - Math.max(run.from, from);
    if (length <= 0) continue;
    const known = found.get(run.name);
    if (!known) {
      const { name, color, at, isRelayed } = run;
      found.set(run.name, { name, color, at, length, isRelayed });
    } else {
      known.length += length;
      known.isRelayed ||= run.isRelayed;
      if (run.at && (!known.at || run.at > known.at)) known.at = run.at;
    }
  }
  return [...found.values()].sort((a, b) => b.length - a.length);
}

export interface AuthorsParts {
  readonly editor: Editor;
  readonly t: Translate;
  readonly locale: string;
  /** Where the attribution of the document is. */
  readonly url: string;
  readonly fail: (message: string) => void;
}

/** What draws the runs. From the start: a plugin that comes later makes y-tiptap bind anew. */
export const authorRuns = Extension.create({
  name: "authorRuns",
  addProseMirrorPlugins: () => [
    new Plugin<DecorationSet>({
      key: KEY,
      state: {
        init: () => DecorationSet.empty,
        apply: (tr, set) => {
          const next = tr.getMeta(KEY) as DecorationSet | undefined;
          return next ?? set.map(tr.mapping, tr.doc);
        },
      },
      props: { decorations: (state) => KEY.getState(state) },
    }),
  ],
});

export class Authors {
  readonly #parts: AuthorsParts;
  readonly #legend = h("ul", { class: "authors-legend" });
  #isOn = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: AuthorsParts) {
    this.#parts = parts;
    parts.editor.on("update", () => this.changed());
    this.#legend.setAttribute("aria-label", parts.t("authors"));
  }

  /** The names beside their colours, for the page to put somewhere while the mode is on. */
  get legend(): HTMLElement {
    return this.#legend;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Colour the text by its authors, or stop. */
  async toggle(): Promise<void> {
    this.#isOn = !this.#isOn;
    clearTimeout(this.#timer);
    if (this.#isOn) await this.#refresh();
    else this.#draw([]);
  }

  /** Something was written here or elsewhere: the server is asked again when it has been quiet. */
  changed(): void {
    if (!this.#isOn) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#refresh(), ASK_AFTER_MS);
  }

  /** Tell who wrote the selected text. */
  async tell(): Promise<void> {
    const { editor, t } = this.#parts;
    const runs = await this.#ask();
    if (!runs) return;
    const { from, to } = editor.state.selection;
    const authors = authorsBetween(runs, from, to);
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": "who-title", close: () => dialog.remove() },
      h("div", { class: "dialog-head" }, h("h2", { id: "who-title" }, t("whoWrote"))),
      authors.length === 0
        ? h("p", {}, t("whoNobody"))
        : h("ul", { class: "who-list" }, ...authors.map((each) => this.#line(each))),
      h(
        "form",
        { method: "dialog", class: "dialog-foot" },
        h("button", { class: "button primary" }, t("close")),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  }

  #line(author: ReturnType<typeof authorsBetween>[number]): HTMLElement {
    const { t } = this.#parts;
    const words: Key = author.isRelayed ? "whoLineRelayed" : "whoLine";
    return h(
      "li",
      { class: "author-line" },
      swatch(author.color),
      h(
        "span",
        {},
        h("strong", {}, author.name ?? t("someone")),
        ` ${t(words, { n: author.length, time: author.at ? this.#time(author.at) : "" })}`,
      ),
    );
  }

  async #refresh(): Promise<void> {
    const runs = await this.#askNewest();
    if (runs && this.#isOn) this.#draw(runs);
  }

  readonly #askNewest = newest(() => this.#ask());

  async #ask(): Promise<Authored[] | null> {
    const { editor, url, fail, t } = this.#parts;
    try {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(String(answer.status));
      return authoredRuns(editor.state.doc, (await answer.json()) as Attribution);
    } catch {
      fail(t("historyFailed"));
      return null;
    }
  }

  #draw(runs: readonly Authored[]): void {
    const { editor, t } = this.#parts;
    if (editor.isDestroyed) return;
    const { state, view } = editor;
    const set = DecorationSet.create(
      state.doc,
      runs.map((run) => {
        const name = run.name ?? t("someone");
        const title = run.at ? `${name}, ${this.#time(run.at)}` : name;
        return Decoration.inline(run.from, run.to, {
          class: "authored",
          style: `--author: ${run.color}`,
          title,
        });
      }),
    );
    view.dispatch(state.tr.setMeta(KEY, set).setMeta("addToHistory", false));
    const people = new Map(runs.map((run) => [run.name, run.color]));
    this.#legend.replaceChildren(
      ...[...people].map(([name, color]) =>
        h("li", { class: "author-line" }, swatch(color), name ?? t("someone")),
      ),
    );
  }

  #time(at: Date): string {
    return new Intl.DateTimeFormat(this.#parts.locale, {
      dateStyle: "medium",
      timeStyle: "short",
    }).format(at);
  }
}

function swatch(color: string): HTMLElement {
  const element = h("span", { class: "author-swatch", "aria-hidden": "true" });
  element.style.setProperty("--author", color);
  return element;
}
