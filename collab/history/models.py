"""What is kept of a document: the append-only update log, and what is made from it: the checkpoint
that makes loads quick, the checkpoints that make any past moment quick, and the revisions.

Rows are written by ``update_log.py`` and the services of this package only. See docs/history.md.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from collab.documents.models import Document
from collab.history.merge_models import MergeNote as MergeNote
from collab.history.merge_models import MergeWatch as MergeWatch


class LogHead(models.Model):
    """The end of a document's log. Locking this row is what makes ``seq`` gapless."""

    document = models.OneToOneField(
        Document, on_delete=models.CASCADE, primary_key=True, related_name="log_head"
    )
    seq = models.PositiveBigIntegerField(_("last record"), default=0)
    size_bytes = models.PositiveBigIntegerField(_("size of the log"), default=0)
    edited_at = models.DateTimeField(_("last edit"), null=True)
    #: How many times text was erased from it; a draft shares its original's erasures.
    erasures = models.PositiveIntegerField(_("erasures"), default=0)

    class Meta:
        """Names for the admin."""

        verbose_name = _("log head")
        verbose_name_plural = _("log heads")

    def __str__(self) -> str:
        return f"{self.document_id} @ {self.seq}"


class UpdateRecord(models.Model):
    """One row of the log: accepted update bytes, and who brought them when."""

    class Kind(models.TextChoices):
        """How the update came."""

        LIVE = "live", _("live")
        IMPORT = "import", _("import")
        API = "api", _("API")
        RESTORE = "restore", _("restore")
        MERGE = "merge", _("merge of a draft")
        RESCUE = "rescue", _("rescue of words")

    # Found by (document, seq): an index of its own would repeat that one, for a fifth of a row.
    document = models.ForeignKey(
        Document,
        on_delete=models.CASCADE,
        related_name="records",
        db_index=False,
        verbose_name=_("document"),
    )
    seq = models.PositiveBigIntegerField(_("number"))
    update = models.BinaryField(_("update"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("author"),
    )
    #: The Yjs client ids that have new structs in the update.
    client_ids = models.JSONField(_("client ids"), default=list)
    #: True: the sender passed on edits made under a client id that is not bound to them.
    is_relayed = models.BooleanField(_("relayed"), default=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.LIVE)
    created_at = models.DateTimeField(_("time"))

    class Meta:
        """A document's records are numbered 1, 2, 3 ... ; nothing is numbered twice."""

        verbose_name = _("update record")
        verbose_name_plural = _("update records")
        ordering = ["document", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["document", "seq"], name="one_record_per_seq")
        ]

    def __str__(self) -> str:
        return f"{self.document_id} #{self.seq}"


class Checkpoint(models.Model):
    """State up to ``seq``, without deleted text: load = checkpoint + records after it."""

    document = models.OneToOneField(
        Document,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="checkpoint",
        verbose_name=_("document"),
    )
    seq = models.PositiveBigIntegerField(_("up to record"))
    state = models.BinaryField(_("state"))
    created_at = models.DateTimeField(_("made"), auto_now=True)

    class Meta:
        """Names for the admin."""

        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")

    def __str__(self) -> str:
        return f"{self.document_id} @ {self.seq}"


class ClientBinding(models.Model):
    """A Yjs client id and the person whose it is in this document, from its first update on."""

    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="bindings", verbose_name=_("document")
    )
    client_id = models.PositiveBigIntegerField(_("client id"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("person"),
    )

    class Meta:
        """An id belongs to one person."""

        verbose_name = _("client binding")
        verbose_name_plural = _("client bindings")
        constraints = [
            models.UniqueConstraint(fields=["document", "client_id"], name="one_person_per_client")
        ]

    def __str__(self) -> str:
        return f"{self.client_id} · {self.user_id}"


class HistoryCheckpoint(models.Model):
    """State up to ``seq`` with all deleted text: any past moment = one of these + records after it.

    Made by a chore about every HISTORY_CHECKPOINT_EVERY records (``past.py``).
    """

    document = models.ForeignKey(
        Document,
        on_delete=models.CASCADE,
        related_name="history_checkpoints",
        verbose_name=_("document"),
    )
    seq = models.PositiveBigIntegerField(_("up to record"))
    #: zlib: a third of the bytes.
    state = models.BinaryField(_("state"))
    #: Which record brought and which deleted what, since the checkpoint before: ``crdt.origins``.
    origins = models.BinaryField(_("origins"))
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        """One at a record."""

        verbose_name = _("history checkpoint")
        verbose_name_plural = _("history checkpoints")
        ordering = ["document", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "seq"], name="one_history_checkpoint_per_seq"
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_id} @ {self.seq}"


class Revision(models.Model):
    """A stretch of the log that people see as one step; it shows the document as of ``seq``.

    Numbers count from 1 and stay, whatever happens to the log. ``cutting.py`` has the rules.
    """

    class Kind(models.TextChoices):
        """What made the revision."""

        AUTOMATIC = "automatic", _("automatic")
        NAMED = "named", _("named")
        RESTORE = "restore", _("restore")
        IMPORT = "import", _("import")
        API = "api", _("API")
        MERGE = "merge", _("merge of a draft")

    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="revisions", verbose_name=_("document")
    )
    number = models.PositiveIntegerField(_("number"))
    first_seq = models.PositiveBigIntegerField(_("first record"))
    seq = models.PositiveBigIntegerField(_("last record"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.AUTOMATIC)
    name = models.CharField(_("name"), max_length=200, blank=True)
    #: Ids of the people who wrote in it, in the order of their first record; no foreign keys, for
    #: a list of lists costs a query a page and no more.
    author_ids = models.JSONField(_("authors"), default=list)
    started_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"))
    insertions = models.PositiveBigIntegerField(_("characters inserted"), default=0)
    deletions = models.PositiveBigIntegerField(_("elements deleted"), default=0)
    size_bytes = models.PositiveBigIntegerField(_("size in the log"), default=0)
    #: Whether later records must not join it: it was named, or something else has begun.
    is_closed = models.BooleanField(_("closed"), default=False)

    class Meta:
        """Numbered without gaps; found by number and by the records in it."""

        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["document", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="one_revision_per_number"),
            models.UniqueConstraint(fields=["document", "seq"], name="one_revision_per_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} r{self.number}"


class Erasure(models.Model):
    """A stretch of history that an owner erases: the numbers stay, the gap is shown."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="erasures", verbose_name=_("document")
    )
    first_seq = models.PositiveBigIntegerField(_("first record"))
    last_seq = models.PositiveBigIntegerField(_("last record"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DONE)
    #: Of the log, how many records were read; of which there are so many to be read.
    scanned = models.PositiveBigIntegerField(_("records read"), default=0)
    to_scan = models.PositiveBigIntegerField(_("records to read"), default=0)
    #: A sentence for people.
    failure = models.CharField(_("why it failed"), max_length=500, blank=True)
    #: When it last went on: a process may have died over it.
    touched_at = models.DateTimeField(_("last went on"), null=True, blank=True)
    elements = models.PositiveBigIntegerField(_("elements erased"), default=0)
    created_at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        """In the order of the log; a document has one under way."""

        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["document", "first_seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["document"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_erasure_under_way",
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.first_seq}-{self.last_seq}"
