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
        ("\U0001f600 — !", ["\ua66e1f600"]),
        (
            "go\U0001f468\u200d\U0001f469\ufe0fnow →",
            ["go", "\ua66e1f468", "\ua66e1f469", "now", "\ua66e2192"],
        ),
        ("Straße Malmø Œuvre", ["strasse", "malmo", "oeuvre"]),
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


def asked(typed: str) -> list[list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    return [
        [(each.prefixes, each.phrases) for each in group] for group in parse_query(typed).groups
    ]


def test_a_query_asks_for_beginnings_pairs_and_phrases() -> None:
    assert asked("Plan 2027") == [[(("plan",), ())], [(("2027",), ())]]
    assert asked("库") == [[(("库",), ())]]
    assert asked("数据") == [[(("数据",), ())]]
    assert asked("数据库") == [[(("数据", "据库"), ("数据库",))]]
    assert asked("“release  notes” draft") == [
        [(("release", "notes"), ("release notes",))],
        [(("draft",), ())],
    ]
    assert asked("计划“发布”") == [[(("计划",), ())], [(("发布",), ("发布",))]]
    assert parse_query("?! --").is_empty
    assert len(parse_query(" ".join(f"w{n}" for n in range(99))).groups) == MAX_QUERY_TERMS


def test_a_query_shuts_out_and_leaves_a_choice() -> None:
    query = parse_query('quick OR "slow fox" brown -lazy -"old dog"')
    assert [len(group) for group in query.groups] == [2, 1]
    assert [each.prefixes for each in query.without] == [("lazy",), ("old", "dog")]
    assert [each.is_term for each in query.without] == [True, False]
    assert query.marks == ("quick", "slow", "fox", "brown")
    assert parse_query("-lazy").is_empty
    assert asked("well-known OR") == [[(("well", "known"), ())]]
    assert asked("OR a") == [[(("a",), ())]]
    assert asked("this or that") == [[(("this",), ())], [(("or",), ())], [(("that",), ())]]


@given(st.text(max_size=60))
def test_whatever_is_typed_its_terms_are_letters_and_digits(typed: str) -> None:
    """The adapters put terms between quotes: none may end one."""
    query = parse_query(typed)
    everything = [*(each for group in query.groups for each in group), *query.without]
    for term in (term for each in everything for term in each.prefixes):
        assert term
        assert not set(term) & set("\"'\\:*&|!() \x00")
