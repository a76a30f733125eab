"""Tags and stars: what people put on documents to find them again. Callers ask ``policy`` first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from collab.documents.models import Document, Star, Tag
from collab.documents.policy import ids_readable_by

if TYPE_CHECKING:
    from collab.accounts.models import User

MAX_TAG_CHARS = 50
MAX_TAGS = 20


class TagError(ValueError):
    """Tags that cannot be: the sentence says why."""


def clean_tag(name: str) -> str:
    """Return the tag as it is kept: in lower case, without commas and extra spaces."""
    return " ".join(name.replace("\x00", "").replace(",", " ").split()).lower()


@transaction.atomic
def tags_set(*, document: Document, names: Iterable[str]) -> list[str]:
    """Give the document these tags and no others; return them in order.

    Raises:
        TagError: there are too many, or one is too long.
    """
    wanted = sorted({clean for name in names if (clean := clean_tag(name))})
    if len(wanted) > MAX_TAGS:
        raise TagError(_("A document has %(most)d tags at most.") % {"most": MAX_TAGS})
    if any(len(name) > MAX_TAG_CHARS for name in wanted):
        raise TagError(_("A tag has %(most)d characters at most.") % {"most": MAX_TAG_CHARS})
    Tag.objects.filter(document=document).exclude(name__in=wanted).delete()
    Tag.objects.bulk_create(
        (Tag(document=document, name=name) for name in wanted), ignore_conflicts=True
    )
    return wanted


def tags_used(user: User, limit: int = 200) -> QuerySet[Any, Any]:
    """Return the tags on documents that ``user`` may read, each with ``count``, by name."""
    # The few that are in the trash are left out of what is read, rather than each looked at.
    tags = Tag.objects.filter(document__in=ids_readable_by(user)).exclude(
        document__in=Document.objects.filter(trashed_at__isnull=False).order_by().values("pk")
    )
    return tags.order_by("name").values("name").annotate(count=Count("id"))[:limit]


def star_set(*, user: User, document: Document, is_starred: bool) -> None:
    """Give or take the person's star."""
    if is_starred:
        Star.objects.get_or_create(user=user, document=document)
    else:
        Star.objects.filter(user=user, document=document).delete()


def is_starred(user: User, document: Document) -> bool:
    """Return whether the person has starred it."""
    return Star.objects.filter(user=user, document=document).exists()
