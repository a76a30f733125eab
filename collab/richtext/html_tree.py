"""A tree out of HTML's tokens, of bounded depth and size, built in one pass.

A parser of browsers makes the tags of a paragraph anew in each one that follows where they were not
closed: a source of n tags has n squared elements then. Here what formats text is no element: a run
of text carries its marks, of which there are as many as the schema has. The rest follows the
WHATWG's rules as far as a document of ours can show the difference; a parser that knows all of them
is compared with in ``tests/richtext/test_html_tree.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from collab.richtext.errors import FormatError, gettext_noop
from collab.richtext.html_tokens import End, Start, Text, html_tokens
from collab.richtext.tree import MAX_NODES, TOO_MANY_NODES, Mark
from collab.richtext.urls import safe_link

#: Deeper HTML is refused: no writing has it, and every level costs a stack frame.
MAX_HTML_DEPTH = 200
_TOO_DEEP = gettext_noop("The HTML is nested deeper than %(most)d levels.")
_MARKS = {
    "strong": "bold",
    "b": "bold",
    "em": "italic",
    "i": "italic",
    "cite": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strike",
    "del": "strike",
    "strike": "strike",
    "mark": "highlight",
    "sub": "subscript",
    "sup": "superscript",
    "code": "code",
    "kbd": "code",
    "samp": "code",
    "tt": "code",
}
_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905  # a list of lines says no more
)
_SKIPPED = frozenset("html head body script style title meta link base col colgroup".split())  # noqa: SIM905  # the same
_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
#: What ends a paragraph that is open.
_BLOCKS = _HEADINGS | frozenset(
    "address article aside blockquote details dd div dl dt fieldset figcaption figure footer form "  # noqa: SIM905  # the same
    "header hr li main nav ol p pre section summary table ul".split()
)
_CELLS = frozenset({"td", "th"})
_ROW = frozenset({"tr"})
_SECTIONS = frozenset({"tbody", "thead", "tfoot"})
#: Where only parts of a table may stand.
_IN_TABLE = _SECTIONS | {"table", "tr"}
_TABLE_PARTS = _SECTIONS | _CELLS | {"tr", "caption"}
#: Beyond these an end tag closes nothing, and a paragraph is not ended.
_WALLS = _CELLS | {"table", "caption"}
#: In these marks from around do not count.
_ISOLATED = frozenset({"footnote", "callout"})


@dataclass(frozen=True, slots=True)
class Run:
    """Text with its marks."""

    text: str
    marks: tuple[Mark, ...] = ()


@dataclass(slots=True)
class Tag:
    """An element that is no mark."""

    name: str
    attrs: Mapping[str, str] = field(default_factory=dict)
    children: list[Tag | Run] = field(default_factory=list)

    def walk(self) -> Iterator[Tag]:
        """Yield the element and all below it, in order."""
        waiting = [self]
        while waiting:
            tag = waiting.pop()
            yield tag
            waiting.extend(child for child in reversed(tag.children) if isinstance(child, Tag))

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join(each.text for each in in_order(self) if isinstance(each, Run))


def in_order(tag: Tag) -> Iterator[Tag | Run]:
    """Yield an element and all below it, runs of text too."""
    waiting: list[Tag | Run] = [tag]
    while waiting:
        each = waiting.pop()
        yield each
        if isinstance(each, Tag):
            waiting.extend(reversed(each.children))


def html_tree(source: str) -> Tag:
    """Return the body of ``source``, a fragment or a page.

    Raises:
        FormatError: it is nested deeper than MAX_HTML_DEPTH, or has more than MAX_NODES parts.
    """
    builder = _Builder()
    for token in html_tokens(source):
        match token:
            case Text(text):
                builder.text(text)
            case Start():
                builder.start(token)
            case End(name):
                builder.end(name)
    builder.flush()
    return builder.root


#: Marks that are open, by the name of their tag: the mark, and how many such tags are.
_Active = dict[str, tuple[Mark | None, int]]


@dataclass(slots=True)
class _Open:
    tag: Tag
    #: Of a table: where goes what may not stand in it.
    before: Tag | None = None
    #: Marks that are open again when it is closed.
    kept: _Active | None = None


class _Builder:
    def __init__(self) -> None:
        self.root = Tag("div")
        self._stack = [_Open(self.root)]
        self._active: _Active = {}
        self._marks: tuple[Mark, ...] = ()
        self._waiting: list[str] = []
        self._count = 0
        self._is_pre_begun = False

    # -- tokens ------------------------------------------------------------------------------------

    def text(self, text: str) -> None:
        """Take text; neighbours are put together when a tag comes."""
        if self._is_pre_begun and text.startswith("\n"):
            text = text[1:]  # the first line end in a <pre> is the source's, not the text's
        self._is_pre_begun = False
        self._waiting.append(text.replace("\0", ""))

    def start(self, token: Start) -> None:
        """Begin an element, or a mark."""
        name = token.name
        self.flush()
        self._is_pre_begun = name == "pre"
        if name in _SKIPPED:
            return
        if name in _MARKS or name == "a":
            self._open_mark(token)
            return
        if name in _TABLE_PARTS:
            if not self._make_room(name):
                return
        elif name in _BLOCKS:
            self._end_before(name)
        tag = Tag(name, token.attrs)
        if name == "table":
            before = Tag("div")
            self._append(before)
            self._append(tag)
            self._push(_Open(tag, before=before))
            return
        self._append(tag)
        is_known = name in _BLOCKS or name in _TABLE_PARTS or name == "span"
        if name in _VOID or (token.is_empty and not is_known):
            return
        self._push(_Open(tag, kept=self._kept_by(tag)))

    def end(self, name: str) -> None:
        """End an element, or a mark."""
        self.flush()
        self._is_pre_begun = False
        if name in _MARKS or name == "a":
            mark, count = self._active.get(name, (None, 0))
            if count > 1:
                self._active[name] = (mark, count - 1)
            elif count:
                del self._active[name]
                self._remark()
            return
        names = _HEADINGS if name in _HEADINGS else {name}
        walls = frozenset({"table"}) if name in _TABLE_PARTS else _WALLS - {name}
        place = self._find(names, walls)
        if place is not None:
            self._close(place)

    def flush(self) -> None:
        """Put the text that waits where it belongs."""
        if not self._waiting:
            return
        text = "".join(self._waiting)
        self._waiting.clear()
        top = self._stack[-1].tag
        if text and (top.name not in _IN_TABLE or not text.isspace()):
            self._append(Run(text, self._marks))

    # -- marks -------------------------------------------------------------------------------------

    def _open_mark(self, token: Start) -> None:
        name = token.name
        pre = self._stack[-1].tag
        if name == "code" and pre.name == "pre" and "class" in token.attrs:
            # The language of a block of code stands on either.
            pre.attrs = {"class": f"{pre.attrs.get('class', '')} {token.attrs['class']}"}
        if name == "a":
            href = safe_link(token.attrs.get("href"))
            more = {key: token.attrs[key] for key in ("role", "class") if key in token.attrs}
            # Of two the second ends the first.
            self._active.pop("a", None)
            self._active["a"] = (Mark("link", {"href": href, **more}) if href else None, 1)
        else:
            mark, count = self._active.get(name, (Mark(_MARKS[name]), 0))
            self._active[name] = (mark, count + 1)
        self._remark()

    def _remark(self) -> None:
        marks: dict[str, Mark] = {}
        for mark, _count in self._active.values():
            if mark is not None:
                marks.setdefault(mark.type, mark)
        self._marks = tuple(marks.values())

    def _kept_by(self, tag: Tag) -> _Active | None:
        """Return the marks that are open again behind ``tag``; set those that are in it."""
        color = tag.attrs.get("data-color") if tag.name == "span" else None
        is_isolated = tag.name == "details" or tag.attrs.get("data-type") in _ISOLATED
        if not (color or is_isolated or tag.name in _WALLS):
            return None
        kept = dict(self._active)
        if is_isolated:
            self._active = {}
        if color and "span" not in self._active:
            self._active["span"] = (Mark("textColor", {"color": color}), 1)
        self._remark()
        return kept

    # -- elements ----------------------------------------------------------------------------------

    def _append(self, child: Tag | Run) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            raise FormatError(TOO_MANY_NODES, most=MAX_NODES)
        parent = self._stack[-1].tag
        is_part = isinstance(child, Tag) and child.name in _TABLE_PARTS
        if parent.name in _IN_TABLE and not is_part:
            # What may not stand in a table stands before it.
            table = next(each for each in reversed(self._stack) if each.before is not None)
            parent = table.before or parent
        parent.children.append(child)

    def _push(self, opened: _Open) -> None:
        if len(self._stack) > MAX_HTML_DEPTH:
            raise FormatError(_TOO_DEEP, most=MAX_HTML_DEPTH)
        self._stack.append(opened)

    def _find(self, names: frozenset[str] | set[str], walls: frozenset[str]) -> int | None:
        """Return where in the stack one of ``names`` is open, if no wall is nearer."""
        for place in range(len(self._stack) - 1, 0, -1):
            name = self._stack[place].tag.name
            if name in names:
                return place
            if name in walls:
                return None
        return None

    def _close(self, place: int) -> None:
        """End all that is open from ``place`` on."""
        while len(self._stack) > place:
            opened = self._stack.pop()
            if opened.kept is None:
                continue
            if opened.tag.name == "span":
                # What was opened in it and not closed goes on; its own colour does not.
                if "span" not in opened.kept:
                    self._active.pop("span", None)
            else:
                self._active = opened.kept
            self._remark()

    def _end_before(self, name: str) -> None:
        """End what a block of this name ends: a paragraph, an item, a heading."""
        top = self._stack[-1].tag.name
        if name in _HEADINGS and top in _HEADINGS:
            self._close(len(self._stack) - 1)
        if name == "li":
            self._close_item({"li"}, _BLOCKS - {"address", "div", "p"})
        elif name in ("dd", "dt"):
            self._close_item({"dd", "dt"}, _BLOCKS - {"address", "div", "p"})
        place = self._find({"p"}, _WALLS)
        if place is not None:
            self._close(place)

    def _close_item(self, names: set[str], special: frozenset[str]) -> None:
        place = self._find(names, (special - names) | _WALLS)
        if place is not None:
            self._close(place)

    def _make_room(self, name: str) -> bool:
        """End what stands open in the table, begin what is missing; False: there is no table."""
        table = next(
            (n for n in range(len(self._stack) - 1, 0, -1) if self._stack[n].before is not None),
            None,
        )
        if table is None:
            return False
        # A cell stands in a row, a row in a section or the table, all others in the table.
        holders = [_ROW, _SECTIONS] if name in _CELLS else [_SECTIONS] if name == "tr" else []
        inner = range(len(self._stack) - 1, table, -1)
        places = (n for kind in holders for n in inner if self._stack[n].tag.name in kind)
        place = next(places, table)
        self._close(place + 1)
        if name in _CELLS and self._stack[place].tag.name not in _ROW:
            row = Tag("tr")
            self._append(row)
            self._push(_Open(row))
        return True
