"""The grid that the cells of a table make, for pandoc, which fails where one is not as it says.

Editors and files make other ones, too: rows that are short, cells that reach beyond the last row or
into a row that is full. As in HTML each cell stands in the first columns that are free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collab.formats.errors import TooLarge
from collab.richtext.tree import Json, Node

#: More than any page shows; each costs pandoc memory, however few cells there are.
MAX_COLUMNS = 1000
#: Of the grid, empty places too: each is an element of pandoc's tree.
MAX_PLACES = 200_000


def number(value: Json, default: int) -> int:
    """Return a number as a whole one, anything else as ``default``."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


def colspan(cell: Node) -> int:
    """Return how many columns a cell takes."""
    return max(number(cell.attrs.get("colspan"), 1), 1)


def rowspan(cell: Node) -> int:
    """Return how many rows a cell takes; more than there are, perhaps."""
    return max(number(cell.attrs.get("rowspan"), 1), 1)


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell with as many columns and rows as it really takes; None: nothing stands there."""

    cell: Node | None
    columns: int
    rows: int


def grid_of(table: Node) -> tuple[Sequence[Node], int]:
    """Return the rows and the number of columns; without spans where there would be too many.

    Raises:
        TooLarge: the grid has more than MAX_PLACES.
    """
    rows, width = _bounded(table.content)
    if len(rows) * width > MAX_PLACES:
        raise TooLarge("A table is too big for this format.")
    return rows, width


def _bounded(rows: Sequence[Node]) -> tuple[Sequence[Node], int]:
    if max((sum(map(colspan, row.content)) for row in rows), default=1) <= MAX_COLUMNS:
        width = _placed(rows)[1]
        if width <= MAX_COLUMNS:
            return rows, width
    rows = tuple(Node(row.type, row.attrs, tuple(map(_unspanned, row.content))) for row in rows)
    return rows, _placed(rows)[1]


def laid_out(rows: Sequence[Node], width: int) -> list[list[Placed]]:
    """Return the cells of the rows of a section, and something in each place that is left."""
    placed, _ = _placed(rows)
    taken = [[False] * width for _ in rows]
    for place, cells in enumerate(placed):
        for column, each in cells:
            for down in range(each.rows):
                for across in range(each.columns):
                    taken[place + down][column + across] = True
    out = []
    for place, cells in enumerate(placed):
        rest = [(n, Placed(None, 1, 1)) for n in range(width) if not taken[place][n]]
        out.append([each for _, each in sorted([*cells, *rest], key=lambda pair: pair[0])])
    return out


def _placed(rows: Sequence[Node]) -> tuple[list[list[tuple[int, Placed]]], int]:
    """Return the cells of each row with their columns, and how many columns there are."""
    #: Of each column, the row from which on it is free again.
    free_from: dict[int, int] = {}
    out: list[list[tuple[int, Placed]]] = []
    width = 1
    for place, row in enumerate(rows):
        column = 0
        cells: list[tuple[int, Placed]] = []
        for cell in row.content:
            while free_from.get(column, 0) > place:
                column += 1
            first, down = column, min(rowspan(cell), len(rows) - place)
            while column < first + colspan(cell) and free_from.get(column, 0) <= place:
                free_from[column] = place + down
                column += 1
            cells.append((first, Placed(cell, column - first, down)))
        out.append(cells)
        width = max(width, column)
    return out, width


def head_count(rows: Sequence[Node]) -> int:
    """Return how many rows are the head: all of it headers, of which none goes on in the body."""
    heads = 0
    while heads < len(rows) and all(cell.type == "tableHeader" for cell in rows[heads].content):
        heads += 1
    while 0 < heads < len(rows) and _end(rows[:heads]) > heads:
        heads -= 1
    return heads


def leading_heads(row: Node) -> int:
    """Return how many columns the headers take that a row begins with."""
    heads = 0
    for cell in row.content:
        if cell.type != "tableHeader":
            break
        heads += colspan(cell)
    return heads


def widths(rows: Sequence[Node], width: int) -> list[float | None]:
    """Return the columns' widths, as parts of the whole; by themselves where one has none."""
    known: list[int] = []
    for cell in rows[0].content if rows else ():
        given = cell.attrs.get("colwidth")
        if isinstance(given, list):
            known += [number(each, 0) for each in given]
    if len(known) != width or not all(known):
        return [None] * width
    return [part / sum(known) for part in known]


def _end(rows: Sequence[Node]) -> int:
    """Return the row before which all cells of ``rows`` have ended."""
    ends = (place + rowspan(cell) for place, row in enumerate(rows) for cell in row.content)
    return max(ends, default=0)


def _unspanned(cell: Node) -> Node:
    return Node(cell.type, {**cell.attrs, "colspan": 1, "rowspan": 1}, cell.content)
