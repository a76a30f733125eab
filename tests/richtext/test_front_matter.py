"""The head of a Markdown file is told from a rule with words behind it."""

from __future__ import annotations

import pytest

from collab.richtext.front_matter import FrontMatter, split_front_matter


@pytest.mark.parametrize(
    ("source", "head", "rest"),
    [
        ("---\ntitle: A\n---\nb", FrontMatter("A"), "b"),
        ("---\r\ntags: a, b\r\n...\r\nc", FrontMatter("", ("a", "b")), "c"),
        ("---\ntags:\n  - '#x'\n  - y z\n---\n", FrontMatter("", ("x", "y z")), ""),
        ("---\na: 1\ntitle: 7\nb: [2]\n---\n", FrontMatter("7", (), "a: 1\nb: [2]"), ""),
        ("---\ntitle: [a]\n---\n", FrontMatter("", (), "title: [a]"), ""),
        # No heads: a rule, words that are no mapping, broken YAML, one that never ends, aliases.
        ("---\n\nwords\n\n---\n", None, None),
        ("---\n---\nx", None, None),
        ("---\na: b: c\n---\n", None, None),
        ("---\ntitle: A\n", None, None),
        ("---\na: &x [1]\nb: [*x, *x]\n---\n", None, None),
        ("text\n---\ntitle: A\n---\n", None, None),
    ],
)
def test_heads(source: str, head: FrontMatter | None, rest: str | None) -> None:
    expected = (head, rest) if head else (FrontMatter(), source.replace("\r\n", "\n"))
    assert split_front_matter(source) == expected
