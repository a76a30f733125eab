from __future__ import annotations

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    """A model that changed has its migration."""
    call_command("makemigrations", "accounts", "documents", "history", check=True, dry_run=True)
