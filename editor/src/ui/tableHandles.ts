// Handles of the row and the column that the pointer or the caret is in: pressed they open a menu, dragged they move it.
// They stand over the page, so that no table is drawn anew for them. The table's bar has the same without a pointer.
import type { Editor } from "@tiptap/core";
import { TextSelection } from "@tiptap/pm/state";
import {
  CellSelection,
  cellAround,
  moveTableColumn,
  moveTableRow,
  TableMap,
} from "@tiptap/pm/tables";
import type { Translate } from "../i18n";
import { h } from "./dom";
import { icon } from "./icons";
import { type Entry, named, toggleMenu } from "./menu";

export type Side = "row" | "column";

/** So far the pointer goes before a press is a drag. */
const DRAG_PX = 5;
const GAP_PX = 4;

interface Cell {
  /** Position before the cell. */
  readonly pos: number;
  readonly start: number;
  readonly map: TableMap;
  readonly row: number;
  readonly column: number;
}

function cellAt(editor: Editor, pos: number): Cell | null {
  const { doc } = editor.state;
  if (pos < 0 || pos > doc.content.size) return null;
  const $cell = cellAround(doc.resolve(pos));
  if (!$cell) return null;
  const start = $cell.start(-1);
  const map = TableMap.get($cell.node(-1));
  const { top, left } = map.findCell($cell.pos - start);
  return { pos: $cell.pos, start, map, row: top, column: left };
}

/** Return the cell that the selection begins in. */
export function selectedCell(editor: Editor): Cell | null {
  const { selection } = editor.state;
  const { pos } = selection instanceof CellSelection ? selection.$anchorCell : selection.$from;
  return cellAt(editor, selection instanceof CellSelection ? pos + 1 : pos);
}

function move(editor: Editor, side: Side, cell: Cell, to: number): void {
  const from = side === "row" ? cell.row : cell.column;
  const act = side === "row" ? moveTableRow : moveTableColumn;
  editor.view.focus();
  act({ from, to, pos: cell.pos + 1, select: false })(editor.state, (tr) => {
    const table = tr.doc.nodeAt(cell.start - 1);
    if (table) {
      // The caret goes along.
      const map = TableMap.get(table);
      const at = side === "row" ? to * map.width + cell.column : cell.row * map.width + to;
      const inside = tr.doc.resolve(cell.start + (map.map[at] ?? 0) + 1);
      tr.setSelection(TextSelection.near(inside));
    }
    editor.view.dispatch(tr);
  });
}

/** Return what can be done with the row or the column of `cell`. */
export function sideEntries(editor: Editor, t: Translate, side: Side, cell: Cell): Entry[] {
  const isRow = side === "row";
  const at = isRow ? cell.row : cell.column;
  const last = (isRow ? cell.map.height : cell.map.width) - 1;
  const act =
    (
      name:
        | "addRowBefore"
        | "addRowAfter"
        | "addColumnBefore"
        | "addColumnAfter"
        | "deleteRow"
        | "deleteColumn"
        | "toggleHeaderRow"
        | "toggleHeaderColumn",
    ) =>
    () => {
      const { tr } = editor.state;
      editor.view.dispatch(tr.setSelection(TextSelection.near(tr.doc.resolve(cell.pos + 1))));
      editor.chain().focus()[name]().run();
    };
  const shift = (to: number) => ({
    isPossible: to >= 0 && to <= last,
    run: () => move(editor, side, cell, to),
  });
  return isRow
    ? [
        { label: t("rowBefore"), icon: "rowBefore", run: act("addRowBefore") },
        { label: t("rowBelow"), icon: "rowAfter", run: act("addRowAfter") },
        { label: t("moveUp"), icon: "moveUp", ...shift(at - 1) },
        { label: t("moveDown"), icon: "moveDown", ...shift(at + 1) },
        { label: t("headerRow"), icon: "headerRow", run: act("toggleHeaderRow") },
        { label: t("deleteRow"), icon: "deleteRow", isDanger: true, run: act("deleteRow") },
      ]
    : [
        { label: t("columnBefore"), icon: "columnBefore", run: act("addColumnBefore") },
        { label: t("columnBehind"), icon: "columnAfter", run: act("addColumnAfter") },
        { label: t("moveLeft"), icon: "moveLeft", ...shift(at - 1) },
        { label: t("moveRight"), icon: "moveRight", ...shift(at + 1) },
        { label: t("headerColumn"), icon: "headerColumn", run: act("toggleHeaderColumn") },
        {
          label: t("deleteColumn"),
          icon: "deleteColumn",
          isDanger: true,
          run: act("deleteColumn"),
        },
      ];
}

