"""HTML as tokens: tags with their attributes, and text; the WHATWG's rules, in one pass.

Each step goes forward, and what never ends is read to the end of the source once, so that the cost
is that of the source. What is in comments, scripts, styles and titles is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from html.entities import html5

_LETTER = re.compile(r"[A-Za-z]")
_NAME = re.compile(r"[^\t\n\f\r />]+")
_GAP = re.compile(r"[\t\n\f\r /]*")
_ATTRIBUTE = re.compile(r"[^\t\n\f\r />][^\t\n\f\r />=]*")
_EQUALS = re.compile(r"[\t\n\f\r ]*=[\t\n\f\r ]*")
_PLAIN_VALUE = re.compile(r"[^\t\n\f\r >]*")
_COMMENT_END = re.compile(r"--!?>")
#: Names may lack the semicolon; one that stands before "=" or a letter is part of an address then.
_REFERENCE = re.compile(r"&(#[0-9]+;?|#[xX][0-9A-Fa-f]+;?|[A-Za-z][A-Za-z0-9]*;?)(=?)")
#: Whose content is no markup; of the last two it is text that people see.
_RAW_END = re.compile(
    r"</(script|style|title|iframe|noembed|noframes|textarea|xmp)(?=[\t\n\f\r />])", re.IGNORECASE
)
_SHOWN = frozenset({"textarea", "xmp"})
_RAW = _SHOWN | {"script", "style", "title", "iframe", "noembed", "noframes"}


@dataclass(frozen=True, slots=True)
class Text:
    """What is between tags, its character references read."""

    text: str


@dataclass(frozen=True, slots=True)
class Start:
    """A tag that begins an element."""

    name: str
    attrs: Mapping[str, str] = field(default_factory=dict)
    #: Whether it is written as one that ends at once.
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """A tag that ends an element."""

    name: str


def html_tokens(source: str) -> Iterator[Text | Start | End]:
    """Yield the tokens of ``source``, in order."""
    at, end = 0, len(source)
    while at < end:
        begin = source.find("<", at)
        if begin < 0:
            begin = end
        if begin > at:
            yield Text(unescape(source[at:begin]))
        if begin == end:
            return
        at = begin + 1
        following = source[at : at + 1]
        if _LETTER.match(following):
            name, attrs, is_empty, at = _tag(source, at)
            if at < 0:
                return
            yield Start(name, attrs, is_empty)
            if name in _RAW:
                ends = _RAW_END.finditer(source, at)
                until = next((each.start() for each in ends if each[1].lower() == name), end)
                if name in _SHOWN and until > at:
                    yield Text(source[at:until])
                at = until
        elif following == "/" and _LETTER.match(source, at + 1):
            name, _attrs, _is_empty, at = _tag(source, at + 1)
            if at < 0:
                return
            yield End(name)
        elif source.startswith("!--", at):
            # The end may overlap the beginning: `<!-->` is a whole comment.
            closing = _COMMENT_END.search(source, at + 1)
            if closing is None:
                return
            at = closing.end()
        elif following in ("!", "?", "/") and following:
            at = source.find(">", at) + 1
            if at == 0:
                return
        else:
            yield Text("<")


def _tag(source: str, at: int) -> tuple[str, dict[str, str], bool, int]:
    """Return a tag whose name begins at ``at``, and where it ends; -1: nowhere."""
    named = _NAME.match(source, at)
    name = named[0].lower() if named else ""
    at = named.end() if named else at
    attrs: dict[str, str] = {}
    end = len(source)
    while True:
        gap = _GAP.match(source, at)
        at = gap.end() if gap else at
        if at >= end:
            return name, attrs, False, -1
        if source[at] == ">":
            return name, attrs, source[at - 1] == "/", at + 1
        found = _ATTRIBUTE.match(source, at)
        key = found[0].lower() if found else ""
        at = found.end() if found else at + 1
        value, at = _value(source, at)
        if at < 0:
            return name, attrs, False, -1
        attrs.setdefault(key, value)


def _value(source: str, at: int) -> tuple[str, int]:
    equals = _EQUALS.match(source, at)
    if equals is None:
        return "", at
    at = equals.end()
    quote = source[at : at + 1]
    if quote in ('"', "'") and quote:
        end = source.find(quote, at + 1)
        if end < 0:
            return "", -1
        return _referenced(source[at + 1 : end]), end + 1
    plain = _PLAIN_VALUE.match(source, at)
    return (_referenced(plain[0]), plain.end()) if plain else ("", at)


def _referenced(value: str) -> str:
    return _REFERENCE.sub(_read, value) if "&" in value else value


def _read(found: re.Match[str]) -> str:
    name, equals = found[1], found[2]
    is_whole = name.endswith(";") or name.startswith("#") or (not equals and name in html5)
    return unescape(f"&{name}") + equals if is_whole else found[0]


_RUNNING = frozenset({"script", "iframe", "object", "embed"})
_RUNNING_SCHEMES = ("javascript:", "vbscript:")


def what_runs(source: str) -> str:
    """Return the name of what would run in a browser that showed ``source``; empty: nothing."""
    for token in html_tokens(source):
        if not isinstance(token, Start):
            continue
        if token.name in _RUNNING:
            return token.name
        for name, value in token.attrs.items():
            if name.startswith("on") and name.isalpha():
                return name
            address = "".join(value.split()).lower()
            for scheme in _RUNNING_SCHEMES:
                if address.startswith(scheme):
                    return scheme.removesuffix(":")
    return ""
