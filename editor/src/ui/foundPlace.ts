// A result of the search opens at its place: `#find=words` in the address. The caret goes there, the words are
// marked until the next key or press; they are not selected, since what is typed next would replace them.
import type { Editor } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";

const NAME = "found-words";
const SPELLED: readonly (readonly [string, string])[] = [
  ["ss", "ß"],
  ["ae", "æ"],
  ["oe", "œ"],
  ["th", "þ"],
];
/** Han, kana, Hangul and the others that have no spaces between words: found wherever they stand. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{Emoji_Presentation}]/u;

/** As long as the text was, without case, width and accents; `collab/search/terms.py` has its twin. */
export function fold(text: string): string {
  let folded = "";
  for (const char of text) {
    const plain = char.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    const lower = char.toLowerCase();
    folded += plain.length === char.length ? plain : lower.length === char.length ? lower : char;
  }
  return folded;
}

/** The words that an address asks for; none where it asks for no place. */
export function wanted(hash: string): string[] {
  const typed = new URLSearchParams(hash.replace(/^#/, "")).get("find") ?? "";
  return fold(typed.replace(/["“”「」『』|]/gu, " ").slice(0, 300))
    .split(/\s+/u)
    .filter((word) => word && word !== "or" && !/^[-−]/u.test(word))
    .slice(0, 16);
}

function pattern(word: string): RegExp {
  let source = word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  for (const [letters, char] of SPELLED) {
    source = source.replaceAll(char, letters).replaceAll(letters, `(?:${letters}|${char})`);
  }
  return new RegExp(UNSPACED.test(word) ? source : `(?<![\\p{L}\\p{N}])${source}`, "gu");
}

export interface Place {
  readonly from: number;
  readonly to: number;
}

/** Return where the words stand in the block that has most of them; none: nowhere. */
export function placesOf(doc: Node, words: readonly string[]): Place[] {
  const patterns = words.map(pattern);
  let best: Place[] = [];
  let most = 0;
  doc.descendants((node, pos) => {
    if (!node.inlineContent) return true;
    // Whatever is no text takes as many places as in the document.
    let text = "";
    node.forEach((child) => {
      text += child.isText ? fold(child.text ?? "") : "\ufffc".repeat(child.nodeSize);
    });
    const places: Place[] = [];
    let found = 0;
    for (const each of patterns) {
      const hits = [...text.matchAll(each)];
      if (hits.length) found += 1;
      for (const hit of hits) {
        const from = pos + 1 + hit.index;
        places.push({ from, to: from + hit[0].length });
      }
    }
    if (found > most) {
      most = found;
      best = places.sort((one, other) => one.from - other.from);
    }
    return true; // a note within it is a text of its own
  });
  return best;
}

/** Go to where the address leads, once. */
export function goToFound(editor: Editor, hash: string): boolean {
  const words = wanted(hash);
  const places = words.length ? placesOf(editor.state.doc, words) : [];
  const first = places[0];
  if (!first) return false;
  const { view } = editor;
  if (editor.isEditable) editor.commands.setTextSelection(first.from);
  const ranges = places.map(({ from, to }) => {
    const range = new Range();
    const begin = view.domAtPos(from, 1);
    const end = view.domAtPos(to, -1);
    range.setStart(begin.node, begin.offset);
    range.setEnd(end.node, end.offset);
    return range;
  });
  const at = ranges[0]?.startContainer;
  const element = at instanceof Element ? at : at?.parentElement;
  for (
    let outer = element?.closest("details");
    outer;
    outer = outer.parentElement?.closest("details")
  )
    outer.open = true;
  element?.scrollIntoView({ block: "center" });
  if (typeof Highlight === "undefined") return true;
  CSS.highlights.set(NAME, new Highlight(...ranges));
  const end = () => {
    CSS.highlights.delete(NAME);
    for (const name of ["keydown", "pointerdown"]) removeEventListener(name, end, true);
  };
  for (const name of ["keydown", "pointerdown"]) addEventListener(name, end, true);
  return true;
}
