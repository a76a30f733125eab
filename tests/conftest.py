"""What all tests share: ``needs`` skips by name what this machine has no part for; CI fails it.

``make test`` runs parts of the suite, chosen by mark: what lies in ``system`` or ``e2e`` has its
mark by that, so that no test with a server is taken for one without.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.parts import IN_CI, missing

# How long an example takes is the machine's affair: it is under load when tests run in parallel.
settings.register_profile(
    "scriptorium", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("scriptorium")


def require(*parts: str) -> None:
    """Skip the running test where a part is missing; fail it in CI."""
    for part in parts:
        reason = missing(part)
        if reason and IN_CI:
            pytest.fail(reason)
        elif reason:
            pytest.skip(reason)


def pytest_itemcollected(item: pytest.Item) -> None:
    for part in ("system", "e2e"):
        if f"tests/{part}/" in item.nodeid:
            item.add_marker(part)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        require(*mark.args)
