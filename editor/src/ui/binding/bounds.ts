// Stops what the server's gate would refuse before it is in the document: nesting that is too deep, and more than a
// document or, of what is never cut, a frame holds.
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

/** Of a struct beside its content: what it is, two ids and where it stands. */
const HEAD_BYTES = 24;
/** A UTF-16 unit in UTF-8. */
const UNIT_BYTES = 3;
/** A character in JSON as an escape. */
const ESCAPE_BYTES = 6;

/** Of a frame, beside a value. */
const SPARE_BYTES = 256;

export type Bound = "depth" | "size";

export interface Limits {
  /** As deep as exports keep; the gate takes some more levels of Yjs types. */
  readonly maxDepth: number;
  readonly maxFrameBytes: number;
  /** How many bytes more may be written. */
  readonly room: () => number;
}

/** What an update takes at most. */
export interface Weight {
  bytes: number;
  /** Structs and values, as the server counts them. */
  parts: number;
  /** Bytes of the largest value: a text is sent in pieces, a value is not. */
  largest: number;
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
  weight.largest = Math.max(weight.largest, size);
  add(weight, HEAD_BYTES + name.length + size, 2 + (Array.isArray(value) ? value.length : 0));
}

/** A mark is a struct where it begins and one where it ends. */
function addMark(weight: Weight, mark: Mark): void {
  const values = Object.values(mark.attrs).map((value) =>
    typeof value === "string" ? value.length * ESCAPE_BYTES : 16,
  );
  const size = values.reduce((sum, each) => sum + each, 0);
  weight.largest = Math.max(weight.largest, size);
  add(weight, 2 * (HEAD_BYTES + mark.type.name.length) + size + ESCAPE_BYTES * UNIT_BYTES, 2);
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) length += code > 0x7ff ? 2 : 1;
  }
  return length;
}

function addNode(weight: Weight, node: Node): void {
  if (node.isText) {
    // The text that holds it, and its letters.
    add(weight, 2 * HEAD_BYTES + utf8Length(node.text ?? ""), 2);
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
  const weight = { bytes: 0, parts: 0, largest: 0 };
  steps.forEach((step, index) => {
    addStep(weight, step, docs[index] as Node);
  });
  return weight;
}

/** Return the extension; `told` is called when something was not done, and why. */
export function bounds(limits: Limits, told: (bound: Bound) => void): Extension {
  return Extension.create({
    name: "bounds",
    addProseMirrorPlugins: () => [
      new Plugin({
        filterTransaction: (transaction, state) => {
          if (!transaction.docChanged || isChangeOrigin(transaction)) return true;
          const depth = depthOf(transaction.doc);
          const isTooDeep = depth > limits.maxDepth && depth > depthOf(state.doc);
          const { bytes, largest } = weightOf(transaction);
          const isTooBig =
            bytes > 0 && (bytes > limits.room() || largest + SPARE_BYTES > limits.maxFrameBytes);
          if (isTooDeep || isTooBig) told(isTooDeep ? "depth" : "size");
          return !isTooDeep && !isTooBig;
        },
      }),
    ],
  });
}
