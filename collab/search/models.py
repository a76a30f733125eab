"""What the search knows of each document. The terms are in a table of the database's own kind.

See ``index.py``: an FTS5 table under SQLite, a ``tsvector`` with a GIN index under PostgreSQL.
"""

from __future__ import annotations

from django.db import models

from collab.documents.models import Document


class IndexedDocument(models.Model):
    """A document as it was when it was last indexed."""

    #: A number, because FTS5 knows its rows by numbers.
    id = models.BigAutoField(primary_key=True)
    document = models.OneToOneField(
        Document, on_delete=models.CASCADE, related_name="indexed", db_index=True
    )
    #: The last record of the log that is in it.
    seq = models.PositiveBigIntegerField(default=0)
    title = models.CharField(max_length=255)
    body = models.TextField()
    #: As long as title and body, character for character: phrases are looked for in here.
    folded_title = models.CharField(max_length=255)
    folded_body = models.TextField()
    #: The first blocks as HTML, made by ``preview.py``: safe to show as it is.
    preview = models.TextField(blank=True)
    #: The ids of the attachments that it names; null until it was read for them.
    files = models.JSONField(null=True)
    indexed_at = models.DateTimeField(auto_now=True)

    class Meta:
        """Nothing to list."""

        verbose_name = "indexed document"

    def __str__(self) -> str:
        return f"{self.document_id} @ {self.seq}"
