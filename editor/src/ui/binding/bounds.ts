// Stops what the server's gate would refuse before it is in the document: nesting that is too deep, and more at
// once than a frame holds.
import { Extension } from "@tiptap/core";
import { isChangeOrigin } from "@tiptap/extension-collaboration";
import type { Mark, Node } from "@tiptap/pm/model";
import { Plugin, type Transaction } from "@tiptap/pm/state";
import {
  AddMarkStep,
  AttrStep,
  ReplaceAroundStep,
  ReplaceStep,
  type Step,
} from "@tiptap/pm/transform";

/** As deep as exports keep: MAX_DEPTH of collab/richtext/schema.py. The gate takes 64 levels of Yjs types. */
export const MAX_DEPTH = 48;
/** Of a struct beside its content: what it is, two ids and where it stands. */
const HEAD_BYTES = 24;
/** A UTF-16 unit in UTF-8. */
const UNIT_BYTES = 3;
/** A character in JSON as an escape. */
const ESCAPE_BYTES = 6;

export type Bound = "depth" | "size";

/** What the server takes in one frame: MAX_FRAME_BYTES and MAX_FRAME_PARTS. */
export interface FrameLimits {
  readonly maxFrameBytes: number;
  readonly maxFrameParts: number;
}

/** What an update takes at most. */
export interface Weight {
  bytes: number;
  /** Structs and values, as the server counts them. */
  parts: number;
}

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

function add(weight: Weight, bytes: number, parts: number): void {
  weight.bytes += bytes;
  weight.parts += parts;
}

function addValue(weight: Weight, name: string, value: unknown): void {
  if (value === null || value === undefined) return;
  const size =
    typeof value === "string"
      ? value.length * UNIT_BYTES
      : JSON.stringify(value).length * UNIT_BYTES;
  add(weight, HEAD_BYTES + name.length + size, 2 + (Array.isArray(value) ? value.length : 0));
}

/** A mark is a struct where it begins and one where it ends. */
function addMark(weight: Weight, mark: Mark): void {
  const values = Object.values(mark.attrs).map((value) =>
    typeof value === "string" ? value.length * ESCAPE_BYTES : 16,
  );
  const size = values.reduce((sum, each) => sum + each, 0);
  add(weight, 2 * (HEAD_BYTES + mark.type.name.length) + size + ESCAPE_BYTES * UNIT_BYTES, 2);
}

function addNode(weight: Weight, node: Node): void {
  if (node.isText) {
    // The text that holds it, and its letters.
    add(weight, 2 * HEAD_BYTES + (node.text?.length ?? 0) * UNIT_BYTES, 2);
    for (const mark of node.marks) addMark(weight, mark);
    return;
  }
  add(weight, HEAD_BYTES + node.type.name.length, 1);
  for (const [name, value] of Object.entries(node.attrs)) addValue(weight, name, value);
  if (node.isTextblock && node.childCount === 0) add(weight, HEAD_BYTES, 1);
}

function addStep(weight: Weight, step: Step, before: Node): void {
  if (step instanceof ReplaceStep || step instanceof ReplaceAroundStep) {
    step.slice.content.descendants((node) => addNode(weight, node));
  } else if (step instanceof AddMarkStep) {
    before.nodesBetween(step.from, step.to, (node) => {
      if (node.isInline) addMark(weight, step.mark);
    });
  } else if (step instanceof AttrStep) {
    addValue(weight, step.attr, step.value);
  }
}

/** Return what a transaction puts in takes at most on its way to the server. */
export function weightOf({ steps, docs }: Transaction): Weight {
  const weight = { bytes: 0, parts: 0 };
  steps.forEach((step, index) => {
    addStep(weight, step, docs[index] as Node);
  });
  return weight;
}

/** Return the extension; `told` is called when something was not done, and why. */
export function bounds(limits: FrameLimits, told: (bound: Bound) => void): Extension {
  return Extension.create({
    name: "bounds",
    addProseMirrorPlugins: () => [
      new Plugin({
        filterTransaction: (transaction, state) => {
          if (!transaction.docChanged || isChangeOrigin(transaction)) return true;
          const depth = depthOf(transaction.doc);
          const isTooDeep = depth > MAX_DEPTH && depth > depthOf(state.doc);
          const { bytes, parts } = weightOf(transaction);
          const isTooBig = bytes > limits.maxFrameBytes || parts > limits.maxFrameParts;
          if (isTooDeep || isTooBig) told(isTooDeep ? "depth" : "size");
          return !isTooDeep && !isTooBig;
        },
      }),
    ],
  });
}
