"""What all tests share: ``needs`` skips by name what this machine has no part for; CI fails it."""

from __future__ import annotations

import pytest

from tests.parts import IN_CI, missing


def require(*parts: str) -> None:
    """Skip the running test where a part is missing; fail it in CI."""
    for part in parts:
        reason = missing(part)
        if reason and IN_CI:
            pytest.fail(reason)
        elif reason:
            pytest.skip(reason)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        require(*mark.args)
