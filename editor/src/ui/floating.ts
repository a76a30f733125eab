// Where the bars stand that are about one block: above it, over the page, so that nothing moves when one comes. While a
// pointer is down they stay as they are: a press and its release are on the same thing.
import type { Editor } from "@tiptap/core";
import { NodeSelection } from "@tiptap/pm/state";
import type { ContextBar } from "./context";
import { edgeBelow } from "./tableHandles";

const GAP_PX = 6;
const MARGIN_PX = 8;
/** A table has handles above it: tableHandles.ts. */
const HANDLE_PX = 20;

/** Return the element of the innermost block of this name at the selection. */
function elementOf(editor: Editor, name: string): Element | null {
  const { view, state } = editor;
  const { selection } = state;
  if (selection instanceof NodeSelection && selection.node.type.name === name) {
    return asElement(view.nodeDOM(selection.from));
  }
  const { $from } = selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    if ($from.node(depth).type.name === name) return asElement(view.nodeDOM($from.before(depth)));
  }
  return null;
}

const asElement = (node: Node | null) => (node instanceof Element ? node : null);

export class FloatingBars {
  readonly #editor: Editor;
  readonly #bars: readonly ContextBar[];
  readonly #head: HTMLElement;
  #isPressed = false;
  #shown: ContextBar | null = null;

  /**
   * @param head What stands over the page; the bars stay below it.
   */
  constructor(editor: Editor, bars: readonly ContextBar[], head: HTMLElement) {
    this.#editor = editor;
    this.#bars = bars;
    this.#head = head;
    const away = new AbortController();
    const { signal } = away;
    const listen = (name: string, act: () => void) =>
      addEventListener(name, act, { capture: true, passive: true, signal });
    listen("scroll", () => this.#place());
    listen("resize", () => this.#place());
    listen("pointerdown", () => {
      this.#isPressed = true;
    });
    for (const end of ["pointerup", "pointercancel", "dragend", "blur"]) {
      listen(end, () => {
        this.#isPressed = false;
        this.update();
      });
    }
    editor.on("destroy", () => away.abort());
  }

  /** Show the bar of the block at the selection, or none. */
  update(): void {
    const editor = this.#editor;
    if (this.#isPressed || editor.isDestroyed) return;
    const wanted = editor.isEditable ? this.#bars.find((bar) => bar.isWanted(editor)) : undefined;
    this.#shown = wanted ?? null;
    for (const bar of this.#bars) bar.element.hidden = bar !== wanted;
    wanted?.update();
    this.#place();
  }

  #place(): void {
    const bar = this.#shown;
    if (!bar || this.#editor.isDestroyed) return;
    const block = elementOf(this.#editor, bar.node)?.getBoundingClientRect();
    const low = edgeBelow(this.#head) + GAP_PX;
    const isSeen = block !== undefined && block.bottom > low && block.top < innerHeight;
    bar.element.classList.toggle("is-away", !isSeen);
    if (!isSeen) return;
    const { width, height } = bar.element.getBoundingClientRect();
    // At the right: the line above is rarely full there.
    const left = Math.max(MARGIN_PX, Math.min(block.right, innerWidth - MARGIN_PX) - width);
    bar.element.style.setProperty("left", `${left}px`);
    const gap = bar.node === "table" ? HANDLE_PX + GAP_PX : GAP_PX;
    bar.element.style.setProperty("top", `${Math.max(low, block.top - height - gap)}px`);
  }
}
