"""What people are to documents and folders, and which of two roles is the stronger.

What a role allows is in ``policy.py``, which alone asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is to a document."""

    OWNER = "owner", _("owner")
    EDITOR = "editor", _("editor")
    #: Until a document can hold suggestions, the server gives a suggester a commenter's rights.
    SUGGESTER = "suggester", _("suggester")
    COMMENTER = "commenter", _("commenter")
    VIEWER = "viewer", _("viewer")


#: What a person can be given: a document has one owner, who is not given a role besides.
GIVEN_ROLES = [(role.value, role.label) for role in Role if role is not Role.OWNER]

#: From the weakest to the strongest.
_STRENGTH = (Role.VIEWER, Role.COMMENTER, Role.SUGGESTER, Role.EDITOR, Role.OWNER)


def strongest(roles: Iterable[Role | str]) -> Role | None:
    """Return the strongest of ``roles``; None where there are none."""
    return max((Role(role) for role in roles), key=_STRENGTH.index, default=None)


@dataclass(frozen=True, slots=True)
class Roles:
    """What somebody is to a document."""

    #: By being the owner or a member, by a group or a folder.
    own: Role | None = None
    #: By nothing but the document's link.
    by_link: Role | None = None

    @property
    def best(self) -> Role | None:
        """The stronger of the two: what the person is called."""
        return strongest(role for role in (self.own, self.by_link) if role is not None)

    @property
    def is_told_of_people(self) -> bool:
        """Whether they are told whose document it is: not who has come by the link alone."""
        return self.own is not None


#: A stranger's.
NO_ROLES = Roles()
