// From what a person did in the editor to the Yjs document: only what changed on the screen is written, so
// that attributes, formatting and content that the screen does not show stay as they are. (y-tiptap writes
// the screen, and so deletes them.)
import type { Node, NodeType } from "@tiptap/pm/model";
import * as Y from "yjs";
import { soundAttrs } from "../../schema/sound";
import { STAND_INS, UNKNOWN_BLOCK, UNKNOWN_INLINE } from "../../schema/unknown";
import { paired } from "./pairs";
import type { Mapping } from "./read";
import { fromSource, isEmbedSource, nameOf } from "./source";
import { deltaOf, isSame, writeText } from "./text";

/** An element, or texts that stand beside one another. */
type Old = Y.XmlElement | Y.XmlText[];
/** A node, or runs of text that stand beside one another. */
type New = Node | Node[];

/** Whether it is text, or stands among its letters. */
function isRun({ isText, type, attrs }: Node): boolean {
  return isText || (type.name === UNKNOWN_INLINE && isEmbedSource(String(attrs.source)));
}

function newUnits(node: Node): New[] {
  const units: New[] = [];
  node.content.forEach((child) => {
    const last = units.at(-1);
    if (!isRun(child)) units.push(child);
    else if (Array.isArray(last)) last.push(child);
    else units.push([child]);
  });
  return units;
}

function oldUnits(parent: Y.XmlFragment): Old[] {
  const units: Old[] = [];
  for (const child of parent.toArray()) {
    const last = units.at(-1);
    if (child instanceof Y.XmlElement) units.push(child);
    else if (Array.isArray(last)) last.push(child as Y.XmlText);
    else units.push([child as Y.XmlText]);
  }
  return units;
}

/** Writes into one document what the editor shows of it. */
export class Writer {
  readonly #mapping: Mapping;

  constructor(mapping: Mapping) {
    this.#mapping = mapping;
  }

  /** Make `parent` hold what `node` holds. */
  children(parent: Y.XmlFragment, node: Node): void {
    const olds = oldUnits(parent);
    const nexts = newUnits(node);
    const pairs = paired(olds, nexts, {
      isKept: (old, next) => this.#isKept(old, next),
      shown: (old) => first(this.#mapping.get(Array.isArray(old) ? old[0] : old)),
      showing: first,
      likeness: (old, next) => this.#likeness(old, next),
    });
    let place = 0; // in the element
    let old = 0;
    let waiting: New[] = [];
    const insert = () => {
      if (waiting.length === 0) return;
      const made = waiting.flatMap((unit) => this.#made(unit) ?? []);
      waiting = [];
      parent.insert(place, made);
      place += made.length;
    };
    const leaveBehind = (until: number) => {
      for (; old < until; old += 1) place += this.#gone(parent, place, olds[old] as Old);
    };
    nexts.forEach((next, index) => {
      const partner = pairs[index] ?? -1;
      if (partner < 0) {
        waiting.push(next);
        return;
      }
      // What went goes first, so that what came stands before what goes on.
      leaveBehind(partner);
      insert();
      this.#goOn(olds[partner] as Old, next, node.type);
      place += Array.isArray(olds[partner]) ? olds[partner].length : 1;
      old = partner + 1;
    });
    leaveBehind(olds.length);
    insert();
  }

  #isKept(old: Old, next: New): boolean {
    if (!Array.isArray(old)) return this.#mapping.get(old) === next;
    const [text, ...more] = old;
    const shown = this.#mapping.get(text) as readonly Node[] | undefined;
    if (more.length > 0 || !Array.isArray(next) || shown?.length !== next.length) return false;
    return next.every((node, index) => node === shown[index]);
  }

  #likeness(old: Old, next: New): number {
    if (Array.isArray(old) || Array.isArray(next)) {
      return Array.isArray(old) && Array.isArray(next) ? 1 : 0;
    }
    const shown = this.#mapping.get(old) as Node | undefined;
    if (shown && STAND_INS.has(shown.type.name)) return shown.eq(next) ? 1 : 0;
    if (STAND_INS.has(next.type.name) || old.nodeName !== next.type.name) return 0;
    if (!shown) return 1;
    let shared = 0;
    const most = Math.min(shown.childCount, next.childCount);
    while (shared < most && isEqual(shown.child(shared), next.child(shared))) shared += 1;
    let atEnd = 0;
    while (
      atEnd < most - shared &&
      isEqual(shown.child(shown.childCount - 1 - atEnd), next.child(next.childCount - 1 - atEnd))
    )
      atEnd += 1;
    return 1 + shared + atEnd;
  }

