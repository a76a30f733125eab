// Code as other pages and editors copy it, made into one block of lines.
import { declares } from "./styles";
import { rename } from "./word";

const BLOCKS = new Set(["DIV", "P", "LI", "TR", "SECTION"]);
const MONOSPACE = /mono|consolas|menlo|courier|cascadia|fira code/i;

/** Return the text of `element` as it is seen: a line for each `<br>` and each block. */
export function linesOf(element: Node): string {
  let text = "";
  const walk = (node: Node): void => {
    if (node.nodeType === Node.TEXT_NODE) text += node.textContent ?? "";
    else if (node instanceof Element) {
      if (node.tagName === "BR") {
        text += "\n";
        return;
      }
      const isBlock = BLOCKS.has(node.tagName);
      if (isBlock && text && !text.endsWith("\n")) text += "\n";
      for (const child of node.childNodes) walk(child);
      // A line with nothing but a `<br>` is one line.
      if (isBlock && !text.endsWith("\n")) text += "\n";
    }
  };
  for (const child of element.childNodes) walk(child);
  return text.replaceAll("\u00a0", " ").replace(/\n$/, "");
}

function languageOf(element: Element): string {
  for (const one of [element, ...element.querySelectorAll("code, [class]")]) {
    const named = /(?:^|\s)(?:language|lang)-([\w+#-]+)/.exec(one.getAttribute("class") ?? "")?.[1];
    if (named) return named;
  }
  return "";
}

/** Make every block of code in `body` a `<pre><code>` of plain lines. Styles are in `data-style`. */
export function cleanCode(body: HTMLElement): void {
  // VS Code: a box that keeps its spaces, in letters of one width.
  for (const box of body.querySelectorAll<HTMLElement>("div[data-style]")) {
    const style = box.dataset.style ?? "";
    if (
      /white-space:\s*pre/i.test(style) &&
      declares(style, "font-family", MONOSPACE) &&
      !box.closest("pre")
    ) {
      rename(box, "pre");
    }
  }
  for (const block of body.querySelectorAll("codeblock")) rename(block, "pre");
  for (const code of body.querySelectorAll("code")) {
    const isLong = code.querySelector("br, div") || (code.textContent ?? "").includes("\n");
    if (isLong && !code.closest("pre")) rename(code, "pre");
  }
  for (const pre of body.querySelectorAll("pre")) {
    if (!pre.isConnected && !body.contains(pre)) continue;
    const language = languageOf(pre);
    // Pages of chats put a bar with a button over the code.
    const codes = pre.querySelectorAll("code");
    const [inner] = codes;
    for (const button of pre.querySelectorAll("button")) button.remove();
    const text = linesOf(codes.length === 1 && inner ? inner : pre);
    const code = document.createElement("code");
    if (language) code.className = `language-${language}`;
    code.textContent = text;
    pre.replaceChildren(code);
  }
}
