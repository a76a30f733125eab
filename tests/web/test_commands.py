from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from collab.accounts.tokens import user_for_token
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_create_token_prints_the_token_and_nothing_else() -> None:
    """A script takes the output as it is."""
    ann = make_user("ann")
    out = StringIO()
    call_command("create_token", "ann", stdout=out)
    token = out.getvalue().removesuffix("\n")
    assert user_for_token(token) == ann


def test_create_token_for_nobody() -> None:
    """Unknown and inactive people get a sentence, not a token."""
    make_user("gone", is_active=False)
    for name in ("nobody", "gone"):
        with pytest.raises(CommandError, match="no active person"):
            call_command("create_token", name)
