"""What changed between two documents: block by block, and in a block word by word. Pure.

Blocks that are equal belong together; between them those that are alike (``alignment.py``). In a
block the words of both sides are compared, a Chinese or Japanese character being a word
(``segments.py``); where words are equal, marks that differ are a change of format.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from collab.richtext.alignment import aligned, common
from collab.richtext.schema import INLINE, NODES
from collab.richtext.segments import words
from collab.richtext.tree import Node

Path = tuple[int, ...]
Kind = Literal["same", "added", "removed", "changed"]
Op = Literal["equal", "insert", "delete", "format"]

#: Stands for a node in the line, in the text that words are found in.
_NODE = "\ufffc"
#: Blocks that share fewer of their words than this are two blocks, not one that changed.
_ALIKE = 0.3


@dataclass(frozen=True, slots=True)
class Run:
    """Text, or a node in the line, and what became of it."""

    op: Op
    #: As it is after; of what was deleted, as it was.
    node: Node
    #: For "format": as it was.
    before: Node | None = None
    #: Where it begins in the block of either side, in UTF-16 units; None: not there.
    old_start: int | None = None
    new_start: int | None = None

    @property
    def length(self) -> int:
        """UTF-16 units; a node in the line is one."""
        return _units(self.node)


@dataclass(frozen=True, slots=True)
class Change:
    """A block, and what became of it."""

    kind: Kind
    #: The block as it is after; one that was removed, as it was.
    node: Node
    #: A changed block as it was.
    before: Node | None = None
    #: Where it stands on either side, from child to child; None: not there.
    old_path: Path | None = None
    new_path: Path | None = None
    #: What became of the blocks in it, or of its text. Empty for "same".
    blocks: tuple[Change, ...] = ()
    runs: tuple[Run, ...] = ()

    @property
    def changed_attrs(self) -> tuple[str, ...]:
        """The attributes that a changed block has otherwise."""
        if self.before is None:
            return ()
        old, new = self.before.attrs, self.node.attrs
        return tuple(sorted(k for k in {*old, *new} if old.get(k) != new.get(k)))


def diff(old: Node, new: Node) -> tuple[Change, ...]:
    """Return what became of the blocks of ``old``, and which came with ``new``, in order."""
    return _Comparison().children(old, new, (), ())


def diff_block(old: Node, new: Node) -> Change:
    """Return what became of a block that is known to be the same, however little it says so."""
    return _Comparison()._pair(old, new, (0,), (0,))


def holds_text(node: Node) -> bool:
    """Return whether a block holds text and nodes in the line, and no blocks."""
    known = NODES.get(node.type)
    if known is not None and known.content in ("inline", "text"):
        return True
    return any(child.type in INLINE for child in node.content)


def _units(node: Node) -> int:
    return len(node.text.encode("utf-16-le", "surrogatepass")) // 2 if node.type == "text" else 1


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


@dataclass(slots=True)
class _Comparison:
    """Numbers for equal things, and the words of blocks, found once."""

    _numbers: dict[str, int] = field(default_factory=dict)
    _words: dict[int, Counter[str]] = field(default_factory=dict)
    _kept: list[Node] = field(default_factory=list)

    def _number(self, key: str) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def children(self, old: Node, new: Node, old_path: Path, new_path: Path) -> tuple[Change, ...]:
        pairs = aligned(
            old.content,
            new.content,
            number=lambda node: self._number(_canonical(node.to_json())),
            is_telling=lambda node: bool(node.plain) or not holds_text(node),
            likeness=self._likeness,
        )
        out: list[Change] = []
        for at_old, at_new in pairs:
            if at_new is None:
                assert at_old is not None  # noqa: S101  # a pair has one side at least
                out.append(_one_sided("removed", old.content[at_old], (*old_path, at_old)))
            elif at_old is None:
                out.append(_one_sided("added", new.content[at_new], (*new_path, at_new)))
            else:
                one, other = old.content[at_old], new.content[at_new]
                out.append(self._pair(one, other, (*old_path, at_old), (*new_path, at_new)))
        return tuple(out)

    def _likeness(self, one: Node, other: Node) -> float:
        is_text = holds_text(one)
        if is_text != holds_text(other) or (not is_text and one.type != other.type):
            return 0.0
        same_type = 0.1 if one.type == other.type else 0.0
        mine, theirs = self._words_of(one), self._words_of(other)
        total = mine.total() + theirs.total()
        if not total:
            return 0.5 + same_type
        share = 2 * (mine & theirs).total() / total
        return share + same_type if share >= _ALIKE else 0.0

    def _words_of(self, node: Node) -> Counter[str]:
        found = self._words.get(id(node))
        if found is None:
            if holds_text(node):
                found = Counter(word for word in words(node.plain) if not word.isspace())
            else:
                # Into one: a sum of counters copies what it has at each step.
                found = Counter()
                for child in node.content:
                    found.update(self._words_of(child))
            self._words[id(node)] = found
            self._kept.append(node)  # an id is unique while its object lives
        return found

    def _pair(self, old: Node, new: Node, old_path: Path, new_path: Path) -> Change:
        if old == new or _canonical(old.to_json()) == _canonical(new.to_json()):
            return Change("same", new, None, old_path, new_path)
        if holds_text(new):
            runs = tuple(_joined_runs(list(self._runs(old, new))))
            return Change("changed", new, old, old_path, new_path, runs=runs)
        blocks = self.children(old, new, old_path, new_path)
        return Change("changed", new, old, old_path, new_path, blocks=blocks)

    def _runs(self, old: Node, new: Node) -> Iterator[Run]:
        """Yield what became of the text of a block, word by word."""
        one, other = _Line(old), _Line(new)
        pairs = common(
            [self._number(key) for key in one.keys], [self._number(key) for key in other.keys]
        )
        at_old = at_new = 0
        for old_word, new_word in [*pairs, (len(one.keys), len(other.keys))]:
            old_stop, new_stop = one.starts[old_word], other.starts[new_word]
            yield from one.cut("delete", at_old, old_stop)
            yield from other.cut("insert", at_new, new_stop)
            if old_word < len(one.keys):
                at_old, at_new = one.starts[old_word + 1], other.starts[new_word + 1]
                yield from _kept(one, other, old_stop, at_old, new_stop)


def _one_sided(kind: Literal["added", "removed"], node: Node, path: Path) -> Change:
    is_new = kind == "added"
    old_path, new_path = (None, path) if is_new else (path, None)
    if holds_text(node):
        line = _Line(node)
        runs = tuple(line.cut("insert" if is_new else "delete", 0, len(line.text)))
        return Change(kind, node, None, old_path, new_path, runs=runs)
    blocks = tuple(
        _one_sided(kind, child, (*path, place)) for place, child in enumerate(node.content)
    )
    return Change(kind, node, None, old_path, new_path, blocks=blocks)


class _Line:
    """A block's text with its nodes, marks and words; places are code points."""

    def __init__(self, block: Node) -> None:
        self.nodes: list[Node] = []
        #: Where each node begins, and where the last ends.
        self._places = [0]
        parts = []
        for node in block.content:
            part = node.text if node.type == "text" else _NODE
            parts.append(part)
            self.nodes.append(node)
            self._places.append(self._places[-1] + len(part))
        self.text = "".join(parts)
        #: Where a code point stands that is two UTF-16 units.
        self._wide = [place for place, char in enumerate(self.text) if char > "\uffff"]
        found = words(self.text)
        self.starts = [0]
        for word in found:
            self.starts.append(self.starts[-1] + len(word))
        self.keys = [self._key(word, self.starts[place]) for place, word in enumerate(found)]

    def _key(self, word: str, start: int) -> str:
        if _NODE not in word:
            return word
        first = bisect_left(self._places, start)
        last = bisect_left(self._places, start + len(word), hi=len(self.nodes))
        inside = [
            _canonical(node.to_json()) for node in self.nodes[first:last] if node.type != "text"
        ]
        return "\0".join([word, *inside])

    def pieces(self, start: int, stop: int) -> Iterator[tuple[int, int, Node]]:
        """Yield what stands between two places, node by node: length, UTF-16 offset, node."""
        first = bisect_right(self._places, start) - 1
        for place in range(first, bisect_left(self._places, stop)):
            begin, end = self._places[place], self._places[place + 1]
            low, high = max(begin, start), min(end, stop)
            if low >= high:
                continue
            node = self.nodes[place]
            if node.type != "text":
                yield 1, self._offset(low), node
                continue
            text = node.text[low - begin : high - begin]
            yield high - low, self._offset(low), Node("text", text=text, marks=node.marks)

    def _offset(self, place: int) -> int:
        """Return a place in UTF-16 units."""
        return place + bisect_left(self._wide, place)

    def cut(self, op: Literal["insert", "delete"], start: int, stop: int) -> Iterator[Run]:
        """Yield runs of one kind for what stands between two places."""
        for _length, offset, node in self.pieces(start, stop):
            if op == "insert":
                yield Run(op, node, new_start=offset)
            else:
                yield Run(op, node, old_start=offset)


