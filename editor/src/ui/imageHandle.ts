// The corner by which a picture is made larger or smaller. It stands over the page: in the text nothing changes before
// the pointer is let go. The width can also be typed (pictures.ts), which is the way without a pointer.
import type { Editor } from "@tiptap/core";
import { NodeSelection } from "@tiptap/pm/state";
import type { Translate } from "../i18n";
import { h } from "./dom";

const MIN_WIDTH_PX = 32;
const MAX_WIDTH_PX = 9999;

export class ImageHandle {
  readonly #editor: Editor;
  readonly #size = h("span", { class: "image-size" });
  readonly #corner: HTMLElement;
  readonly #frame: HTMLElement;
  #image: HTMLImageElement | null = null;
  /** Where the drag began, and how wide the picture was; null: none is under way. */
  #drag: { readonly x: number; readonly width: number } | null = null;

  constructor(editor: Editor, t: Translate) {
    this.#editor = editor;
    this.#corner = h("div", {
      class: "image-corner",
      "data-tip": t("resizeImage"),
      pointerdown: (event) => this.#begin(event as PointerEvent),
      pointermove: (event) => this.#move(event as PointerEvent),
      pointerup: () => this.#end(true),
      pointercancel: () => this.#end(false),
      mousedown: (event) => event.preventDefault(),
    });
    this.#frame = h("div", { class: "image-frame", hidden: true }, this.#size, this.#corner);
    document.body.append(this.#frame);
    const away = new AbortController();
    const { signal } = away;
    const place = () => this.#place();
    addEventListener("scroll", place, { capture: true, passive: true, signal });
    addEventListener("resize", place, { signal });
    addEventListener("load", place, { capture: true, signal }); // a picture that has come has a size
    addEventListener("keydown", ({ key }) => key === "Escape" && this.#end(false), { signal });
    editor.on("destroy", () => {
      away.abort();
      this.#frame.remove();
    });
  }

  /** Stand at the picture that is selected, or nowhere. */
  update(): void {
    const { view, state, isEditable } = this.#editor;
    const { selection } = state;
    const isImage = selection instanceof NodeSelection && selection.node.type.name === "image";
    const dom = isImage && isEditable ? view.nodeDOM(selection.from) : null;
    const image =
      dom instanceof Element ? (dom.matches("img") ? dom : dom.querySelector("img")) : null;
    this.#image = image instanceof HTMLImageElement ? image : null;
    if (!this.#image) this.#end(false);
    this.#place();
  }

  #place(width?: number): void {
    const rect = this.#image?.isConnected ? this.#image.getBoundingClientRect() : null;
    this.#frame.hidden = !rect || rect.width === 0;
    if (!rect || rect.width === 0) return;
    const wide = width ?? rect.width;
    const { style } = this.#frame;
    style.setProperty("left", `${rect.left}px`);
    style.setProperty("top", `${rect.top}px`);
    style.setProperty("width", `${wide}px`);
    style.setProperty("height", `${(rect.height * wide) / rect.width}px`);
    this.#frame.classList.toggle("is-dragged", this.#drag !== null);
    this.#size.textContent = this.#drag ? `${Math.round(wide)} px` : "";
  }

  #begin(event: PointerEvent): void {
    if (!this.#image || event.button !== 0) return;
    event.preventDefault();
    this.#corner.setPointerCapture(event.pointerId);
    this.#drag = { x: event.clientX, width: this.#image.getBoundingClientRect().width };
    this.#place(this.#drag.width);
  }

  #wanted(x: number): number {
    const { x: from, width } = this.#drag ?? { x, width: MIN_WIDTH_PX };
    const room = this.#image?.parentElement?.clientWidth ?? MAX_WIDTH_PX;
    // Where lines run from the right, the text box says so; the corner is at the right all the same.
    return Math.max(MIN_WIDTH_PX, Math.min(width + x - from, room, MAX_WIDTH_PX));
  }

  #move(event: PointerEvent): void {
    if (this.#drag) this.#place(this.#wanted(event.clientX));
  }

  #end(isMeant: boolean): void {
    const drag = this.#drag;
    if (!drag) return;
    this.#drag = null;
    const width = Math.round(this.#frame.getBoundingClientRect().width);
    if (isMeant && width !== Math.round(drag.width)) {
      this.#editor.chain().focus().updateAttributes("image", { width }).run();
    }
    this.#place();
  }
}
