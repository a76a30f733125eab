"""What the law of merging keeps beside the log: how far it has looked, and what it has done.

Tables of their own: the log's rows are written for every keystroke, these for few.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from collab.documents.models import Document


class MergeWatch(models.Model):
    """How far the law has looked into a document's log; a row from its first concern on.

    ``wanted > upto`` is what makes it look: written with the record that is of concern, in one
    transaction, so that a process killed in between leaves the work to any other.
    """

    document = models.OneToOneField(
        Document, on_delete=models.CASCADE, primary_key=True, related_name="merge_watch"
    )
    #: Records up to this one are taken as they are: from before the law, or text of them is erased.
    since = models.PositiveBigIntegerField(_("law since record"), default=0)
    upto = models.PositiveBigIntegerField(_("looked into up to record"), default=0)
    wanted = models.PositiveBigIntegerField(_("to be looked into up to record"), default=0)
    #: Times in a row that it failed.
    tries = models.PositiveSmallIntegerField(_("failures in a row"), default=0)
    failure = models.CharField(_("why it failed"), max_length=500, blank=True)
    touched_at = models.DateTimeField(_("last wanted or tried"))

    class Meta:
        """Those that are due are few, and found by an index of them alone."""

        verbose_name = _("watch over merging")
        verbose_name_plural = _("watches over merging")
        indexes = [
            models.Index(
                fields=["touched_at"],
                condition=models.Q(wanted__gt=models.F("upto")),
                name="merge_watches_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.upto}/{self.wanted}"


class MergeNote(models.Model):
    """What the law knows of one record beside its bytes."""

    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    seq = models.PositiveBigIntegerField(_("record"))
    #: The state vector of its sender, where the delete set is the sender's whole one.
    seen = models.BinaryField(_("seen by the sender"), null=True)
    #: What it kills is meant, also what it does not name.
    is_meant = models.BooleanField(_("meant"), default=False)
    #: What its author's page says; None: it does not.
    upto = models.PositiveBigIntegerField(_("last record seen by the page"), null=True)
    is_undo = models.BooleanField(_("undo or redo"), null=True)
    #: The record that saves what this one killed unseen: one, whichever process made it.
    rescue_seq = models.PositiveBigIntegerField(_("rescued by record"), null=True)

    class Meta:
        """A record is rescued once."""

        verbose_name = _("note on merging")
        verbose_name_plural = _("notes on merging")
        constraints = [
            models.UniqueConstraint(fields=["document", "seq"], name="one_merge_note_per_record")
        ]

    def __str__(self) -> str:
        return f"{self.document_id} #{self.seq}"
