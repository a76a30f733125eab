"""Documents and memberships: data and constraints only. Who may do what is in ``policy.py``."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is to a document. The order of strength is in ``policy.py``."""

    OWNER = "owner", _("owner")
    EDITOR = "editor", _("editor")
    COMMENTER = "commenter", _("commenter")
    VIEWER = "viewer", _("viewer")


class Document(models.Model):
    """A thing that a person names, opens and shares. Its content is in the update log."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(_("title"), max_length=255, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="owned_documents",
        verbose_name=_("owner"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    #: Last change of title, state or members; the last edit of the content is the log's to know.
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    trashed_at = models.DateTimeField(_("in the trash since"), null=True, blank=True)
    #: An administrator has stopped all writing; nobody's role counts for more than reading.
    frozen_at = models.DateTimeField(_("frozen since"), null=True, blank=True)

    class Meta:
        """Order of lists, and the index behind the home page."""

        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-updated_at", "id"]
        indexes = [models.Index(fields=["owner", "trashed_at", "-updated_at"])]

    def __str__(self) -> str:
        return self.title or str(_("Untitled"))

    @property
    def is_trashed(self) -> bool:
        """Whether the document lies in the trash."""
        return self.trashed_at is not None

    @property
    def is_frozen(self) -> bool:
        """Whether an administrator has stopped all writing."""
        return self.frozen_at is not None


class Membership(models.Model):
    """A person's role in a document of somebody else's."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("person"),
    )
    role = models.CharField(
        _("role"),
        max_length=16,
        choices=[(role.value, role.label) for role in Role if role is not Role.OWNER],
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        """One role per person and document; the owner is not a member besides."""

        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["document", "id"]
        constraints = [
            models.UniqueConstraint(fields=["document", "user"], name="one_role_per_person"),
            models.CheckConstraint(
                condition=~models.Q(role=Role.OWNER), name="owner_is_no_membership"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"
