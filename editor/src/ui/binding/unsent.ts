// Marks the words in the text that the server does not have, where they would else pass for the document.
import { Extension } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { ySyncPluginKey } from "@tiptap/y-tiptap";
import * as Y from "yjs";
import type { Binding } from "./bind";
import type { Mapping } from "./read";

/** What the server has of a document: for each client how many of its items. */
export type Known = ReadonlyMap<number, number>;

const KEY = new PluginKey<Known | null>("unsent");

interface Range {
  from: number;
  to: number;
}

/** Return where in the editor the words of `parent` beyond `known` stand; `at` is the place of its content. */
export function unsentRanges(
  parent: Y.XmlFragment,
  node: Node,
  mapping: Mapping,
  known: Known,
  at = 0,
): Range[] {
  const found: Range[] = [];
  let [place, index] = [at, 0];
  const pass = () => {
    place += node.child(index).nodeSize;
    index += 1;
  };
  for (const child of parent.toArray()) {
    if (child instanceof Y.XmlText) {
      const end = place + child.length;
      found.push(...inText(child, known, place));
      while (index < node.childCount && place < end) pass();
    } else if (child instanceof Y.XmlElement) {
      const shown = mapping.get(child);
      while (index < node.childCount && node.child(index) !== shown) pass(); // filled in on the screen
      if (index >= node.childCount) break;
      const inner = node.child(index);
      if (!inner.isLeaf) found.push(...unsentRanges(child, inner, mapping, known, place + 1));
      else if (isBeyond(child._item, known))
        found.push({ from: place, to: place + inner.nodeSize });
      pass();
    }
  }
  return found;
}

function isBeyond(item: Y.Item | null, known: Known): boolean {
  return item !== null && (known.get(item.id.client) ?? 0) <= item.id.clock;
}

function inText(text: Y.XmlText, known: Known, at: number): Range[] {
  const found: Range[] = [];
  let place = at;
  for (let item = text._start; item; item = item.right) {
    if (item.deleted || !item.countable) continue;
    const seen = Math.max(0, (known.get(item.id.client) ?? 0) - item.id.clock);
    const last = found.at(-1);
    if (seen < item.length) {
      const from = place + seen;
      if (last?.to === from) last.to = place + item.length;
      else found.push({ from, to: place + item.length });
    }
    place += item.length;
  }
  return found;
}

/** Return the extension; `title` is what a person is told who points at such words. */
export function unsentMarks(title: string): Extension {
  return Extension.create({
    name: "unsentMarks",
    addProseMirrorPlugins: () => [
      new Plugin<Known | null>({
        key: KEY,
        state: {
          init: () => null,
          apply: (transaction, before) => {
            const said = transaction.getMeta(KEY) as { known: Known | null } | undefined;
            return said ? said.known : before;
          },
        },
        props: {
          decorations: (state) => {
            const known = KEY.getState(state);
            const binding: Binding | undefined = ySyncPluginKey.getState(state)?.binding;
            if (!known || !binding) return DecorationSet.empty;
            const ranges = unsentRanges(binding.type, state.doc, binding.mapping, known);
            return DecorationSet.create(
              state.doc,
              ranges.map(({ from, to }) =>
                Decoration.inline(from, to, { class: "is-unsent", title }),
              ),
            );
          },
        },
      }),
    ],
  });
}

/** Return the transaction's mark that shows what is beyond `known`; null shows nothing. */
export function showUnsent(known: Known | null): readonly [PluginKey<Known | null>, object] {
  return [KEY, { known }];
}
