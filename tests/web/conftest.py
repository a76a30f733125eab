from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import translation

from collab.accounts.models import User
from tests.factories import make_user


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A page in another language leaves that language on in its thread: each test starts anew."""
    with translation.override("en"):
        yield


@pytest.fixture
def ann() -> User:
    return make_user("ann", display_name="Ann")


@pytest.fixture
def visitor(ann: User) -> Client:
    """A browser in which Ann is signed in."""
    visitor = Client()
    visitor.force_login(ann)
    return visitor
