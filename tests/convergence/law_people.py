"""A person's replica, and rich text as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pycrdt import Doc, TransactionEvent, UndoManager, XmlElement, XmlFragment, XmlText

from collab.types import Update

#: The origin of a person's own edits.
OWN = "own"
TEXT_BLOCKS = ("paragraph", "heading", "codeBlock")
#: A node of the tree: its name and its children; or text with its marks.
Tree = tuple[str, list[Any]]


def tree_of(element: XmlElement) -> Tree:
    """Return an element as plain values."""
    children: list[Any] = []
    for child in element.children:
        if isinstance(child, XmlText):
            children += [
                (part, marks or {}) for part, marks in child.diff() if isinstance(part, str)
            ]
        else:
            assert isinstance(child, XmlElement)
            children.append(tree_of(child))
    return element.tag or "", children


def write(parent: XmlFragment | XmlElement, at: int, tree: Tree) -> None:
    """Write a tree as the child of ``parent`` at a place."""
    tag, children = tree
    parent.children.insert(at, made := XmlElement(tag))
    text: XmlText | None = None
    offset = 0
    for child in children:
        if isinstance(child[1], dict):
            if text is None:
                text, offset = made.children.append(XmlText()), 0
            text.insert(offset, child[0], child[1])
            offset += len(child[0].encode())
        else:
            text = None
            write(made, len(made.children), child)
    if not children and tag in TEXT_BLOCKS:
        made.children.append(XmlText())


def plain(block: XmlElement) -> str:
    """Return the letters of a line."""
    return "".join(
        part
        for child in block.children
        if isinstance(child, XmlText)
        for part, _ in child.diff()
        if isinstance(part, str)
    )


def inline(tree: Tree, start: int, end: int) -> list[Any]:
    """Return what stands between two places of a line; what has no letters is at the first."""
    out: list[Any] = []
    at = 0
    for child in tree[1]:
        if not isinstance(child[1], dict):
            if start < at <= end or (at == start == 0):
                out.append(child)
            continue
        said, marks = child
        low, high = max(0, start - at), min(len(said), end - at)
        if low < high:
            out.append((said[low:high], marks))
        at += len(said)
    return out


@dataclass
class Line:
    """A block that holds text, and where it is."""

    block: XmlElement
    parent: XmlFragment | XmlElement
    at: int
    #: The containers around it, the outermost first, each with its place.
    path: list[tuple[XmlFragment | XmlElement, int]]

    @property
    def top(self) -> int:
        """The place of the outermost block that it is in."""
        return self.path[0][1]


class Peer:
    """One person's replica."""

    def __init__(self, number: int) -> None:
        self.doc: Doc[Any] = Doc(client_id=100 + number)
        self.body = self.doc.get("default", type=XmlFragment)
        self.out: list[tuple[Update, bool]] = []
        #: How much of the log it has heard; the last record of that.
        self.heard = 0
        self.upto = 0
        #: What it had heard when it wrote the first of what is not sent.
        self.began = 0
        self._is_hearing = self.is_undoing = False
        self.doc.observe(self._note)
        self.undo = UndoManager(scopes=[self.body], capture_timeout_millis=0)
        # As editors do: without it, what was heard from others would be taken back, too.
        self.undo.include_origin(OWN)

    def _note(self, event: TransactionEvent) -> None:
        if not self._is_hearing:
            if not self.out:
                self.began = self.heard
            self.out.append((Update(event.update), self.is_undoing))

    def hear(self, log: Sequence[tuple[int, Update]]) -> None:
        self._is_hearing = True
        for seq, update in log[self.heard :]:
            self.doc.apply_update(update)
            self.upto = max(self.upto, seq)
        self.heard, self._is_hearing = len(log), False

    def lines(self) -> list[Line]:
        def below(
            parent: XmlFragment | XmlElement, path: list[tuple[XmlFragment | XmlElement, int]]
        ) -> Iterator[Line]:
            for at, child in enumerate(parent.children):
                if isinstance(child, XmlElement):
                    here = [*path, (parent, at)]
                    if child.tag in TEXT_BLOCKS:
                        yield Line(child, parent, at, here)
                    else:
                        yield from below(child, here)

        return list(below(self.body, []))

    def splice(self, block: XmlElement, start: int, end: int, said: str, marks: Any = None) -> None:
        """Put text in place of some, in the texts of a block."""
        if not any(isinstance(child, XmlText) for child in block.children):
            block.children.insert(0, XmlText())
        for child in list(block.children):
            if not isinstance(child, XmlText):
                continue
            here = "".join(part for part, _ in child.diff() if isinstance(part, str))
            low, high = (len(here[: min(max(0, n), len(here))].encode()) for n in (start, end))
            if low < high:
                del child[low:high]
            if said and start <= len(here):
                child.insert(low, said, marks) if marks else child.insert(low, said)
                said = ""
            start, end = start - len(here), end - len(here)


def letters(tree: Any) -> str:
    """Return the letters in and below a node."""
    if isinstance(tree[1], dict):
        return str(tree[0])
    return "".join(letters(child) for child in tree[1])
