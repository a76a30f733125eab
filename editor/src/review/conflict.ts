// A block that both sides changed: what the original, the draft and the merge make of it, side by side.

import type { Author } from "../history/api";
import { sign } from "../history/changes";
import type { Key, Translate } from "../i18n";
import { h } from "../ui/dom";

const KINDS: Readonly<Record<string, Key>> = {
  both: "conflictBoth",
  "removed-in-original": "conflictOriginal",
  "removed-in-draft": "conflictDraft",
};
const SIDES = ["original", "draft", "merged"] as const;
const LABELS = { original: "sideOriginal", draft: "sideDraft", merged: "sideMerged" } as const;

/** A conflict as it is shown, and what is decided about it. */
export interface ConflictView {
  readonly element: HTMLElement;
  /** The name to leave the block out of the merge by; null: it is merged, or put back. */
  leftOut(): string | null;
}

/** Return the conflict in `section`, as the server's HTML has it, to be shown. */
export function conflictView(
  section: HTMLElement,
  number: number,
  authors: ReadonlyMap<number, Author>,
  t: Translate,
): ConflictView {
  const kind = KINDS[section.dataset.conflict ?? ""] ?? "conflictBoth";
  const id = `conflict-${number}`;
  const columns = SIDES.map((side) => {
    const found = section.querySelector(`[data-side="${side}"]`);
    const body = h("div", { class: "text changes" }, ...(found ? found.children : []));
    sign(body, authors, t);
    if (!body.firstChild) body.append(h("p", { class: "muted" }, t("notMerged")));
    return h(
      "section",
      { class: `conflict-side ${side}`, "aria-labelledby": `${id}-${side}` },
      h("h4", { id: `${id}-${side}` }, t(LABELS[side])),
      body,
    );
  });
  const name = section.dataset.name ?? "";
  const puts = h("input", { type: "checkbox", id: `${id}-keep`, checked: true });
  const merged = columns.at(-1);
  const decide = () => merged?.classList.toggle("left-out", !puts.checked);
  puts.addEventListener("change", decide);
  const element = h(
    "article",
    { class: "conflict", "aria-labelledby": id },
    h("h3", { id }, `${number}. ${t(kind)}`),
    kind !== "conflictBoth" && h("label", { class: "put-back", for: puts.id }, puts, t("putBack")),
    h("div", { class: "conflict-sides" }, ...columns),
  );
  return { element, leftOut: () => (puts.checked ? null : name) };
}
