"""Pieces of text: joined they are the text, and none halves what people see as one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.richtext.segments import graphemes, words


@given(st.text())
def test_nothing_is_lost(text: str) -> None:
    assert "".join(graphemes(text)) == text
    assert "".join(words(text)) == text


@pytest.mark.parametrize(
    "whole",
    ["e\u0301", "👩‍👩‍👧", "👍🏽", "🇨🇳", "❤️", "각", "ก็", "\r\n", "🏴\U000e0067\U000e007f"],
)
def test_what_people_see_as_one_is_one(whole: str) -> None:
    assert graphemes(f"a{whole}b{whole}") == ["a", whole, "b", whole]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Two words, too.", ["Two", " ", "words", ",", " ", "too", "."]),
        ("我们 write 文档", ["我", "们", " ", "write", " ", "文", "档"]),
        ("snake_case x2", ["snake_case", " ", "x2"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("🇨🇳🇫🇷🇩", ["🇨🇳", "🇫🇷", "🇩"]),
    ],
)
def test_words(text: str, pieces: list[str]) -> None:
    assert words(text) == pieces
