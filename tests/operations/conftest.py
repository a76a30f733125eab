from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_reader


@pytest.fixture
def root() -> Client:
    """A browser in which a superuser is signed in who was given the right to read text."""
    client = Client()
    client.force_login(make_reader("root", is_superuser=True))
    return client
