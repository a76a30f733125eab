// Mathematics in LaTeX: in a line and on a line of its own. KaTeX comes with the first formula (lazy/katex.ts).
import { InputRule, Node } from "@tiptap/core";
import type { Node as ProseMirrorNode } from "@tiptap/pm/model";
import type { NodeView } from "@tiptap/pm/view";

/** Bounds on what a formula may draw: it comes from others. */
const BOUNDS = { maxSize: 40, maxExpand: 500, strict: "ignore", trust: false } as const;

/** Draw `latex` into `element`; its letters stand there until KaTeX has come, and where it cannot read them. */
export async function drawMath(
  element: HTMLElement,
  latex: string,
  isBlock: boolean,
): Promise<void> {
  element.dataset.latex = latex;
  element.textContent = latex || "∑";
  element.classList.remove("math-error");
  if (!latex) return;
  const { render } = await import("../lazy/katex");
  if (element.dataset.latex !== latex) return; // it was changed meanwhile
  try {
    // MathML beside it would set style attributes, which the content security policy forbids.
    render(latex, element, { ...BOUNDS, displayMode: isBlock, output: "html", throwOnError: true });
  } catch {
    element.textContent = latex;
    element.classList.add("math-error");
  }
}

class MathView implements NodeView {
  readonly dom: HTMLElement;
  readonly #isBlock: boolean;
  #node: ProseMirrorNode;

  constructor(node: ProseMirrorNode) {
    this.#isBlock = node.isBlock;
    this.#node = node;
    this.dom = document.createElement(this.#isBlock ? "div" : "span");
    this.dom.className = this.#isBlock ? "math math-block" : "math";
    this.dom.dataset.type = this.#isBlock ? "block-math" : "inline-math";
    this.dom.setAttribute("role", "img");
    this.#draw();
  }

  update(node: ProseMirrorNode): boolean {
    if (node.type !== this.#node.type) return false;
    const isSame = node.attrs.latex === this.#node.attrs.latex;
    this.#node = node;
    if (!isSame) this.#draw();
    return true;
  }

  ignoreMutation(): boolean {
    return true;
  }

  #draw(): void {
    const latex = String(this.#node.attrs.latex ?? "");
    this.dom.setAttribute("aria-label", latex);
    void drawMath(this.dom, latex, this.#isBlock);
  }
}

const latexOf = (element: HTMLElement) =>
  element.getAttribute("data-latex") ?? element.textContent ?? "";

function mathNode(name: string, kind: string, isBlock: boolean): Node {
  const tag = isBlock ? "div" : "span";
  return Node.create({
    name,
    group: isBlock ? "block" : "inline",
    inline: !isBlock,
    atom: true,
    addAttributes: () => ({ latex: { default: "", parseHTML: latexOf } }),
    parseHTML: () => [{ tag: `${tag}[data-type="${kind}"]` }],
    renderHTML: ({ node }) => [
      tag,
      { "data-type": kind, "data-latex": node.attrs.latex },
      node.attrs.latex,
    ],
    renderText: ({ node }) => String(node.attrs.latex),
    addNodeView:
      () =>
      ({ node }) =>
        new MathView(node),
    addInputRules() {
      if (isBlock) return [];
      return [
        new InputRule({
          // A dollar before a space or after one is a price.
          find: /(?:^|[\s(（，。])\$([^\s$](?:[^$]*[^\s$])?)\$$/,
          handler: ({ range, match, chain }) => {
            const latex = match[1] ?? "";
            const from = range.from + match[0].indexOf("$");
            chain()
              .deleteRange({ from, to: range.to })
              .insertContentAt(from, { type: name, attrs: { latex } })
              .run();
          },
        }),
      ];
    },
  });
}

export const InlineMath = mathNode("inlineMath", "inline-math", false);
export const BlockMath = mathNode("blockMath", "block-math", true);
