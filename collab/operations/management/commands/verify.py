"""``manage.py verify``: whether logs replay to the states that are served."""

from __future__ import annotations

import argparse
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from collab.documents.models import Document
from collab.history.verifying import log_verify
from collab.types import DocumentId


class Command(BaseCommand):
    """Replay logs and compare."""

    help = "Replay the log of each document (or of those named) and compare with what is served."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare which documents."""
        parser.add_argument("documents", nargs="*", type=UUID, metavar="document")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Say each document that is not well, and how many were looked at.

        Raises:
            CommandError: one is not well, or is not there.
        """
        wanted: list[UUID] = options["documents"]
        found = Document.objects.order_by("created_at").values_list("pk", flat=True)
        keys = list(found.filter(pk__in=wanted) if wanted else found)
        if missing := set(wanted) - set(keys):
            raise CommandError(f"no such document: {min(missing)}")
        bad = 0
        for key in keys:
            verification = log_verify(DocumentId(key))
            if verification.problem is not None:
                bad += 1
                self.stderr.write(f"{key}: {verification.problem}")
            if verification.changed_values:
                self.stdout.write(
                    f"{key}: {verification.changed_values} values (BigInt, -0, or the meta of a "
                    "subdocument) are others than were sent: see docs/protocol.md"
                )
        self.stdout.write(f"{len(keys)} documents, {bad} not well")
        if bad:
            raise CommandError("A log does not replay to the state that is served.")
