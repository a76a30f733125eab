"""Edits of the rich text, each written as y-prosemirror writes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pycrdt import XmlElement, XmlFragment, XmlText

from tests.convergence.law_people import (
    TEXT_BLOCKS,
    Line,
    Peer,
    Tree,
    inline,
    letters,
    plain,
    tree_of,
    write,
)

LISTS = {"bulletList": "listItem", "orderedList": "listItem", "taskList": "taskItem"}


class Edits:
    """What people do; kept in a ledger."""

    def __init__(self) -> None:
        self.next_letter = 0x4E00
        #: Each letter, with those beside which it was typed, and who typed it.
        self.typed: dict[str, tuple[str, str, int]] = {}
        self.deleted: set[str] = set()

    def new(self, count: int, who: int, left: str = "", right: str = "") -> str:
        """Return letters that nobody has typed before."""
        out = "".join(chr(self.next_letter + n) for n in range(count))
        self.next_letter += count
        for n, each in enumerate(out):
            self.typed[each] = (out[n - 1] if n else left, right, who)
        return out

    def said(self, count: int, who: int) -> list[Any]:
        return [(self.new(count, who), {})] if count else []

    def edit(self, who: Peer, number: int, kind: int, a: int, b: int) -> None:
        lines = who.lines()
        if not lines or kind == 8:
            tree = ("paragraph", self.said(a % 6, number))
            write(who.body, b % (len(who.body.children) + 1), tree)
            return
        line = lines[a % len(lines)]
        said = plain(line.block)
        at = b % (len(said) + 1)
        edits: dict[int, Callable[[], None]] = {
            12: lambda: self._erase(who, line, said, at),
            13: lambda: self._mark(line, at),
            14: lambda: self._break(line, at),
            15: lambda: self._retype(line, b),
            16: lambda: self._wrap(who, line, b),
            17: lambda: self._lift(who, line),
            18: lambda: self._join(who, lines, a % len(lines)),
            19: lambda: self._split(line, at),
            20: lambda: self._drop(who, line, b),
            21: lambda: self._table(who, number, line, b),
            22: lambda: self._move(who, line, b),
            23: lambda: self._list(who, line, b),
        }
        if kind in edits:
            edits[kind]()
            return
        is_bold = b % 7 == 0 and line.block.tag != "codeBlock"
        marks: dict[str, Any] | None = {"bold": {}} if is_bold else None
        typed = self.new(1 + b % 4, number, said[:at][-1:], said[at : at + 1])
        who.splice(line.block, at, at, typed, marks)

    def _erase(self, who: Peer, line: Line, said: str, at: int) -> None:
        end = min(len(said), at + 3)
        self.deleted |= set(said[at:end])
        who.splice(line.block, at, end, "")

    def _mark(self, line: Line, at: int) -> None:
        for child in line.block.children:
            if isinstance(child, XmlText) and line.block.tag != "codeBlock":
                here = "".join(part for part, _ in child.diff() if isinstance(part, str))
                low, high = (len(here[:n].encode()) for n in (at, at + 3))
                if low < high:
                    child.format(low, high, {"italic": {}})
                return

    def _break(self, line: Line, at: int) -> None:
        """Shift-Enter: the text before the break stays, the rest is written behind it."""
        if line.block.tag == "codeBlock":
            return
        for place, child in enumerate(line.block.children):
            if isinstance(child, XmlText):
                here = "".join(part for part, _ in child.diff() if isinstance(part, str))
                if at <= len(here):
                    rest = here[at:]
                    if rest:
                        del child[len(here[:at].encode()) :]
                    line.block.children.insert(place + 1, XmlElement("hardBreak"))
                    line.block.children.insert(place + 2, XmlText(rest))
                    return
                at -= len(here)

    def _replace(self, parent: XmlFragment | XmlElement, at: int, trees: list[Tree]) -> None:
        del parent.children[at]
        for place, tree in enumerate(trees, at):
            write(parent, place, tree)

    def _retype(self, line: Line, b: int) -> None:
        tags = [tag for tag in TEXT_BLOCKS if tag != line.block.tag]
        if line.at == 0 and getattr(line.parent, "tag", "") in LISTS.values():
            return  # an item begins with a paragraph
        tag = tags[b % len(tags)]
        _, children = tree_of(line.block)
        if tag == "codeBlock":
            children = [(said, {}) for said, marks in children if isinstance(marks, dict)]
        self._replace(line.parent, line.at, [(tag, children)])

    def _wrap(self, who: Peer, line: Line, b: int) -> None:
        if len(line.path) > 3:
            return
        block = who.body.children[line.top]
        assert isinstance(block, XmlElement)
        tree = tree_of(block)
        outer = ["blockquote", "callout", "bulletList", "taskList"][b % 4]
        if outer in LISTS:
            if tree[0] != "paragraph":
                return
            tree = (LISTS[outer], [tree])
        self._replace(who.body, line.top, [(outer, [tree])])

    def _lift(self, who: Peer, line: Line) -> None:
        block = who.body.children[line.top]
        assert isinstance(block, XmlElement)
        tag, children = tree_of(block)
        if tag in TEXT_BLOCKS or tag == "table":
            return
        inside = [each for item in children for each in item[1]] if tag in LISTS else children
        self._replace(who.body, line.top, inside)

    def _list(self, who: Peer, line: Line, b: int) -> None:
        """Make a list another kind of list, or put a new item into it."""
        block = who.body.children[line.top]
        assert isinstance(block, XmlElement)
        tag, children = tree_of(block)
        if tag not in LISTS:
            return
        if b % 2:
            item = (LISTS[tag], [("paragraph", self.said(1 + b % 3, 0))])
            write(block, b % (len(children) + 1), item)
            return
        other = "orderedList" if tag == "bulletList" else "bulletList"
        self._replace(who.body, line.top, [(other, [(LISTS[other], c) for _, c in children])])

    def _join(self, who: Peer, lines: list[Line], number: int) -> None:
        line, before = lines[number], lines[number - 1]
        if not number or before.path[:-1] != line.path[:-1] or before.block.tag == "codeBlock":
            return
        if line.block.tag == "codeBlock" or before.at != line.at - 1:
            return
        end = len(plain(before.block))
        for said, marks in tree_of(line.block)[1]:
            if isinstance(marks, dict):
                who.splice(before.block, end, end, said)
                end += len(said)
        del line.parent.children[line.at]

    def _split(self, line: Line, at: int) -> None:
        tree, said = tree_of(line.block), plain(line.block)
        rest = inline(tree, at, len(said))
        if len(line.block.children) == 1 and isinstance(line.block.children[0], XmlText):
            text = line.block.children[0]
            if at < len(said):
                del text[len(said[:at].encode()) :]
            write(line.parent, line.at + 1, (tree[0], rest))
            return
        kept = [child for child in inline(tree, 0, at) if isinstance(child[1], dict)]
        self._replace(line.parent, line.at, [(tree[0], kept), (tree[0], rest)])

    def _drop(self, who: Peer, line: Line, b: int) -> None:
        """Delete a block: the line, or all that it is in."""
        if b % 3 == 0:
            parent, at = line.path[0]
        else:
            parent, at = line.parent, line.at
        tag = getattr(parent, "tag", "")
        others = [e for n, e in enumerate(parent.children) if n != at]
        if not others or (tag in LISTS.values() and at == 0):
            return
        block = parent.children[at]
        assert isinstance(block, XmlElement)
        self.deleted |= set(letters(tree_of(block)))
        del parent.children[at]

    def _table(self, who: Peer, number: int, line: Line, b: int) -> None:
        """Put in a table, or delete a row or a column of it."""
        block = who.body.children[line.top]
        if not isinstance(block, XmlElement) or block.tag != "table":
            cells = [("tableCell", [("paragraph", self.said(1 + n % 2, number))]) for n in range(4)]
            rows: list[Any] = [("tableRow", cells[:2]), ("tableRow", cells[2:])]
            write(who.body, line.top + 1, ("table", rows))
            return
        (_, row), (_, cell) = line.path[1:3]
        if b % 2 and len(block.children) > 1:
            self._delete_child(block, row)
        elif b % 2 == 0:
            for each in block.children:
                assert isinstance(each, XmlElement)
                if len(each.children) > 1 and cell < len(each.children):
                    self._delete_child(each, cell)

    def _delete_child(self, parent: XmlElement, at: int) -> None:
        child = parent.children[at]
        assert isinstance(child, XmlElement)
        self.deleted |= set(letters(tree_of(child)))
        del parent.children[at]

    def _move(self, who: Peer, line: Line, b: int) -> None:
        """Drag a block elsewhere: one edit deletes it and writes it anew."""
        block = who.body.children[line.top]
        assert isinstance(block, XmlElement)
        tree = tree_of(block)
        del who.body.children[line.top]
        write(who.body, b % (len(who.body.children) + 1), tree)
