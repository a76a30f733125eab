"""What is indexed and what is asked for, without a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.search.terms import MAX_QUERY_TERMS, composed, fold, parse_query, terms_of


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The Quick, brown-fox", ["the", "quick", "brown", "fox"]),
        ("Café Ｆｕｌｌ ÅNGSTRÖM", ["cafe", "full", "angstrom"]),
        ("数据库", ["数据", "据库", "库"]),
        ("用iPhone写", ["用", "iphone", "写"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー", "ー"]),
        ("한국어 문서", ["한국", "국어", "어", "문서", "서"]),
        ("snake_case 3.14", ["snake", "case", "3", "14"]),
        ("", []),
        ("\U0001f600 — !", []),
    ],
)
def test_terms(text: str, terms: list[str]) -> None:
    assert list(terms_of(fold(composed(text)))) == terms


@given(st.text())
def test_folding_keeps_every_place(text: str) -> None:
    """A place in the folded text is a place in the text; folding twice changes nothing."""
    folded = fold(text)
    assert len(folded) == len(text)
    assert fold(folded) == folded


def test_a_query_asks_for_beginnings_pairs_and_phrases() -> None:
    assert parse_query("Plan 2027").prefixes == ("plan", "2027")
    assert parse_query("库").prefixes == ("库",)
    assert parse_query("数据").prefixes == ("数据",)
    whole = parse_query("数据库")
    assert (whole.prefixes, whole.phrases) == (("数据", "据库"), ("数据库",))
    quoted = parse_query("“release  notes” draft")
    assert (quoted.prefixes, quoted.phrases) == (("release", "notes", "draft"), ("release notes",))
    assert parse_query("?! --").is_empty
    assert len(parse_query(" ".join(f"w{n}" for n in range(99))).prefixes) == MAX_QUERY_TERMS


@given(st.text(max_size=60))
def test_whatever_is_typed_its_terms_are_letters_and_digits(typed: str) -> None:
    """The adapters put terms between quotes: none may end one."""
    for term in parse_query(typed).prefixes:
        assert term
        assert not set(term) & set("\"'\\:*&|!() \x00")
