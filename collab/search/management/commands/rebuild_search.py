"""``manage.py rebuild_search``: index every document anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from collab.documents.models import Document
from collab.search.services import document_index

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Make the index anew from the log, while the server runs or not."""

    help = "Index every document anew. Safe at any time; searches go on meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Nothing but the document to begin with."""
        parser.add_argument("--document", help="only this one, by its id")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through all documents."""
        documents = Document.objects.order_by("pk")
        if options["document"]:
            documents = documents.filter(pk=options["document"])
        done = sum(document_index(each) is not None for each in documents.iterator(chunk_size=200))
        if options["verbosity"]:
            self.stdout.write(f"{done} documents are indexed.")
