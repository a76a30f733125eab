"""Every regular expression of the server, found in its source, and what matching one costs.

``re`` goes back and tries again: some patterns take time that grows with the square of a text, or
doubles with each character, and nothing else runs meanwhile. Here a pattern is matched by a matcher
that does what ``re`` does and counts its steps, on texts made of the pattern's own parts, so that a
new pattern is tried without anybody thinking of a text for it. No clock is read.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from re import _constants as op
from re import _parser as parser
from typing import Any

ROOT = Path(__file__).parents[1]
#: Functions of ``re`` that begin at one place; the others try every place.
ANCHORED = frozenset({"match", "fullmatch"})
#: Modules that make a pattern when they run: one such pattern, which is tried in its place, and why
#: others cost no more.
MADE = {
    # Routes of ours, written in the source: a table of prefixes for limits of bodies.
    "collab.web.bodies": r"/api/v1/documents/[^/]+/attachments/?",
    # Words of a query, of which there are MAX_QUERY_TERMS, escaped.
    "collab.search.selectors": r"(?<![^\W_])ab|(?<![^\W_])a|a\-b|中文",
}
FUNCTIONS = ANCHORED | {"compile", "search", "sub", "subn", "split", "findall", "finditer"}


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern and how it is used."""

    where: str
    pattern: str
    flags: int
    uses: frozenset[str]


def patterns() -> Iterator[Found]:
    """Yield every pattern in ``collab``.

    Raises:
        AssertionError: one is made of what is known only when it runs.
    """
    for path in sorted((ROOT / "collab").rglob("*.py")):
        source = path.read_text("utf-8")
        if "import re\n" in source:
            yield from _in_module(path, ast.parse(source))


def _in_module(path: Path, tree: ast.Module) -> Iterator[Found]:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    module = importlib.import_module(name)
    names = {
        id(node.value): node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    used = _uses(tree)
    for node in ast.walk(tree):
        function = _function_of_re(node)
        if function is None or not isinstance(node, ast.Call):
            continue
        where = f"{name}:{node.lineno}"
        uses = {function} if function != "compile" else used.get(names.get(id(node), ""), set())
        for pattern, flags in _values(node, module.__dict__, where):
            text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
            yield Found(where, text, flags, frozenset(uses or {"search"}))


def _function_of_re(node: ast.AST) -> str | None:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name)) if name in FUNCTIONS:
            return name
    return None


def _uses(tree: ast.Module) -> dict[str, set[str]]:
    """Return the methods that are called on each name."""
    used: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=method):
                used.setdefault(name, set()).add(method)
            case ast.Attribute(value=ast.Subscript(value=ast.Name(id=name)), attr=method):
                used.setdefault(name, set()).add(method)
    return used


def _values(node: ast.Call, names: dict[str, Any], where: str) -> Iterator[tuple[Any, int]]:
    flag_nodes = [each.value for each in node.keywords if each.arg == "flags"]
    if _function_of_re(node) == "compile":
        flag_nodes += node.args[1:2]
    try:
        pattern = _evaluated(node.args[0], names)
        flags = sum(int(_evaluated(each, names)) for each in flag_nodes)
    except NameError as error:
        made = MADE.get(where.partition(":")[0])
        if made is not None:
            yield made, 0
            return
        message = f"{where}: a pattern made of what only its run knows"
        raise AssertionError(message) from error
    yield pattern, flags


def _evaluated(node: ast.expr, names: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(node), "<pattern>", "eval"), dict(names))  # noqa: S307  # our own source


# -- a matcher that counts -------------------------------------------------------------------------


#: What a match goes on with; it returns where all ends.
Then = Callable[[int], "int | None"]


class TooManySteps(Exception):
    """It takes more than any pattern of ours should."""


