// Pasted HTML as elements that say what its styles say, without what only another program can use.
import { cleanCode } from "./code";
import { colourFor, isMarked } from "./colours";
import { declares, withoutSheets, withTags } from "./styles";
import { cleanTasks } from "./tasks";
import { cleanWebWord, cleanWord, isWord } from "./word";

/**
 * Return pasted HTML in the forms of the schema.
 *
 * Styles are taken out before anything parses them: the content security policy would not apply them, and would
 * report each.
 *
 * @param withoutPictures Called with how many pictures were left out that the page may not load.
 */
export function cleaned(html: string, withoutPictures: (count: number) => void = () => {}): string {
  const renamed = withTags(withoutSheets(html), (tag) =>
    tag.replace(/(\s)style(\s*=)/gi, "$1data-style$2"),
  );
  const { body } = new DOMParser().parseFromString(renamed, "text/html");
  if (body.querySelector("li[data-aria-level]")) cleanWebWord(body);
  if (isWord(html)) cleanWord(body);
  cleanCode(body);
  cleanTasks(body);
  cleanAddresses(body, withoutPictures);
  for (const styled of body.querySelectorAll<HTMLElement>("[data-style]")) {
    applyStyle(styled, styled.dataset.style ?? "");
    delete styled.dataset.style;
  }
  return body.innerHTML;
}

/** Addresses on somebody's own disk are no use here; of a picture that may not be loaded a link stays. */
function cleanAddresses(body: HTMLElement, withoutPictures: (count: number) => void): void {
  for (const link of body.querySelectorAll("a[href]")) {
    if (/^\s*file:/i.test(link.getAttribute("href") ?? "")) link.replaceWith(...link.childNodes);
  }
  let count = 0;
  for (const image of body.querySelectorAll("img")) {
    const src = (image.getAttribute("src") ?? "").trim();
    const alt = image.getAttribute("alt")?.trim() ?? "";
    if (/^(file|blob|cid):/i.test(src)) {
      count += 1;
      image.replaceWith(alt);
    } else if (/^http:/i.test(src) && new URL(src).host !== location.host) {
      count += 1;
      const link = document.createElement("a");
      link.href = src;
      link.textContent = alt || src;
      if (image.closest("a")) image.replaceWith(link.textContent);
      else image.replaceWith(link);
    }
  }
  if (count > 0) withoutPictures(count);
}

const INLINE = /^(SPAN|FONT|MARK|U|S|STRIKE|SUB|SUP)$/;

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
  if (!INLINE.test(element.tagName) || element.closest("pre, code")) return;
  if (says(/font-weight:\s*(bold|[6-9]00)/i)) wrapInside(element, "b");
  if (says(/font-style:\s*italic/i)) wrapInside(element, "i");
  if (declares(style, "text-decoration", /underline/i) && !element.closest("a"))
    wrapInside(element, "u");
  if (declares(style, "text-decoration", /line-through/i)) wrapInside(element, "s");
  if (says(/vertical-align:\s*super/i)) wrapInside(element, "sup");
  if (says(/vertical-align:\s*sub/i)) wrapInside(element, "sub");
  const back = /(?:^|;)\s*background(?:-color)?:\s*([^;]+)/i.exec(style)?.[1];
  if (back && isMarked(back) && !element.closest("mark")) wrapInside(element, "mark");
  // The colour of a link is the link's.
  const color = /(?:^|;)\s*color:\s*([^;]+)/i.exec(style)?.[1] ?? element.getAttribute("color");
  const colour =
    color && !element.closest("a") && !element.querySelector("a") ? colourFor(color) : null;
  if (colour) wrapInside(element, "span").dataset.color = colour;
}

function wrapInside(element: HTMLElement, tag: string): HTMLElement {
  const made = document.createElement(tag);
  made.append(...element.childNodes);
  element.append(made);
  return made;
}
