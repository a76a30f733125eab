"""``manage.py suspend <user>``: the account can sign in no more; open pages of it close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from collab.accounts.models import User
from collab.accounts.services import person_suspend

if TYPE_CHECKING:
    import argparse


class Command(BaseCommand):
    """Suspend a person."""

    help = "Suspend an account: its sessions and sockets end, and nobody signs in to it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare whom."""
        parser.add_argument("username")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Suspend the person.

        Raises:
            CommandError: there is none of this name.
        """
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"there is nobody called {options['username']}")
        person_suspend(user=user, actor=None)
        self.stdout.write(f"{user.username} is suspended.")