  /** Take away what is on the screen no more; return how many places it still takes. */
  #gone(parent: Y.XmlFragment, place: number, old: Old): number {
    if (Array.isArray(old)) {
      // The text stays, so that what others write into it now has a place.
      for (const text of old) {
        if (text.length > 0) text.delete(0, text.length);
        this.#mapping.set(text, []);
      }
      return old.length;
    }
    this.#mapping.delete(old);
    parent.delete(place, 1);
    return 0;
  }

  #goOn(old: Old, next: New, parent: NodeType): void {
    if (this.#isKept(old, next)) return;
    if (Array.isArray(old)) {
      if (!Array.isArray(next)) return;
      writeText(old, next, parent);
      for (const text of old) this.#mapping.delete(text);
      if (old.length === 1) this.#mapping.set(old[0], next);
    } else if (!Array.isArray(next)) {
      const shown = this.#mapping.get(old) as Node | undefined;
      this.#mapping.set(old, next);
      if (STAND_INS.has(next.type.name)) return; // nothing of it can be changed here
      this.#attributes(old, shown, next);
      this.children(old, next);
    }
  }

  #attributes(element: Y.XmlElement, shown: Node | undefined, next: Node): void {
    const before = shown?.attrs ?? soundAttrs(next.type.spec, element.getAttributes());
    for (const [name, value] of Object.entries(next.attrs)) {
      if (isSame(before[name] ?? null, value ?? null)) continue;
      if (value === null || value === undefined) element.removeAttribute(name);
      else element.setAttribute(name, value);
    }
  }

  #made(next: New): Y.XmlElement | Y.XmlText | null {
    if (Array.isArray(next)) {
      const text = new Y.XmlText();
      text.applyDelta(deltaOf(next));
      this.#mapping.set(text, next);
      return text;
    }
    if (next.type.name === UNKNOWN_BLOCK || next.type.name === UNKNOWN_INLINE) {
      const again = fromSource(String(next.attrs.source));
      // Pasted, and not what a document can hold: its words.
      const made = again ?? this.#words(next);
      if (made) this.#mapping.set(made, next);
      return made;
    }
    const element = new Y.XmlElement(next.type.name);
    for (const [name, value] of Object.entries(next.attrs)) {
      if (value !== null && value !== undefined) element.setAttribute(name, value);
    }
    const children = newUnits(next).flatMap((unit) => this.#made(unit) ?? []);
    // A block for words has its text at once. Made with the first letter, it would be made twice where two
    // people begin to write in a new paragraph at the same moment.
    if (children.length === 0 && next.inlineContent) children.push(new Y.XmlText());
    element.insert(0, children);
    this.#mapping.set(element, next);
    return element;
  }

  #words(next: Node): Y.XmlElement | null {
    if (next.isInline) return null;
    const element = new Y.XmlElement("paragraph");
    element.insert(0, [new Y.XmlText(String(next.attrs.text) || nameOf(null))]);
    return element;
  }
}

/** What is looked for by identity: a node, or the first of its runs. */
function first(shown: Node | readonly Node[] | undefined): unknown {
  return Array.isArray(shown) ? shown[0] : shown;
}

function isEqual(a: Node, b: Node): boolean {
  return a === b || a.eq(b);
}
