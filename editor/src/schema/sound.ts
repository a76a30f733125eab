// Which values of attributes are shown. A document may hold any: what is not sound is shown as if it were
// not there, and stays in the document as it is. Twin of _SOUND in collab/richtext/schema.py.
import { ALIGNMENTS, CALLOUTS } from "./blocks";

/** Columns or rows that a cell takes, and an image's width: the bounds of collab/richtext/schema.py. */
const MAX_SPAN = 1000;
const MAX_IMAGE_WIDTH = 4000;

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isWhole =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
const isOneOf =
  (known: readonly string[]): Check =>
  (value) =>
    known.includes(value as string);

const CHECKS: Readonly<Record<string, Check>> = {
  level: isWhole(1, 6),
  start: isWhole(-(2 ** 31), 2 ** 31 - 1),
  checked: (value) => typeof value === "boolean",
  colspan: isWhole(1, MAX_SPAN),
  rowspan: isWhole(1, MAX_SPAN),
  colwidth: (value) =>
    Array.isArray(value) && value.length <= MAX_SPAN && value.every(isWhole(0, MAX_IMAGE_WIDTH)),
  width: isWhole(1, MAX_IMAGE_WIDTH),
  kind: isOneOf(CALLOUTS),
  textAlign: isOneOf(ALIGNMENTS),
  type: isText,
  src: isText,
  alt: isText,
  title: isText,
  caption: isText,
  latex: isText,
  language: isText,
  href: isText,
  color: isText,
};

interface Described {
  readonly attrs?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Return those of `values` that the node or mark of `spec` has and that it can show. */
export function soundAttrs(spec: Described, values: unknown): Record<string, unknown> {
  const sound: Record<string, unknown> = {};
  if (typeof values !== "object" || values === null) return sound;
  for (const name of Object.keys(spec.attrs ?? {})) {
    const value = (values as Record<string, unknown>)[name];
    if (value === undefined || value === null) continue;
    if (CHECKS[name]?.(value) ?? true) sound[name] = value;
  }
  return sound;
}
