"""``manage.py setup_demo``: two accounts and a document to try. Safe to run again."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.templatetags.static import static

from collab.accounts.demo import DEMO_PASSWORD, DEMO_USERNAMES
from collab.accounts.models import User
from collab.documents.models import Document, Role
from collab.documents.services import document_create, member_set
from collab.history.services import document_seed
from collab.richtext.formats import parse

if TYPE_CHECKING:
    from collab.richtext.tree import Node

#: Fixed, so that a second run finds the document whatever it is called by then.
DEMO_DOCUMENT_ID = uuid.UUID("5c217019-de00-4d0c-8a11-000000000001")
TITLE = "Welcome to Scriptorium · 欢迎"
CONTENT = Path(__file__).with_name("demo_document.html")


class Command(BaseCommand):
    """Make what a first look needs."""

    help = "Make the accounts demo and demo2 and a document that they share."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing; leave alone what is there.

        Raises:
            CommandError: the settings do not allow demo accounts.
        """
        if not settings.DEMO_ACCOUNTS_ALLOWED:
            raise CommandError(
                "These settings do not allow demo accounts: their password is known to everybody."
            )
        with transaction.atomic():
            owner, other = (_account(username) for username in DEMO_USERNAMES)
            if not Document.objects.filter(pk=DEMO_DOCUMENT_ID).exists():
                document = document_create(owner=owner, title=TITLE, document_id=DEMO_DOCUMENT_ID)
                document_seed(document=document, content=_content(), author=owner)
                member_set(document=document, user=other, role=Role.EDITOR)
        if options["verbosity"]:
            names = " and ".join(DEMO_USERNAMES)
            self.stdout.write(f"Demo accounts {names}, password {DEMO_PASSWORD}.")


def _account(username: str) -> User:
    user, is_new = User.objects.get_or_create(
        username=username, defaults={"display_name": username.capitalize()}
    )
    if is_new:
        user.set_password(DEMO_PASSWORD)
        user.save(update_fields=["password"])
    return user


def _content() -> Node:
    source = CONTENT.read_text(encoding="utf-8")
    return parse(source.replace("{{ image }}", static("images/welcome.svg")), "html")
