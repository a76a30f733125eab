"""What is kept of a document: the append-only update log and the checkpoint that makes loads quick.

Rows are written by ``update_log.py`` and ``services.py`` only. See docs/adr/0003.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from collab.documents.models import Document


class LogHead(models.Model):
    """The end of a document's log. Locking this row is what makes ``seq`` gapless."""

    document = models.OneToOneField(
        Document, on_delete=models.CASCADE, primary_key=True, related_name="log_head"
    )
    seq = models.PositiveBigIntegerField(_("last record"), default=0)
    size_bytes = models.PositiveBigIntegerField(_("size of the log"), default=0)
    edited_at = models.DateTimeField(_("last edit"), null=True)

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

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="records")
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
        Document, on_delete=models.CASCADE, primary_key=True, related_name="checkpoint"
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

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="bindings")
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
