"""No regular expression of the server takes more than in proportion to the text."""

from __future__ import annotations

import pytest

from tests.patterns import Found, Matcher, patterns, worst_growth

ALL = list(patterns())
#: Twice the text takes twice the steps; a square takes four times as many.
MOST = 2.6


@pytest.mark.parametrize("found", ALL, ids=[each.where for each in ALL])
def test_a_pattern_costs_what_its_text_does(found: Found) -> None:
    """On texts made of its own parts, repeated; steps are counted, no clock is read."""
    growth, text = worst_growth(found)
    assert growth <= MOST, f"{found.pattern!r} takes {growth:.1f} times as long on {text!r}…"


@pytest.mark.parametrize(
    ("pattern", "is_bad"),
    [
        (r"(?:<!--.*?-->\s*)*<svg", True),
        (r"(a+)+b", True),
        (r"<title[^>]*>(.*?)</title>", True),
        (r"\s+$", True),
        (r"([a-z-]+)=", True),
        (r"[a-z]+", False),
        (r"<[a-z]+>", False),
        (r"(?:^|;)\s*x", False),
        (r"a|b|[c-f]{1,9}", False),
    ],
)
def test_the_measure_tells_them_apart(pattern: str, is_bad: bool) -> None:
    """Known bad ones are found by their own parts; known good ones pass."""
    growth, _ = worst_growth(Found("here", pattern, 0, frozenset({"search"})))
    assert (growth > MOST) is is_bad


def test_the_matcher_counts_what_it_does() -> None:
    """A text twice as long takes twice the steps of a plain run."""
    matcher = Matcher("a*b", 0, most=10_000)
    few, many = (matcher.cost("a" * n, is_anchored=True, is_full=False) for n in (100, 200))
    assert 1.8 < many / few < 2.2


def test_all_are_found() -> None:
    """Those that were the trouble, and more than thirty in all."""
    assert len(ALL) > 30
    assert any("attachments.selectors" in each.where for each in ALL)
