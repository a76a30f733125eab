"""Quick makers of what tests need; names count up, so that two are never the same."""

from __future__ import annotations

import itertools

from django.contrib.auth.models import AnonymousUser, Permission

from collab.accounts.models import User
from collab.accounts.rights import READ_TEXT
from collab.documents import policy
from collab.documents.models import Document, Role
from collab.documents.services import document_create, member_set

_numbers = itertools.count(1)


def make_user(username: str = "", **fields: object) -> User:
    """Return a new ordinary person; no password unless one is given."""
    password = fields.pop("password", None)
    user = User(username=username or f"person{next(_numbers)}", **fields)
    user.set_password(password if isinstance(password, str) else None)
    user.save()
    return user


def make_reader(username: str = "", **fields: object) -> User:
    """Return a new administrator who was given the right to read what people write."""
    user = make_user(username, is_staff=True, **fields)
    user.user_permissions.add(Permission.objects.get(codename=READ_TEXT))
    return user


def make_document(
    owner: User | None = None, title: str = "Plan", *, members: dict[User, Role] | None = None
) -> Document:
    """Return a new empty document, shared with ``members``."""
    document = document_create(owner=owner or make_user(), title=title)
    for user, role in (members or {}).items():
        member_set(document=document, user=user, role=role)
    return document


def listed(user: User | AnonymousUser) -> set[Document]:
    """Return what stands in the person's lists: gathered or asked one by one, it is the same."""
    gathered = Document.objects.filter(policy.readable_by(user))
    asked = Document.objects.filter(policy.readable_by(user, one_by_one=True))
    assert set(gathered) == set(asked)
    assert len(gathered) == len(asked) == len(set(gathered)), "a document stands there twice"
    return set(gathered)


def no_rows(*prefixes: str) -> dict[str, int]:
    """Return what a form of the admin sends of inlines that have no rows."""
    return {f"{each}-{name}": 0 for each in prefixes for name in ("TOTAL_FORMS", "INITIAL_FORMS")}


#: What the page of a document in the admin has besides its members.
OTHER_INLINES = ("group_memberships", "invitations", "attachments")
