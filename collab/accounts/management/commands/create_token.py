"""``manage.py create_token <user>``: an API token on standard output, for scripts to take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from collab.accounts.models import User
from collab.accounts.tokens import token_create

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Make an API token."""

    help = "Make an API token for a person and print it, and nothing else."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say which arguments there are."""
        parser.add_argument("user", help="user name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token and print it.

        Raises:
            CommandError: there is no active person of that name.
        """
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active person with the user name {options['user']!r}.")
        self.stdout.write(token_create(user, is_by_server=True))
