from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A page in another language leaves that language on in its thread: each test starts anew."""
    with translation.override("en"):
        yield
