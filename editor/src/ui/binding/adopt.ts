// The editor goes on with the nodes that it had where new ones are equal (narrow.ts). The mapping must know
// these, too: what is not known by identity is found by likeness, and of two equal blocks the wrong one.
import type { Node } from "@tiptap/pm/model";
import * as Y from "yjs";
import type { Mapping } from "./read";

/** Let `mapping` have the nodes of `doc`, which shows just what is in `body`. */
export function adoptDrawn(body: Y.XmlFragment, doc: Node, mapping: Mapping): void {
  const stored = body.toArray();
  if (stored.length !== doc.childCount) return;
  for (const [place, child] of stored.entries()) adopt(child, doc.child(place), mapping);
}

function adopt(stored: unknown, node: Node, mapping: Mapping): void {
  const shown = mapping.get(stored);
  if (!(stored instanceof Y.XmlElement) || shown === node || !isNode(shown) || !shown.eq(node))
    return;
  mapping.set(stored, node);
  const children: unknown[] = stored.toArray();
  const runs = children.map((child) => runsOf(mapping.get(child)));
  // Texts beside one another are one run in the editor, and what is missing is filled in there.
  if (runs.reduce((sum, each) => sum + each.length, 0) !== node.childCount) return;
  let place = 0;
  for (const [index, child] of children.entries()) {
    const length = runs[index]?.length ?? 0;
    if (child instanceof Y.XmlElement) adopt(child, node.child(place), mapping);
    else if (length > 0) mapping.set(child, node.children.slice(place, place + length));
    place += length;
  }
}

function isNode(shown: Node | readonly Node[] | undefined): shown is Node {
  return shown !== undefined && !Array.isArray(shown);
}

function runsOf(shown: Node | readonly Node[] | undefined): readonly Node[] {
  return isNode(shown) ? [shown] : (shown ?? []);
}
