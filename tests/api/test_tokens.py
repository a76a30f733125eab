from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from collab.accounts.models import ApiToken
from collab.accounts.tokens import token_create, user_for_token
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_a_token_names_its_person() -> None:
    """What token_create returns is what user_for_token takes, and nothing near it."""
    ann, bob = make_user(), make_user()
    token = token_create(ann)
    token_create(bob)
    assert user_for_token(token) == ann
    assert user_for_token(token[:-1]) is None
    assert user_for_token(token[:15] + "0" * (len(token) - 15)) is None


@pytest.mark.parametrize("token", ["", " ", "a\x00b", "ключ", "\ud800", "x" * 10_000])
def test_no_text_is_an_error(token: str) -> None:
    """Anything can stand in a header; it names nobody."""
    assert user_for_token(token) is None


def test_an_expired_token_names_nobody() -> None:
    """A token ends at its expiry."""
    token = token_create(make_user())
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert user_for_token(token) is None


def test_a_suspended_person_has_no_token() -> None:
    """A token of somebody who may not sign in names nobody."""
    assert user_for_token(token_create(make_user(is_active=False))) is None
