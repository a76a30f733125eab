"""The cache that forgets nothing before its time, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from collab.accounts.counters import CounterCache, forget_old_counters
from collab.accounts.models import Counter

# A table that knox makes and we do not use refers to people: PostgreSQL empties both or neither.
_all = list(settings.INSTALLED_APPS) if connection.vendor == "postgresql" else None
pytestmark = pytest.mark.django_db


@pytest.fixture
def counters() -> CounterCache:
    return CounterCache("", {})


def make_old(key: str) -> None:
    rows = Counter.objects.filter(key__endswith=f":{key}")
    assert rows.update(expires_at=timezone.now() - timedelta(seconds=1)) == 1


def test_it_is_what_allauth_counts_in() -> None:
    assert cache.add("a", 1) is True
    assert Counter.objects.count() == 1


def test_it_is_a_cache(counters: CounterCache) -> None:
    assert counters.get("a") is None
    assert counters.get("a", [7]) == [7]
    counters.set("a", [1.5, 2], 60)
    assert counters.get("a") == [1.5, 2]
    counters.set("a", [], None)
    assert counters.get("a", [7]) == []
    assert counters.incr_version("a") == 2
    assert counters.get("a", version=2) == []
    assert counters.touch("a", 60, version=2) is True
    assert counters.touch("b") is False
    assert (counters.delete("a", version=2), counters.delete("a")) == (True, False)
    counters.set("c", 1)
    counters.clear()
    assert counters.get("c") is None


def test_what_is_over_is_gone(counters: CounterCache) -> None:
    counters.set("a", 1)
    make_old("a")
    assert counters.get("a") is None
    assert counters.touch("a") is False
    counters.set("b", 2, 0)
    assert counters.get("b") is None
    counters.set("c", 3)
    forget_old_counters()
    assert [each.value for each in Counter.objects.all()] == ["3"]


def test_one_is_added_once(counters: CounterCache) -> None:
    """Until its time is over: then the next is the first again."""
    assert counters.add("a", 1) is True
    assert counters.add("a", 2) is False
    assert counters.get("a") == 1
    make_old("a")
    assert counters.add("a", 3) is True
    assert counters.get("a") == 3


def test_nothing_live_is_pushed_out(counters: CounterCache) -> None:
    counters.set("first", 1)
    for number in range(1_000):
        counters.set(f"other-{number}", number)
    assert counters.get("first") == 1
    assert Counter.objects.count() == 1_001


@pytest.mark.django_db(transaction=True, available_apps=_all)
def test_of_many_at_once_one_is_first(counters: CounterCache) -> None:
    """A code that is used by eight at the same moment is used once."""

    def add(number: int) -> bool:
        try:
            return counters.add("code", number)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(add, range(8))) == [False] * 7 + [True]
