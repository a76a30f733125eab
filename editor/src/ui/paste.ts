// What other programs put on the clipboard, made into what the schema reads: Markdown that comes as plain
// text, and the HTML of word processors. Shift with the paste keys pastes words as they are.
import { Extension } from "@tiptap/core";
import { DOMParser as SchemaParser } from "@tiptap/pm/model";
import { Plugin } from "@tiptap/pm/state";
import { marked } from "marked";

/** Longer text is pasted as it is: reading it as Markdown would hold the page up. */
const MAX_MARKDOWN_CHARS = 500_000;
const SIGNS: readonly RegExp[] = [
  /^#{1,6} +\S/m,
  /^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1/m,
  /^ {0,3}> ?\S/m,
  /^ *\|?.*\|.*\n *\|?( *:?-+:? *\|)+ *:?-*:? *\n/m,
  /^ *[-*+] \[[ xX]\] \S/m,
  /^ *([-*+]) +\S.*\n(?:\s*\n)? *\1 +\S/m,
  /^ *1[.)] +\S.*\n(?:\s*\n)? *2[.)] +\S/m,
  /\*\*\S(?:[^*\n]*\S)?\*\*/,
  /!?\[[^\]\n]+\]\((?:https?:|mailto:|\/)[^)\s]+\)/,
];
const WORD = /class="?Mso|urn:schemas-microsoft-com:office|mso-/i;
const ORDERED = /^\s*(?:\d+|[a-z]|[ivxlcdm]+)[.)]/i;

/** Return whether a text has signs of Markdown that plain words have by no chance. */
export function looksLikeMarkdown(text: string): boolean {
  return text.length <= MAX_MARKDOWN_CHARS && SIGNS.some((sign) => sign.test(text));
}

/** Return Markdown as HTML in the forms of the schema. What it brings as HTML is read as any pasted HTML is. */
export function markdownToDom(text: string): HTMLElement {
  const html = marked.parse(text, { gfm: true, async: false });
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const box of body.querySelectorAll<HTMLInputElement>("li > input, li > p > input")) {
    const item = box.closest("li");
    const list = item?.parentElement;
    if (!item || !list) continue;
    list.dataset.type = "taskList";
    item.dataset.type = "taskItem";
    item.dataset.checked = String(box.hasAttribute("checked"));
    box.remove();
  }
  for (const code of body.querySelectorAll("pre > code")) {
    // The line before the closing fence has an end; the block's text has none.
    code.textContent = (code.textContent ?? "").replace(/\n$/, "");
  }
  return body;
}

/**
 * Return pasted HTML as elements that say what its styles say, and without what Word draws for itself.
 * Styles are taken out before anything parses them: the content security policy would not apply them, and would
 * report each.
 */
export function fromWordProcessor(html: string): string {
  const renamed = html
    .replace(/<style\b[\s\S]*?<\/style\s*>/gi, "")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/(\s)style(\s*=)/gi, "$1data-style$2"));
  const { body } = new DOMParser().parseFromString(renamed, "text/html");
  if (WORD.test(html)) cleanWord(body);
  for (const styled of body.querySelectorAll<HTMLElement>("[data-style]")) {
    applyStyle(styled, styled.dataset.style ?? "");
    delete styled.dataset.style;
  }
  return body.innerHTML;
}

/** Put elements where a style was, for the marks and the alignment that the schema has. */
function applyStyle(element: HTMLElement, style: string): void {
  const says = (pattern: RegExp) => pattern.test(style);
  if (/^(B|STRONG|I|EM)$/.test(element.tagName)) {
    // Google's documents stand in a <b> that is not bold.
    if (says(/font-(weight|style):\s*(normal|400)/i)) element.replaceWith(...element.childNodes);
    return;
  }
  const align = /text-align:\s*(center|right|justify)/i.exec(style)?.[1];
  if (align) element.dataset.align = align.toLowerCase();
  if (element.tagName !== "SPAN" && element.tagName !== "FONT") return;
  if (says(/font-weight:\s*(bold|[6-9]00)/i)) wrapInside(element, "b");
  if (says(/font-style:\s*italic/i)) wrapInside(element, "i");
  if (says(/text-decoration[^;]*underline/i)) wrapInside(element, "u");
  if (says(/text-decoration[^;]*line-through/i)) wrapInside(element, "s");
  if (says(/vertical-align:\s*super/i)) wrapInside(element, "sup");
  if (says(/vertical-align:\s*sub/i)) wrapInside(element, "sub");
}