class Matcher:
    """Matches as ``re`` does, by going back; counts each thing that it looks at."""

    def __init__(self, pattern: str, flags: int, *, most: int) -> None:
        self._tree = parser.parse(pattern, flags)
        self._flags = self._tree.state.flags | flags
        self._most = most
        self.steps = 0
        self._text = ""
        self._groups: dict[int, tuple[int, int]] = {}

    def cost(self, text: str, *, is_anchored: bool, is_full: bool) -> int:
        """Return the steps of looking for every match in ``text``, or for one at its beginning."""
        self.steps, self._text = 0, text
        at = 0

        def ended(end: int) -> int | None:
            return end if not is_full or end == len(text) else None

        while at <= len(text):
            self._groups = {}
            end = self._match(
                list(self._tree), at, lambda p: p if not is_full or p == len(text) else None
            )
            if is_anchored:
                break
            at = end if end is not None and end > at else at + 1
        return self.steps

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self._most:
            raise TooManySteps

    def _match(self, items: list[Any], at: int, then: Then) -> int | None:
        if not items:
            return then(at)
        (kind, value), rest = items[0], items[1:]
        self._step()
        match kind:
            case op.LITERAL | op.NOT_LITERAL | op.ANY | op.IN:
                return self._match(rest, at + 1, then) if self._is_one(kind, value, at) else None
            case op.AT:
                return self._match(rest, at, then) if self._is_at(value, at) else None
            case op.BRANCH:
                for branch in value[1]:
                    end = self._match([*branch, *rest], at, then)
                    if end is not None:
                        return end
                return None
            case op.SUBPATTERN:
                return self._group(value[0], list(value[3]), rest, at, then)
            case op.GROUPREF:
                begin, end = self._groups.get(value, (0, 0))
                same = self._text.startswith(self._text[begin:end], at)
                return self._match(rest, at + end - begin, then) if same else None
            case op.ASSERT | op.ASSERT_NOT:
                return self._look(kind is op.ASSERT, value, rest, at, then)
            case op.MAX_REPEAT | op.MIN_REPEAT:
                return self._repeat(kind is op.MAX_REPEAT, value, rest, at, then)
            case op.ATOMIC_GROUP:
                end = self._match(list(value), at, lambda p: p)
                return None if end is None else self._match(rest, end, then)
            case op.POSSESSIVE_REPEAT:
                end = self._repeat(True, value, [], at, lambda p: p)
                return None if end is None else self._match(rest, end, then)
        raise NotImplementedError(str(kind))

    def _group(
        self,
        number: Any,
        inner: list[Any],
        rest: list[Any],
        at: int,
        then: Then,
    ) -> int | None:
        def ended(end: int) -> int | None:
            if number is not None:
                self._groups[number] = (at, end)
            return self._match(rest, end, then)

        return self._match(inner, at, ended)

    def _look(
        self,
        is_wanted: bool,
        value: Any,
        rest: list[Any],
        at: int,
        then: Then,
    ) -> int | None:
        direction, inner = value
        begin = at
        if direction < 0:
            begin = at - inner.getwidth()[0]
        found = begin >= 0 and self._match(list(inner), begin, lambda p: p) is not None
        return self._match(rest, at, then) if found is is_wanted else None

    def _repeat(
        self,
        is_greedy: bool,
        value: Any,
        rest: list[Any],
        at: int,
        then: Then,
    ) -> int | None:
        least, most, inner = value
        most = len(self._text) + 1 if most is op.MAXREPEAT else most
        items = list(inner)
        if len(items) == 1 and items[0][0] in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
            return self._repeat_one(is_greedy, least, most, items[0], rest, at, then)

        def again(count: int, begin: int) -> int | None:
            self._step()

            def more() -> int | None:
                if count >= most:
                    return None
                # One that matched nothing is not tried again.
                return self._match(
                    items,
                    begin,
                    lambda p: again(count + 1, p) if p > begin or count < least else None,
                )

            if count < least:
                return more()
            end = more() if is_greedy else self._match(rest, begin, then)
            if end is not None:
                return end
            return self._match(rest, begin, then) if is_greedy else more()

        return again(0, at)

    def _repeat_one(
        self,
        is_greedy: bool,
        least: int,
        most: int,
        item: Any,
        rest: list[Any],
        at: int,
        then: Then,
    ) -> int | None:
        kind, value = item
        count = 0
        while count < (most if is_greedy else least) and self._is_one(kind, value, at + count):
            count += 1
            self._step()
        if count < least:
            return None
        while True:
            end = self._match(rest, at + count, then)
            if end is not None:
                return end
            self._step()
            if is_greedy:
                count -= 1
                if count < least:
                    return None
            else:
                if count >= most or not self._is_one(kind, value, at + count):
                    return None
                count += 1

    def _is_one(self, kind: Any, value: Any, at: int) -> bool:
        if at >= len(self._text):
            return False
        char = self._text[at]
        if kind is op.ANY:
            return char != "\n" or bool(self._flags & re.DOTALL)
        forms = {char, char.lower(), char.upper()} if self._flags & re.IGNORECASE else {char}
        if kind is op.LITERAL:
            return any(ord(each) == value for each in forms if len(each) == 1)
        if kind is op.NOT_LITERAL:
            return all(ord(each) != value for each in forms if len(each) == 1)
        return any(_is_in(value, each) for each in forms if len(each) == 1)

    def _is_at(self, value: Any, at: int) -> bool:
        text = self._text
        match value:
            case op.AT_BEGINNING if self._flags & re.MULTILINE:
                return at == 0 or text[at - 1] == "\n"
            case op.AT_END if self._flags & re.MULTILINE:
                return at == len(text) or text[at] == "\n"
            case op.AT_BEGINNING | op.AT_BEGINNING_STRING:
                return at == 0
            case op.AT_END:
                return at == len(text) or (at == len(text) - 1 and text[at] == "\n")
            case op.AT_END_STRING:
                return at == len(text)
            case op.AT_BOUNDARY | op.AT_NON_BOUNDARY:
                sides = (text[at - 1 : at], text[at : at + 1])
                left, right = (bool(each) and (each.isalnum() or each == "_") for each in sides)
                return (left != right) is (value is op.AT_BOUNDARY)
        raise NotImplementedError(str(value))