interface Drag {
  readonly side: Side;
  readonly x: number;
  readonly y: number;
  isMoving: boolean;
  /** Index that the row or column would get; null: where it is. */
  to: number | null;
}

export class TableHandles {
  readonly #editor: Editor;
  readonly #t: Translate;
  readonly #head: HTMLElement;
  readonly #handles: Readonly<Record<Side, HTMLButtonElement>>;
  readonly #line = h("div", { class: "table-line", hidden: true });
  #cell: HTMLTableCellElement | null = null;
  #drag: Drag | null = null;

  /** @param head What stands over the page; the handles stay below it. */
  constructor(editor: Editor, t: Translate, head: HTMLElement) {
    this.#editor = editor;
    this.#t = t;
    this.#head = head;
    this.#handles = { row: this.#handle("row"), column: this.#handle("column") };
    document.body.append(this.#handles.row, this.#handles.column, this.#line);
    const away = new AbortController();
    const { signal } = away;
    const place = () => this.#place();
    addEventListener("scroll", place, { capture: true, passive: true, signal });
    addEventListener("resize", place, { signal });
    editor.view.dom.addEventListener("pointermove", (event) => this.#pointed(event), { signal });
    editor.on("destroy", () => {
      away.abort();
      for (const one of [...Object.values(this.#handles), this.#line]) one.remove();
    });
  }

  /** Stand at the cell of the caret, unless the pointer is at another one. */
  update(): void {
    const isPointed = this.#cell?.isConnected && this.#cell.matches(":hover");
    if (!isPointed && !this.#drag) this.#cell = this.#ofSelection();
    this.#place();
  }

  #ofSelection(): HTMLTableCellElement | null {
    const cell = selectedCell(this.#editor);
    const dom = cell && this.#editor.view.nodeDOM(cell.pos);
    return dom instanceof HTMLTableCellElement ? dom : null;
  }

  #pointed(event: PointerEvent): void {
    if (this.#drag || event.buttons !== 0 || event.pointerType === "touch") return;
    const over = event.target instanceof Element ? event.target.closest("td, th") : null;
    const cell = over instanceof HTMLTableCellElement ? over : this.#ofSelection();
    if (cell === this.#cell) return;
    this.#cell = cell;
    this.#place();
  }

  #where(): Cell | null {
    const { view } = this.#editor;
    if (!this.#cell?.isConnected || !view.dom.contains(this.#cell)) return null;
    return cellAt(this.#editor, view.posAtDOM(this.#cell, 0));
  }

  #handle(side: Side): HTMLButtonElement {
    const t = this.#t;
    const label = t(side);
    const button: HTMLButtonElement = h(
      "button",
      {
        type: "button",
        class: `table-handle ${side}-handle`,
        tabindex: "-1",
        ...named(label),
        "data-tip": t("dragOrPress"),
        "aria-haspopup": "menu",
        "aria-expanded": "false",
        hidden: true,
        mousedown: (event) => event.preventDefault(),
        pointerdown: (event) => this.#press(event as PointerEvent, side, button),
        pointermove: (event) => this.#move(event as PointerEvent),
        pointerup: () => this.#release(true),
        pointercancel: () => this.#release(false),
        click: (event) => {
          // A press is handled when it is let go; a screen reader's has no pointer.
          if (event instanceof PointerEvent && event.pointerType) return;
          this.#open(side);
        },
      },
      icon("grip"),
    );
    return button;
  }

  #open(side: Side): void {
    const cell = this.#where();
    if (!cell) return;
    toggleMenu(this.#handles[side], this.#t(side), sideEntries(this.#editor, this.#t, side, cell));
  }

  #press(event: PointerEvent, side: Side, button: HTMLElement): void {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    this.#drag = { side, x: event.clientX, y: event.clientY, isMoving: false, to: null };
  }

  #move({ clientX, clientY }: PointerEvent): void {
    const drag = this.#drag;
    if (!drag) return;
    drag.isMoving ||= Math.hypot(clientX - drag.x, clientY - drag.y) > DRAG_PX;
    const cell = drag.isMoving ? this.#where() : null;
    const table = this.#cell?.closest("table")?.getBoundingClientRect();
    if (!cell || !table) return;
    const isRow = drag.side === "row";
    const edges = this.#edges(drag.side, cell);
    const at = isRow ? clientY : clientX;
    const found = edges.findIndex(([, end]) => at < end);
    const to = found < 0 ? edges.length - 1 : found;
    const from = isRow ? cell.row : cell.column;
    drag.to = to === from ? null : to;
    this.#line.hidden = drag.to === null;
    const edge = edges[to];
    if (!edge) return;
    const along = to > from ? edge[1] : edge[0];
    const { style } = this.#line;
    style.setProperty("left", `${isRow ? table.left : along - 1}px`);
    style.setProperty("top", `${isRow ? along - 1 : table.top}px`);
    style.setProperty("width", `${isRow ? table.width : 3}px`);
    style.setProperty("height", `${isRow ? 3 : table.height}px`);
  }

  /** Where rows or columns begin and end on the screen. */
  #edges(side: Side, { map, start, row, column }: Cell): [number, number][] {
    const count = side === "row" ? map.height : map.width;
    return Array.from({ length: count }, (_, place): [number, number] => {
      const at = side === "row" ? place * map.width + column : row * map.width + place;
      const dom = this.#editor.view.nodeDOM(start + (map.map[at] ?? 0));
      const rect = dom instanceof Element ? dom.getBoundingClientRect() : new DOMRect();
      return side === "row" ? [rect.top, rect.bottom] : [rect.left, rect.right];
    });
  }

  #release(isMeant: boolean): void {
    const drag = this.#drag;
    this.#drag = null;
    this.#line.hidden = true;
    if (!drag || !isMeant) return;
    const cell = this.#where();
    if (!drag.isMoving) this.#open(drag.side);
    else if (cell && drag.to !== null) move(this.#editor, drag.side, cell, drag.to);
  }

  #place(): void {
    const { row, column } = this.#handles;
    const cell = this.#editor.isEditable && this.#cell?.isConnected ? this.#cell : null;
    const table = cell?.closest("table");
    const seen = table?.parentElement?.getBoundingClientRect();
    const low = edgeBelow(this.#head);
    row.hidden = column.hidden = !cell || !table || !seen;
    if (!cell || !table || !seen) return;
    const at = cell.getBoundingClientRect();
    const all = table.getBoundingClientRect();
    const middle = (at.left + at.right) / 2;
    const centre = (at.top + at.bottom) / 2;
    // In a table that is wider than the page only what is seen of it counts.
    column.hidden = middle < seen.left || middle > seen.right;
    row.hidden = centre < low || centre > innerHeight;
    const top = Math.max(low, all.top - column.offsetHeight - GAP_PX);
    column.hidden ||= top > all.bottom;
    column.style.setProperty("left", `${middle - column.offsetWidth / 2}px`);
    column.style.setProperty("top", `${top}px`);
    const left = Math.max(0, Math.max(all.left, seen.left) - row.offsetWidth - GAP_PX);
    row.style.setProperty("left", `${left}px`);
    row.style.setProperty("top", `${centre - row.offsetHeight / 2}px`);
  }
}

/** Return where the text begins to be seen, below what stands over it. On a phone the bar `head` is at the lower edge. */
export function edgeBelow(head: HTMLElement): number {
  const { top, bottom } = head.getBoundingClientRect();
  if (top < innerHeight / 2) return bottom;
  return document.querySelector(".editor-header")?.getBoundingClientRect().bottom ?? 0;
}
