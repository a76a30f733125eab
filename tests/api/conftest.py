from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.accounts.tokens import token_create
from tests.factories import make_user


@pytest.fixture
def ann() -> User:
    return make_user("ann", display_name="Ann", email="ann@example.org")


@pytest.fixture
def bob() -> User:
    return make_user("bob", display_name="Bob", email="bob@example.org")


def client_of(user: User) -> APIClient:
    """Return a program that carries ``user``'s token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_create(user)}")
    return client


@pytest.fixture
def api(ann: User) -> APIClient:
    """Ann's program."""
    return client_of(ann)