def _is_in(value: Any, char: str) -> bool:
    is_negated = bool(value) and value[0][0] is op.NEGATE
    found = any(_is_item(kind, item, char) for kind, item in value if kind is not op.NEGATE)
    return found is not is_negated


_CLASSES: dict[Any, Callable[[str], bool]] = {
    op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    op.CATEGORY_DIGIT: str.isdecimal,
    op.CATEGORY_NOT_DIGIT: lambda char: not char.isdecimal(),
    op.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    op.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
}


def _is_item(kind: Any, item: Any, char: str) -> bool:
    match kind:
        case op.LITERAL:
            return ord(char) == int(item)
        case op.RANGE:
            least, most = item
            return int(least) <= ord(char) <= int(most)
        case op.CATEGORY:
            return bool(_CLASSES[item](char))
    raise NotImplementedError(str(kind))


# -- texts made of a pattern's own parts -----------------------------------------------------------

#: What most sets hold, one of each kind: the first that a set takes stands for it.
_CHARS = "a1 -x<>\"'=/\n`_&;:.\\\x00“「"


def parts_of(pattern: str, flags: int) -> tuple[list[str], list[str]]:
    """Return what repeats may be given again and again, and what may stand before them."""
    tree = parser.parse(pattern, flags)
    atoms: dict[str, None] = {}
    before: dict[str, None] = {"": None}

    def visit(items: Any, prefix: str) -> None:
        so_far = prefix
        for kind, value in items:
            for inner in _inside(kind, value):
                visit(inner, so_far)
                sample = _sample(inner)
                if sample:
                    atoms.setdefault(sample)
                if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
                    before.setdefault(so_far)
                    if so_far:
                        atoms.setdefault(so_far)
            alone = _sample([(kind, value)])
            if alone:
                atoms.setdefault(alone)
            so_far += alone
        if so_far:
            atoms.setdefault(so_far)

    visit(tree, "")
    return [each for each in atoms if len(each) <= 40][:16], list(before)[:4]


def _inside(kind: Any, value: Any) -> list[Any]:
    match kind:
        case op.BRANCH:
            return list(value[1])
        case op.SUBPATTERN:
            return [value[3]]
        case op.MAX_REPEAT | op.MIN_REPEAT | op.POSSESSIVE_REPEAT:
            return [value[2]]
        case op.ASSERT | op.ASSERT_NOT:
            return [value[1]]
        case op.ATOMIC_GROUP:
            return [value]
    return []


def _sample(items: Any) -> str:
    out = ""
    for kind, value in items:
        match kind:
            case op.LITERAL:
                out += chr(value)
            case op.NOT_LITERAL:
                out += next(char for char in _CHARS if ord(char) != value)
            case op.ANY:
                out += "a"
            case op.IN:
                out += next((char for char in _CHARS if _is_in(value, char)), _first(value))
            case op.MAX_REPEAT | op.MIN_REPEAT | op.POSSESSIVE_REPEAT:
                out += _sample(value[2]) * max(value[0], 1 if value[1] else 0)
            case op.BRANCH:
                out += _sample(value[1][0])
            case op.SUBPATTERN:
                out += _sample(value[3])
            case op.ATOMIC_GROUP:
                out += _sample(value)
            case _:
                pass
    return out


def _first(value: Any) -> str:
    kind, item = value[0]
    return chr(item if kind is op.LITERAL else item[0] if kind is op.RANGE else 0x4E2D)


def texts(pattern: str, flags: int) -> Iterator[Callable[[int], str]]:
    """Yield texts by how often their middle is repeated."""
    atoms, before = parts_of(pattern, flags)
    whole = _sample(parser.parse(pattern, flags))
    middles = [*atoms, *(a + b for a, b in product(atoms[:5], repeat=2) if a != b)]
    for middle in middles:
        for first in before:
            for last in ("", "\x00", " ", whole[-12:]):
                yield lambda n, first=first, middle=middle, last=last: first + middle * n + last  # type: ignore[misc]


#: How often the middle of a text is repeated. What seems to grow too fast is looked at again with
#: more: ``{1,64}`` is a square up to 64, and none from there on.
FEW, MANY = 8, 100


def worst_growth(found: Found, *, most: float = 2.6) -> tuple[float, str]:
    """Return how many times more steps twice the text takes, at worst, and that text."""
    worst, text = 0.0, ""
    for make in texts(found.pattern, found.flags):
        growth = _growth(found, make, FEW, 30_000)
        if growth > most:
            growth = _growth(found, make, MANY, 1_000_000)
        if growth > worst:
            worst, text = growth, make(3)
        if worst > most:
            break
    return worst, text


def _growth(found: Found, make: Callable[[int], str], count: int, most: int) -> float:
    matcher = Matcher(found.pattern, found.flags, most=most)
    try:
        costs = [
            matcher.cost(
                make(n),
                is_anchored=found.uses <= ANCHORED,
                is_full="fullmatch" in found.uses,
            )
            for n in (count, 2 * count, 4 * count)
        ]
    except (TooManySteps, RecursionError):
        return float("inf")
    first, second = costs[1] - costs[0], costs[2] - costs[1]
    return second / first if first > count else 0.0
