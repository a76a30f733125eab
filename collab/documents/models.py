"""Documents and who is let in: data and constraints only. Who may do what is in ``policy.py``."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collab.documents.folder_models import Folder as Folder
from collab.documents.folder_models import FolderGroupMembership as FolderGroupMembership
from collab.documents.folder_models import FolderLink as FolderLink
from collab.documents.folder_models import FolderMembership as FolderMembership
from collab.documents.roles import GIVEN_ROLES
from collab.documents.roles import Role as Role

#: What the lists of the home page are of, but for templates and the trash.
_IN_LISTS = models.Q(trashed_at=None, is_template=False)
_IN_TRASH = models.Q(trashed_at__isnull=False)


class LinkReach(models.TextChoices):
    """Whom the address of a document lets in, besides those who have a role of their own."""

    RESTRICTED = "restricted", _("nobody else")
    SIGNED_IN = "signed-in", _("anyone signed in")
    ANYONE = "anyone", _("anyone with the link")


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
    folder = models.ForeignKey(
        Folder,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="documents",
        verbose_name=_("folder"),
    )
    #: New documents are made from it; it stands among the templates, not among the documents.
    is_template = models.BooleanField(_("template"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    #: Last change of title, state or members; the last edit of the content is the log's to know.
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    #: The last edit as lists are ordered by it: set when it is indexed, seconds later. docs/home.md
    listed_at = models.DateTimeField(default=timezone.now, editable=False)
    trashed_at = models.DateTimeField(_("in the trash since"), null=True, blank=True)
    #: An administrator has stopped all writing; nobody's role counts for more than reading.
    frozen_at = models.DateTimeField(_("frozen since"), null=True, blank=True)
    link_reach = models.CharField(
        _("link reach"), max_length=16, choices=LinkReach.choices, default=LinkReach.RESTRICTED
    )
    link_role = models.CharField(
        _("link role"), max_length=16, choices=GIVEN_ROLES, default=Role.VIEWER
    )
    link_expires_at = models.DateTimeField(_("link expires"), null=True, blank=True)
    #: A hash; empty: the link has no password.
    link_password = models.CharField(max_length=128, blank=True, editable=False)
    #: Counts the passwords: who gave an earlier one must give the new one.
    link_epoch = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        """Order of lists, and the index behind the home page."""

        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-updated_at", "id"]
        # The first three are walked by the lists from their ends; the others find what a person may
        # read without a look at the rows: docs/home.md, Speed.
        indexes = [
            models.Index(F("listed_at").desc(), "id", condition=_IN_LISTS, name="listed_by_edit"),
            models.Index(F("created_at").desc(), "id", condition=_IN_LISTS, name="listed_by_age"),
            models.Index(Lower("title"), "id", condition=_IN_LISTS, name="listed_by_title"),
            models.Index(fields=["owner", "id"], name="documents_of_owner"),
            models.Index(fields=["folder", "id"], name="documents_in_folder"),
            models.Index(fields=["trashed_at"], condition=_IN_TRASH, name="documents_in_trash"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(link_role=Role.OWNER), name="no_link_makes_an_owner"
            )
        ]

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
    role = models.CharField(_("role"), max_length=16, choices=GIVEN_ROLES)
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
        indexes = [models.Index(fields=["user", "document"], name="documents_of_member")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class GroupMembership(models.Model):
    """A group's role in a document: everybody in the group has it."""

    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="group_memberships"
    )
    group = models.ForeignKey(
        Group,
        on_delete=models.CASCADE,
        related_name="document_memberships",
        verbose_name=_("group"),
    )
    role = models.CharField(_("role"), max_length=16, choices=GIVEN_ROLES)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        """One role per group and document."""

        verbose_name = _("group membership")
        verbose_name_plural = _("group memberships")
        ordering = ["document", "id"]
        constraints = [
            models.UniqueConstraint(fields=["document", "group"], name="one_role_per_group"),
            models.CheckConstraint(condition=~models.Q(role=Role.OWNER), name="owner_is_no_group"),
        ]
        indexes = [models.Index(fields=["group", "document"], name="documents_of_group")]

    def __str__(self) -> str:
        return f"{self.group} · {self.get_role_display()}"


class LinkVisit(models.Model):
    """A person came by the document's link: it stands in their lists, and needs no password again.

    A guest's right rests on this row: without it they have not come by this link.
    """

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="link_visits")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="link_visits"
    )
    #: ``Document.link_epoch`` when the password, if there was one, was given.
    epoch = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """One row per person and document."""

        constraints = [
            models.UniqueConstraint(fields=["document", "user"], name="one_visit_per_person"),
        ]
        indexes = [models.Index(fields=["user", "document", "epoch"], name="documents_visited")]

    def __str__(self) -> str:
        return f"{self.user} · {self.document_id}"


class Invitation(models.Model):
    """A role that waits for a person of this e-mail address."""

    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("document")
    )
    #: In lower case.
    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=16, choices=GIVEN_ROLES)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("invited by"),
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))

    class Meta:
        """One per address and document."""

        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["document", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "email"], name="one_invitation_per_address"
            ),
            models.CheckConstraint(
                condition=~models.Q(role=Role.OWNER), name="no_invitation_makes_an_owner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.get_role_display()}"


class AccessRequest(models.Model):
    """Somebody asks to be let in; gone once it is answered."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="access_requests")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("person"),
    )
    message = models.CharField(_("message"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        """One per person and document."""

        verbose_name = _("access request")
        verbose_name_plural = _("access requests")
        ordering = ["document", "id"]
        constraints = [
            models.UniqueConstraint(fields=["document", "user"], name="one_request_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.document_id}"


class Tag(models.Model):
    """A word on a document. All who may read the document see it."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(_("name"), max_length=50)

    class Meta:
        """Each word once on a document; found by the word."""

        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["document", "name"], name="one_tag_a_word")]
        indexes = [models.Index(fields=["name", "document"])]

    def __str__(self) -> str:
        return self.name


class Star(models.Model):
    """A person wants a document near at hand. Nobody else sees it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stars"
    )
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="stars")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """One per person and document."""

        constraints = [
            models.UniqueConstraint(fields=["user", "document"], name="one_star_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.document_id}"


class Draft(models.Model):
    """A document that began as another's state, to be merged back into it. See docs/drafts.md.

    The two share Yjs's items and their ids. A draft in the trash is closed; out of it, open again.
    """

    document = models.OneToOneField(
        Document, on_delete=models.CASCADE, primary_key=True, related_name="draft"
    )
    #: None: it was erased, and the draft is a document like any other.
    origin = models.ForeignKey(
        Document, null=True, on_delete=models.SET_NULL, related_name="drafts"
    )
    #: The record of the origin up to which the draft has taken it in.
    base_seq = models.PositiveBigIntegerField(_("up to record of the original"))
    #: The origin's record of the last merge.
    merged_seq = models.PositiveBigIntegerField(_("merged as record"), null=True)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        """The oldest first."""

        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        ordering = ["created_at", "document_id"]

    def __str__(self) -> str:
        return f"{self.document_id} of {self.origin_id}"
