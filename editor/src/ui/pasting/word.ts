// What Word puts on the clipboard: lists that are paragraphs with a style, and what it draws for itself.

/** Whether HTML is Word's. */
export const isWord = (html: string): boolean =>
  /class="?Mso|urn:schemas-microsoft-com:office|mso-/i.test(html);

const SIGN = /^\s*\(?(\d+|[a-z]{1,5})[.)]/i;
const ROMAN = /^(?=[ivxl])x{0,3}l?(ix|iv|v?i{0,3})$/i;

/** One paragraph that is an item. */
interface Line {
  readonly block: HTMLElement;
  readonly level: number;
  /** What tells one list from the next. */
  readonly list: string;
  /** As in HTML: `1`, `a`, `A`, `i`, `I`; the empty string: bullets. */
  readonly type: string;
  /** The number that it shows. */
  readonly number: number;
}

function romanValue(sign: string): number {
  const values: Readonly<Record<string, number>> = { i: 1, v: 5, x: 10, l: 50 };
  const digits = [...sign.toLowerCase()].map((digit) => values[digit] ?? 0);
  return digits.reduce((sum, one, at) => sum + (one < (digits[at + 1] ?? 0) ? -one : one), 0);
}

/** Return type and number of what is drawn in front of an item; `before` is the item above. */
function numbering(drawn: string, before: Line | undefined): { type: string; number: number } {
  const sign = SIGN.exec(drawn)?.[1];
  if (!sign) return { type: "", number: 1 };
  if (/^\d/.test(sign)) return { type: "1", number: Number(sign) };
  const isUpper = sign !== sign.toLowerCase();
  const letter = sign.toLowerCase().charCodeAt(0) - 96;
  // "i" begins Roman numbers, unless it comes behind "h".
  const isLetter =
    sign.length === 1 && before?.type.toLowerCase() === "a" && before.number === letter - 1;
  const begins =
    sign.length > 1 || sign.toLowerCase() === "i" || before?.type.toLowerCase() === "i";
  if (!isLetter && begins && ROMAN.test(sign)) {
    return { type: isUpper ? "I" : "i", number: romanValue(sign) };
  }
  if (sign.length > 1) return { type: "", number: 1 };
  return { type: isUpper ? "A" : "a", number: letter };
}

/** Clean what Word wrote, in place. Styles are in `data-style`. */
export function cleanWord(body: HTMLElement): void {
  const lines: Line[] = [];
  for (const block of body.querySelectorAll<HTMLElement>("p, h1, h2, h3, h4, h5, h6")) {
    const style = /mso-list:\s*([^\s:]+) level(\d+)/i.exec(block.dataset.style ?? "");
    // What Word draws in front: a bullet or a number, for programs that make no lists.
    const sign = block.querySelector<HTMLElement>('[data-style*="mso-list:Ignore" i]');
    const level = Number(style?.[2] ?? 0);
    if (level && block.tagName === "P") {
      const before = lines.findLast((line) => line.level === level);
      const numbered = numbering(sign?.textContent ?? "", before);
      lines.push({ block, level, list: style?.[1] ?? "", ...numbered });
    }
    sign?.remove();
  }
  for (const title of body.querySelectorAll("p.MsoTitle")) rename(title, "h1");
  for (const marked of body.querySelectorAll<HTMLElement>('[data-style*="mso-highlight" i]')) {
    rename(marked, "mark");
  }
  for (const link of body.querySelectorAll<HTMLAnchorElement>("a")) {
    const address = link.getAttribute("href") ?? "";
    if (/^(#|$)/.test(address)) link.replaceWith(...link.childNodes);
  }
  for (const empty of body.querySelectorAll("style, meta, link, xml, title")) empty.remove();
  for (const own of body.querySelectorAll("*")) {
    if (own.tagName.startsWith("O:")) own.replaceWith(...own.childNodes);
  }
  makeLists(lines);
  for (const block of body.querySelectorAll("p")) {
    if (!block.textContent?.trim() && !block.querySelector("img, br + br")) block.remove();
  }
}

/** Clean what Word for the web wrote: each item is in a list and a box of its own, its level in an attribute. */
export function cleanWebWord(body: HTMLElement): void {
  const lines: Line[] = [];
  for (const item of body.querySelectorAll<HTMLElement>("li[data-aria-level]")) {
    const box = item.closest(".ListContainerWrapper") ?? item.parentElement;
    const block = item.querySelector<HTMLElement>("p") ?? rename(item, "p");
    const list = item.parentElement;
    if (!box?.parentElement) continue;
    const format = /"335552541":1|bullet/i.test(item.dataset.listid ?? "") ? "" : "1";
    const isOrdered = list?.tagName === "OL";
    const number = Number(list?.getAttribute("start")) || 1;
    const level = Number(item.dataset.ariaLevel) || 1;
    box.before(block);
    lines.push({ block, level, list: "", type: isOrdered ? format || "1" : "", number });
  }
  for (const box of body.querySelectorAll(".ListContainerWrapper")) {
    if (!box.textContent?.trim()) box.remove();
  }
  for (const list of body.querySelectorAll("ul, ol")) if (!list.childElementCount) list.remove();
  makeLists(lines);
}

/** Put the paragraphs of `lines` into lists, those of a deeper level inside. */
function makeLists(lines: readonly Line[]): void {
  let open: { made: HTMLElement; line: Line }[] = [];
  let last: HTMLElement | null = null;
  for (const line of lines) {
    const { block, level, type } = line;
    if (last?.nextElementSibling !== block) open = [];
    while ((open.at(-1)?.line.level ?? 0) > level) open.pop();
    const same = open.at(-1);
    // Bullets and numbers, or two lists of Word, side by side are two lists here.
    const isOther = (a: Line, b: Line) => a.list !== b.list || (a.type === "") !== (b.type === "");
    let at = same?.line.level === level && isOther(same.line, line) ? undefined : same;
    if (same && !at) open.pop();
    const outer = open.at(-1);
    if (!at || at.line.level < level) {
      const made = document.createElement(type ? "ol" : "ul");
      if (type && type !== "1") made.setAttribute("type", type);
      if (type && line.number > 1) made.setAttribute("start", String(line.number));
      const above = at ?? outer;
      if (above) above.made.lastElementChild?.append(made);
      else block.before(made);
      at = { made, line };
      open.push(at);
    }
    const item = document.createElement("li");
    at.made.append(item);
    item.append(block);
    last = open[0]?.made ?? null;
  }
}

/** Put what is in `element` into a new one. */
export function rename(element: Element, tag: string): HTMLElement {
  const made = document.createElement(tag);
  made.append(...element.childNodes);
  element.replaceWith(made);
  return made;
}
