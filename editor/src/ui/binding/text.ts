// Writes what a person changed in the words of a block: only what differs, so that formatting which is not
// shown, and what others write meanwhile, stays.
import type { Node, NodeType } from "@tiptap/pm/model";
import type * as Y from "yjs";
import { UNKNOWN_MARK } from "../../schema/unknown";
import { readText } from "./read";
import { embedFromSource } from "./source";

type Attributes = Record<string, unknown>;

interface Segment {
  readonly from: number;
  readonly to: number;
  readonly attributes: Attributes;
}

/** Runs of a text as one string; what is no text takes the place of one character. */
interface Words {
  readonly chars: string;
  readonly segments: readonly Segment[];
  /** The sources of what is no text, by place. */
  readonly embeds: ReadonlyMap<number, string>;
}

const EMBED = "\uFFFC";

function attributesOf(node: Node): Attributes {
  const attributes: Attributes = {};
  for (const { type, attrs } of node.marks) {
    if (type.name === UNKNOWN_MARK) attributes[String(attrs.name)] = attrs.value;
    else attributes[type.name] = attrs;
  }
  return attributes;
}

function wordsIn(nodes: readonly Node[]): Words {
  let chars = "";
  const segments: Segment[] = [];
  const embeds = new Map<number, string>();
  for (const node of nodes) {
    const from = chars.length;
    if (!node.isText) embeds.set(from, String(node.attrs.source));
    chars += node.isText ? node.text : EMBED;
    segments.push({ from, to: chars.length, attributes: attributesOf(node) });
  }
  return { chars, segments, embeds };
}

/** Return `nodes` as what `Y.Text.applyDelta` takes. */
export function deltaOf(nodes: readonly Node[]): { insert: unknown; attributes: Attributes }[] {
  return nodes.map((node) => ({
    insert: node.isText ? node.text : embedFromSource(String(node.attrs.source)),
    attributes: attributesOf(node),
  }));
}

/** Return whether two values of an attribute are the same. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === Object.keys(b).length &&
    keys.every((key) => isSame((a as Attributes)[key], (b as Attributes)[key]))
  );
}

function common(before: Words, after: Words): { start: number; end: number } {
  const isEqual = (at: number, to: number) =>
    before.chars[at] === after.chars[to] && before.embeds.get(at) === after.embeds.get(to);
  const [old, next] = [before.chars.length, after.chars.length];
  const shared = Math.min(old, next);
  let start = 0;
  while (start < shared && isEqual(start, start)) start += 1;
  // Never between the halves of a character.
  if (start > 0 && isHigh(before.chars, start - 1)) start -= 1;
  let end = 0;
  while (end < shared - start && isEqual(old - 1 - end, next - 1 - end)) end += 1;
  if (end > 0 && isLow(before.chars, old - end)) end -= 1;
  return { start, end };
}

function isHigh(chars: string, at: number): boolean {
  const code = chars.charCodeAt(at);
  return code >= 0xd800 && code <= 0xdbff;
}

function isLow(chars: string, at: number): boolean {
  const code = chars.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff;
}

/** Call `each` with every stretch of [from, to) in `texts`: a text, where in it, how long. */
function stretches(
  texts: readonly Y.XmlText[],
  from: number,
  to: number,
  each: (text: Y.XmlText, at: number, length: number) => void,
): void {
  let start = 0;
  for (const text of texts) {
    const { length } = text;
    const [at, end] = [Math.max(from, start) - start, Math.min(to, start + length) - start];
    if (end > at) each(text, at, end - at);
    start += length;
  }
}

function formatKept(
  texts: readonly Y.XmlText[],
  before: readonly Segment[],
  after: readonly Segment[],
  range: { from: number; to: number; shift: number },
): void {
  for (const old of before) {
    for (const next of after) {
      const from = Math.max(old.from, next.from - range.shift, range.from);
      const to = Math.min(old.to, next.to - range.shift, range.to);
      if (from >= to) continue;
      const changes: Attributes = {};
      for (const name of Object.keys(old.attributes)) {
        if (!(name in next.attributes)) changes[name] = null;
      }
      for (const [name, value] of Object.entries(next.attributes)) {
        if (!isSame(old.attributes[name], value)) changes[name] = value;
      }
      if (Object.keys(changes).length === 0) continue;
      stretches(texts, from, to, (text, at, length) => text.format(at, length, changes));
    }
  }
}

/** Make `texts`, which stand beside one another in a block of `type`, say what `nodes` say. */
export function writeText(texts: Y.XmlText[], nodes: readonly Node[], type: NodeType): void {
  const before = wordsIn(texts.flatMap((text) => readText(text, type)));
  const after = wordsIn(nodes);
  const { start, end } = common(before, after);
  const [old, next] = [before.chars.length, after.chars.length];
  const shift = next - old;
  formatKept(texts, before.segments, after.segments, { from: 0, to: start, shift: 0 });
  formatKept(texts, before.segments, after.segments, { from: old - end, to: old, shift });
  const lengths = texts.map(({ length }) => length);
  stretches(texts, start, old - end, (text, at, length) => text.delete(at, length));
  // What is written goes to the text that holds what stood before it.
  let place = start;
  let into = 0;
  while (into < texts.length - 1 && place > (lengths[into] ?? 0)) {
    place -= lengths[into] ?? 0;
    into += 1;
  }
  for (const segment of after.segments) {
    const [from, to] = [Math.max(segment.from, start), Math.min(segment.to, next - end)];
    if (from >= to) continue;
    const embed = after.embeds.get(from);
    const { attributes } = segment;
    if (embed === undefined) {
      texts[into]?.insert(place, after.chars.slice(from, to), attributes);
    } else {
      texts[into]?.insertEmbed(place, embedFromSource(embed), attributes);
    }
    place += to - from;
  }
}