def _kept(one: _Line, other: _Line, old_start: int, old_stop: int, new_start: int) -> Iterator[Run]:
    """Yield runs for text that is on both sides: equal, or with other marks."""
    olds = one.pieces(old_start, old_stop)
    news = other.pieces(new_start, new_start + old_stop - old_start)
    old_piece, new_piece = next(olds, None), next(news, None)
    while old_piece is not None and new_piece is not None:
        length = min(old_piece[0], new_piece[0])
        was, old_rest = _first(old_piece, length)
        now, new_rest = _first(new_piece, length)
        is_equal = was[2] == now[2]
        yield Run(
            "equal" if is_equal else "format",
            now[2],
            None if is_equal else was[2],
            old_start=was[1],
            new_start=now[1],
        )
        old_piece = old_rest or next(olds, None)
        new_piece = new_rest or next(news, None)


_Piece = tuple[int, int, Node]


def _first(piece: _Piece, length: int) -> tuple[_Piece, _Piece | None]:
    """Cut a piece after ``length`` code points."""
    whole, offset, node = piece
    if length == whole:
        return piece, None
    head = Node("text", text=node.text[:length], marks=node.marks)
    tail = Node("text", text=node.text[length:], marks=node.marks)
    return (length, offset, head), (whole - length, offset + _units(head), tail)


def _joined_runs(runs: Sequence[Run]) -> list[Run]:
    """Return runs with neighbours of one kind and the same marks made one."""
    groups: list[list[Run]] = []
    for run in runs:
        if groups and _go_on(groups[-1][-1], run):
            groups[-1].append(run)
        else:
            groups.append([run])
    return [_one(group) if len(group) > 1 else group[0] for group in groups]


def _one(group: Sequence[Run]) -> Run:
    """Return neighbours as one run; their texts are put together once, not one after another."""
    first = group[0]
    olds = [run.before for run in group if run.before is not None]
    return Run(
        first.op,
        _together([run.node for run in group]),
        _together(olds) if olds else None,
        first.old_start,
        first.new_start,
    )


def _go_on(last: Run, run: Run) -> bool:
    if last.op != run.op or last.node.type != "text" or run.node.type != "text":
        return False
    if last.node.marks != run.node.marks:
        return False
    if last.before is None or run.before is None:
        return last.before is run.before
    return last.before.marks == run.before.marks


def _together(nodes: Sequence[Node]) -> Node:
    return Node("text", text="".join(node.text for node in nodes), marks=nodes[0].marks)
