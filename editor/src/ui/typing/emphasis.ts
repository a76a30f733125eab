// Marks by the signs of Markdown, as they are typed: *so*, **so**, `so`. The signs must flank words as CommonMark
// asks (spec 0.31, section 6.2), with the amendment for Chinese, Japanese and Korean, where no spaces part words.
// Tiptap's own rules make `2 * 3 * 4` italic, and do nothing beside Chinese punctuation.
import { Extension, InputRule, type InputRuleMatch } from "@tiptap/core";

interface Sign {
  readonly sign: string;
  readonly mark: string;
  /** Whether what is marked may hold spaces; H~2~O may not (Pandoc's rule). */
  readonly maySpace: boolean;
  /** Whether what stands between is taken as it is, spaces at its ends too. */
  readonly isVerbatim?: boolean;
}

/** Longer signs first: `**` is not two of `*`. */
const SIGNS: readonly Sign[] = [
  { sign: "**", mark: "bold", maySpace: true },
  { sign: "__", mark: "bold", maySpace: true },
  { sign: "~~", mark: "strike", maySpace: true },
  { sign: "==", mark: "highlight", maySpace: true },
  { sign: "*", mark: "italic", maySpace: true },
  { sign: "_", mark: "italic", maySpace: true },
  { sign: "~", mark: "subscript", maySpace: false },
  { sign: "^", mark: "superscript", maySpace: false },
  { sign: "`", mark: "code", maySpace: true, isVerbatim: true },
];
/** What ProseMirror's text has for a node that is no text; it stands for one position, not for six. */
const LEAF = "%leaf%";
const SPACE = /\s/u;
const PUNCTUATION = /[\p{P}\p{S}]/u;
const CJK =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]/u;
const WORD = /[\p{L}\p{N}]/u;

/** Return where the words begin and end that `sign`, just typed at the end of `text`, closes; null: none. */
export function flanked(text: string, { sign, maySpace, isVerbatim }: Sign): number | null {
  const own = sign[0] ?? "";
  const close = text.length - sign.length;
  if (!text.endsWith(sign) || text[close - 1] === own || close < 2) return null;
  // Behind an open ` the signs may be of code that is still being typed.
  if (!isVerbatim && text.split("`").length % 2 === 0) return null;
  for (let open = close - sign.length - 1; open >= 0; open -= 1) {
    const inside = text.slice(open + sign.length, close);
    if (inside.startsWith(LEAF) || (!maySpace && SPACE.test(inside[0] ?? ""))) return null;
    if (!text.startsWith(sign, open)) continue;
    const before = charBefore(text, open);
    if (before === own || inside.startsWith(own)) return null;
    const isOpening = isVerbatim || (opens(before, charAt(inside, 0)) && closes(inside));
    return isOpening ? open : null;
  }
  return null;
}

/** Left-flanking, and not within a word of letters: `snake_case_name` and `2*3*4` are left alone. */
function opens(before: string, after: string): boolean {
  if (SPACE.test(after)) return false;
  if (WORD.test(before) && !CJK.test(before)) return false;
  const isFree = before === "" || SPACE.test(before) || PUNCTUATION.test(before);
  return !PUNCTUATION.test(after) || isFree || CJK.test(before);
}

/** Right-flanking: nothing stands behind what is just typed. */
function closes(inside: string): boolean {
  return inside !== "" && !SPACE.test(inside.at(-1) ?? "");
}

const charAt = (text: string, at: number) => String.fromCodePoint(text.codePointAt(at) ?? 0x20);

function charBefore(text: string, at: number): string {
  return [...text.slice(Math.max(0, at - 2), at)].at(-1) ?? "";
}

function ruleFor(sign: Sign): InputRule {
  return new InputRule({
    find: (text): InputRuleMatch | null => {
      const open = flanked(text, sign);
      return open === null ? null : { index: open, text: text.slice(open) };
    },
    handler: ({ state, range: { from, to }, match }) => {
      const type = state.schema.marks[sign.mark];
      const isAllowed = type && state.doc.resolve(from).parent.type.allowsMarkType(type);
      if (!isAllowed || !state.selection.empty) return null;
      const { length } = sign.sign;
      // The last letter of the closing sign is not in the text yet, but where an input method put it in.
      const end = to - (length - (match[0].length - (to - from)));
      state.tr.delete(end, to).delete(from, from + length);
      state.tr.addMark(from, end - length, type.create()).removeStoredMark(type);
      return undefined;
    },
  });
}

/** Names of the extensions whose own rules these take the place of. */
export const REPLACED: ReadonlySet<string> = new Set([
  "bold",
  "code",
  "highlight",
  "italic",
  "strike",
  "subscript",
  "superscript",
]);

/** Return the extension that marks words as the signs around them are closed. */
export const emphasis = Extension.create({
  name: "emphasis",
  addInputRules: () => SIGNS.map(ruleFor),
});
