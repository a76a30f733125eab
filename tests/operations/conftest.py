from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_user


@pytest.fixture
def root() -> Client:
    """A browser in which a superuser is signed in."""
    client = Client()
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    return client
