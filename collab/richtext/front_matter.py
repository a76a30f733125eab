"""The YAML at the head of Markdown files, as note-taking programs and site builders write it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

#: Longer heads are no heads: YAML is read in time that grows faster than its size.
MAX_CHARS = 20_000
_HEAD = re.compile(r"\ufeff?---[ \t]*\n(?P<yaml>.*?\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY = re.compile(r"(?m)^(?P<key>[A-Za-z_][\w -]*):")
_TAG_LISTS = frozenset({"tags", "tag", "keywords"})


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the head of a file says of the document."""

    title: str = ""
    tags: tuple[str, ...] = ()
    #: The lines that say anything else, as they stand.
    rest: str = ""


def split_front_matter(source: str) -> tuple[FrontMatter, str]:
    """Return what the head says, and the Markdown behind it; all is Markdown where there is none.

    A rule with words behind it is no head: YAML makes no mapping of them.
    """
    source = source.replace("\r\n", "\n")
    found = _HEAD.match(source[: MAX_CHARS + 10])
    if found is None:
        return FrontMatter(), source
    lines = found["yaml"] or ""
    if "&" in lines and "*" in lines:
        return FrontMatter(), source  # aliases: a small text can say a large one
    try:
        said = yaml.safe_load(lines)
    except (yaml.YAMLError, ValueError, RecursionError):
        return FrontMatter(), source
    if not isinstance(said, dict) or not said:
        return FrontMatter(), source
    title = said.get("title")
    tags = tuple(tag for name in said if name in _TAG_LISTS for tag in _tags(said[name]))
    taken = {name for name in said if name in _TAG_LISTS and _tags(said[name])}
    if isinstance(title, str | int | float) and str(title).strip():
        taken.add("title")
    head = FrontMatter(
        " ".join(str(title).split()) if "title" in taken else "",
        tags,
        _without(lines, taken).strip("\n"),
    )
    return head, source[found.end() :]


def _tags(value: object) -> list[str]:
    if isinstance(value, str):
        value = re.split(r"[,\s]+", value)
    if not isinstance(value, list):
        return []
    return [str(tag).strip().lstrip("#") for tag in value if isinstance(tag, str | int | float)]


def _without(lines: str, keys: set[str]) -> str:
    """Return the lines without those of the keys."""
    starts = [(m.start(), m["key"]) for m in _KEY.finditer(lines)]
    ends = [start for start, _key in starts[1:]] + [len(lines)]
    head = lines[: starts[0][0]] if starts else lines
    kept = (
        lines[start:end] for (start, key), end in zip(starts, ends, strict=True) if key not in keys
    )
    return head + "".join(kept)