function wrapInside(element: HTMLElement, tag: string): void {
  const made = document.createElement(tag);
  made.append(...element.childNodes);
  element.append(made);
}

function cleanWord(body: HTMLElement): void {
  const lists = [...body.querySelectorAll<HTMLElement>("p, h1, h2, h3, h4, h5, h6")].flatMap(
    (block) => {
      const level = /mso-list:\s*l\d+ level(\d+)/i.exec(block.dataset.style ?? "")?.[1];
      // What Word draws in front: a bullet or a number, for programs that make no lists.
      const sign = block.querySelector<HTMLElement>('[data-style*="mso-list:Ignore" i]');
      const isOrdered = ORDERED.test(sign?.textContent ?? "");
      sign?.remove();
      return level && block.tagName === "P" ? [{ block, level: Number(level), isOrdered }] : [];
    },
  );
  for (const title of body.querySelectorAll("p.MsoTitle")) rename(title, "h1");
  for (const marked of body.querySelectorAll<HTMLElement>('[data-style*="mso-highlight" i]')) {
    rename(marked, "mark");
  }
  for (const link of body.querySelectorAll<HTMLAnchorElement>("a")) {
    const address = link.getAttribute("href") ?? "";
    if (/^(#|file:|$)/i.test(address)) link.replaceWith(...link.childNodes);
  }
  for (const empty of body.querySelectorAll("style, meta, link, xml, title")) empty.remove();
  for (const own of body.querySelectorAll("*")) {
    if (own.tagName.startsWith("O:")) own.replaceWith(...own.childNodes);
  }
  makeLists(lists);
  for (const block of body.querySelectorAll("p")) {
    if (!block.textContent?.trim() && !block.querySelector("img, br + br")) block.remove();
  }
}

interface Line {
  readonly block: HTMLElement;
  readonly level: number;
  readonly isOrdered: boolean;
}

/** Put paragraphs that Word numbers by style into lists, those of a deeper level inside. */
function makeLists(lines: readonly Line[]): void {
  let open: { list: HTMLElement; level: number }[] = [];
  let last: HTMLElement | null = null;
  for (const { block, level, isOrdered } of lines) {
    if (last?.nextElementSibling !== block) open = [];
    while ((open.at(-1)?.level ?? 0) > level) open.pop();
    let top = open.at(-1);
    if (!top || top.level < level) {
      const list = document.createElement(isOrdered ? "ol" : "ul");
      if (top) top.list.lastElementChild?.append(list);
      else block.before(list);
      top = { list, level };
      open.push(top);
    }
    const item = document.createElement("li");
    top.list.append(item);
    item.append(block);
    last = open[0]?.list ?? null;
  }
}

function rename(element: Element, tag: string): void {
  const made = document.createElement(tag);
  made.append(...element.childNodes);
  element.replaceWith(made);
}

/** What reads pastes before the schema does. */
export const paste = Extension.create({
  name: "pastedForms",
  addProseMirrorPlugins: () => [
    new Plugin({
      props: {
        transformPastedHTML: (html) => fromWordProcessor(html),
        clipboardTextParser: (text, context, plain, view) => {
          // Undefined: ProseMirror's own way, a paragraph a line. Its types do not say that it is allowed.
          if (plain || !looksLikeMarkdown(text)) return undefined as never;
          const parser = SchemaParser.fromSchema(view.state.schema);
          return parser.parseSlice(markdownToDom(text), { context });
        },
      },
    }),
  ],
});
