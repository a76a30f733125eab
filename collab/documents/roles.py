"""What people are to documents and folders, by name. Their order is in ``policy.py``."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is to a document. The order of strength is in ``policy.py``."""

    OWNER = "owner", _("owner")
    EDITOR = "editor", _("editor")
    #: Until a document can hold suggestions, the server gives a suggester a commenter's rights.
    SUGGESTER = "suggester", _("suggester")
    COMMENTER = "commenter", _("commenter")
    VIEWER = "viewer", _("viewer")


#: What a person can be given: a document has one owner, who is not given a role besides.
GIVEN_ROLES = [(role.value, role.label) for role in Role if role is not Role.OWNER]
