"""Folders and who is let into them: data and constraints only, as in ``models.py``."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collab.documents.roles import GIVEN_ROLES, Role


class Folder(models.Model):
    """A place for documents, in a tree. A whole tree belongs to one person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=255)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="folders",
        verbose_name=_("owner"),
    )
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="children",
        verbose_name=_("in the folder"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        """By name."""

        verbose_name = _("folder")
        verbose_name_plural = _("folders")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class FolderLink(models.Model):
    """A folder and one of those that it lies in, itself included: whose members it has, too.

    Written by ``folders.py`` only.
    """

    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="above")
    ancestor = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="below")

    class Meta:
        """Each pair once."""

        constraints = [
            models.UniqueConstraint(fields=["folder", "ancestor"], name="one_link_per_pair")
        ]

    def __str__(self) -> str:
        return f"{self.folder_id} in {self.ancestor_id}"


class FolderMembership(models.Model):
    """A person's role in all documents of a folder and of those below it."""

    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="folder_memberships",
        verbose_name=_("person"),
    )
    role = models.CharField(_("role"), max_length=16, choices=GIVEN_ROLES)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        """One role per person and folder."""

        verbose_name = _("folder membership")
        verbose_name_plural = _("folder memberships")
        ordering = ["folder", "id"]
        constraints = [
            models.UniqueConstraint(fields=["folder", "user"], name="one_folder_role_per_person"),
            models.CheckConstraint(
                condition=~models.Q(role=Role.OWNER), name="folder_owner_is_no_membership"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class FolderGroupMembership(models.Model):
    """A group's role in all documents of a folder and of those below it: everybody in it has it."""

    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="group_memberships")
    group = models.ForeignKey(
        Group,
        on_delete=models.CASCADE,
        related_name="folder_memberships",
        verbose_name=_("group"),
    )
    role = models.CharField(_("role"), max_length=16, choices=GIVEN_ROLES)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        """One role per group and folder."""

        verbose_name = _("folder group membership")
        verbose_name_plural = _("folder group memberships")
        ordering = ["folder", "id"]
        constraints = [
            models.UniqueConstraint(fields=["folder", "group"], name="one_folder_role_per_group"),
            models.CheckConstraint(
                condition=~models.Q(role=Role.OWNER), name="folder_owner_is_no_group"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group} · {self.get_role_display()}"
