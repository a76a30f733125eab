"""``manage.py compact``: make documents open quickly now, not at the next turn of the chore."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collab.crdt.doc import CrdtFailure
from collab.documents.selectors import document_get
from collab.history.compaction import documents_to_compact
from collab.history.models import Checkpoint
from collab.history.update_log import DatabaseUpdateLog
from collab.types import DocumentId


class Command(BaseCommand):
    """Write checkpoints; records are never removed."""

    help = "Write a checkpoint of a document, or of all whose log has grown; records stay."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare which documents."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("document", nargs="?", help="a document's id")
        which.add_argument("--all", action="store_true", help="all whose log has grown")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Compact, one document after the other; one that cannot be is named, the others go on.

        Raises:
            CommandError: there is no such document, or one could not be compacted.
        """
        if options["all"]:
            chosen = documents_to_compact(at_least=1)
        else:
            document = document_get(options["document"])
            if document is None:
                raise CommandError(f"There is no document {options['document']}.")
            chosen = [DocumentId(document.pk)]
        failed = 0
        log = DatabaseUpdateLog()
        for document_id in chosen:
            try:
                seq = log.checkpoint(document_id)
            except CrdtFailure as error:
                failed += 1
                self.stderr.write(f"{document_id}: {error}")
                continue
            stored = Checkpoint.objects.filter(pk=document_id).first()
            size = 0 if stored is None else len(stored.state)
            self.stdout.write(f"{document_id}: {seq:,} records in a state of {size:,} bytes")
        if failed:
            raise CommandError(f"{failed} of {len(chosen)} documents could not be compacted.")
        self.stdout.write(f"{len(chosen)} documents compacted.")
