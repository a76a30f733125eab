// Stops what the server's gate would refuse before it is in the document: nesting that is too deep, and more at
// once than a frame holds.
import { Extension } from "@tiptap/core";
import { isChangeOrigin } from "@tiptap/extension-collaboration";
import type { Node } from "@tiptap/pm/model";
import { Plugin, type Transaction } from "@tiptap/pm/state";
import { ReplaceAroundStep, ReplaceStep } from "@tiptap/pm/transform";

/** As deep as exports keep: MAX_DEPTH of collab/richtext/schema.py. The gate takes 64 levels of Yjs types. */
export const MAX_DEPTH = 48;
/** A letter takes three bytes at most in UTF-8, and a block of one letter some twenty. */
const BYTES_PER_PLACE = 4;

export type Bound = "depth" | "size";

const depths = new WeakMap<Node, number>();

/** Return how many nodes stand in one another in `node`; known for each node that did not change. */
export function depthOf(node: Node): number {
  const known = depths.get(node);
  if (known !== undefined) return known;
  let depth = 0;
  node.content.forEach((child) => {
    depth = Math.max(depth, child.isText ? 0 : depthOf(child) + 1);
  });
  depths.set(node, depth);
  return depth;
}

/** Return how much a transaction puts in. */
export function sizeOf({ steps }: Transaction): number {
  return steps.reduce(
    (size, step) =>
      step instanceof ReplaceStep || step instanceof ReplaceAroundStep
        ? size + step.slice.size
        : size,
    0,
  );
}

/** Return the extension; `told` is called when something was not done, and why. */
export function bounds(maxFrameBytes: number, told: (bound: Bound) => void): Extension {
  return Extension.create({
    name: "bounds",
    addProseMirrorPlugins: () => [
      new Plugin({
        filterTransaction: (transaction, state) => {
          if (!transaction.docChanged || isChangeOrigin(transaction)) return true;
          const depth = depthOf(transaction.doc);
          const isTooDeep = depth > MAX_DEPTH && depth > depthOf(state.doc);
          const isTooBig = sizeOf(transaction) * BYTES_PER_PLACE > maxFrameBytes;
          if (isTooDeep || isTooBig) told(isTooDeep ? "depth" : "size");
          return !isTooDeep && !isTooBig;
        },
      }),
    ],
  });
}
