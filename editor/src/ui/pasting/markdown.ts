// Markdown that comes as plain text, read as an import reads it: with formulas, callouts, footnotes and tasks.
import { Marked, type TokenizerAndRendererExtension } from "marked";
import { CALLOUTS } from "../../schema/blocks";
import { cleanTasks } from "./tasks";

/** Longer text is pasted as it is: reading it as Markdown would hold the page up. */
const MAX_MARKDOWN_CHARS = 500_000;
const BLOCK_SIGNS: readonly RegExp[] = [
  /^#{1,6} +\S/m,
  /^ {0,3}> ?\S/m,
  /^ *[-*+] \[[ xX]\] \S/m,
  /^ *([-*+]) +\S.*\n(?:\s*\n)? *\1 +\S/m,
  /^ *1[.)] +\S.*\n(?:\s*\n)? *2[.)] +\S/m,
  /^\[\^[^\]\s]+\]: \S/m,
];
/** Lines of which there are two about what they enclose. */
const FENCES: readonly RegExp[] = [/^```/gm, /^~~~/gm, /^\$\$[^\S\n]*$/gm];
const INLINE_SIGNS: readonly RegExp[] = [
  /\*\*\S(?:[^*\n]*\S)?\*\*/,
  /!?\[[^[\]\n]+\]\((?:https?:|mailto:|\/)[^()\s]+\)/,
];
const ALERT = new RegExp(`^\\[!(${CALLOUTS.join("|")})\\][ \\t]*(?:\\n|$)`, "i");
const NOTE = /^\[\^([^\]\s]+)\]:[ \t]+(.+(?:\n(?: {2,}|\t)\S.*)*)(?:\n+|$)/gm;

/** Return whether a text has signs of Markdown that plain words have by no chance. */
export function looksLikeMarkdown(text: string): boolean {
  const signs = [...BLOCK_SIGNS, ...INLINE_SIGNS];
  return (
    text.length <= MAX_MARKDOWN_CHARS &&
    (signs.some((sign) => sign.test(text)) ||
      FENCES.some((fence) => (text.match(fence)?.length ?? 0) > 1) ||
      showsTable(text))
  );
}

/** Return whether a line with a bar stands over the line that ends a table's head, and more comes. */
function showsTable(text: string): boolean {
  const lines = text.split("\n");
  return lines.some(
    (line, at) => at < lines.length - 2 && line.includes("|") && endsHead(lines[at + 1] ?? ""),
  );
}

function endsHead(line: string): boolean {
  const cells = line.trim().replace(/^\|/, "").split("|");
  const last = cells.pop() ?? "";
  return (
    cells.length > 0 &&
    cells.every((cell) => /^:?-+:?$/.test(cell.trim())) &&
    /^:?-*:?$/.test(last.trim())
  );
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function formula(
  name: string,
  level: "inline" | "block",
  find: RegExp,
): TokenizerAndRendererExtension {
  const kind = level === "inline" ? "inline-math" : "block-math";
  const tag = level === "inline" ? "span" : "div";
  return {
    name,
    level,
    start: (text) => {
      const at = text.indexOf("$");
      return at < 0 ? undefined : at;
    },
    tokenizer: (text) => {
      const match = find.exec(text);
      return match ? { type: name, raw: match[0], latex: (match[1] ?? "").trim() } : undefined;
    },
    renderer: ({ latex }) =>
      `<${tag} data-type="${kind}" data-latex="${escaped(String(latex))}"></${tag}>`,
  };
}

function parser(notes: ReadonlyMap<string, string>): Marked {
  const marked: Marked = new Marked({ gfm: true, async: false });
  const note: TokenizerAndRendererExtension = {
    name: "note",
    level: "inline",
    start: (text) => {
      const at = text.indexOf("[^");
      return at < 0 ? undefined : at;
    },
    tokenizer: (text) => {
      const match = /^\[\^([^\]\s]+)\]/.exec(text);
      const words = notes.get(match?.[1] ?? "");
      return match && words !== undefined ? { type: "note", raw: match[0], words } : undefined;
    },
    renderer: ({ words }) => {
      const inside = marked.parseInline(String(words), { async: false });
      return `<span data-type="footnote"><span class="footnote-text">${inside}</span></span>`;
    },
  };
  marked.use({
    extensions: [
      // As Pandoc and the import: no space inside, no digit behind.
      formula("math", "inline", /^\$(?![\s$])((?:\\.|[^$\\\n])*?[^\s\\$]|\\.)\$(?!\d)/),
      formula("mathBlock", "block", /^\$\$([\s\S]+?)\$\$(?:\n|$)/),
      note,
    ],
  });
  marked.use({
    renderer: {
      blockquote({ text, tokens }) {
        const kind = ALERT.exec(text)?.[1]?.toLowerCase();
        if (!kind) return `<blockquote>${this.parser.parse(tokens)}</blockquote>`;
        const inside = marked.parse(text.replace(ALERT, ""), { async: false });
        return `<div data-type="callout" data-kind="${kind}">${inside}</div>`;
      },
    },
  });
  return marked;
}

/** Return Markdown as HTML in the forms of the schema. What it brings as HTML is read as any pasted HTML is. */
export function markdownToDom(text: string): HTMLElement {
  const notes = new Map<string, string>();
  const isBlocks = BLOCK_SIGNS.some((sign) => sign.test(text));
  const rest = isBlocks
    ? text.replace(NOTE, (_all, name: string, words: string) => {
        notes.set(name, words.replace(/\n\s+/g, " ").trim());
        return "";
      })
    : text;
  const marked = parser(notes);
  // Without a sign of a block its lines are lines, as those of any text.
  const html = isBlocks
    ? marked.parse(rest, { async: false })
    : rest
        .split(/\n+/)
        .map((line) => `<p>${marked.parseInline(line, { async: false })}</p>`)
        .join("");
  const { body } = new DOMParser().parseFromString(html, "text/html");
  cleanTasks(body);
  for (const code of body.querySelectorAll("pre > code")) {
    // The line before the closing fence has an end; the block's text has none.
    code.textContent = (code.textContent ?? "").replace(/\n$/, "");
  }
  return body;
}
