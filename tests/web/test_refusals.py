from __future__ import annotations

import pytest
from django.test import Client

from collab.accounts.models import User

pytestmark = pytest.mark.django_db


def test_a_form_from_another_address_is_told_both_addresses(ann: User) -> None:
    """A proxy that drops the port refuses every form: the page says what the server saw."""
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(ann)
    answer = visitor.post(
        "/new/", headers={"origin": "https://localhost:8443", "host": "localhost"}
    )
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "https://localhost:8443" in page
    assert "the server answers as http://localhost." in page
    assert "must pass on the host with its port" in page
    assert "cookies" not in page
