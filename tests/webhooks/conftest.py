from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_django import Settings

from collab.accounts.models import User
from tests.factories import make_user
from tests.webhooks.receiver import Receiver, receiving


@pytest.fixture
def ann(db: None) -> User:
    return make_user("ann", display_name="Ann", email="ann@example.org")


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """A receiver on this machine, which may be called; edits are told at once."""
    settings.ENV = replace(settings.ENV, webhook_allow_private=True, webhook_edit_s=0.0)
    with receiving() as receiver:
        yield receiver
