"""Who may enter a room: the socket's questions to accounts and policy. In a database thread."""

from __future__ import annotations

from dataclasses import dataclass

from collab.accounts.models import User
from collab.accounts.tokens import user_for_token
from collab.documents import policy
from collab.documents.models import Document
from collab.documents.selectors import document_get
from collab.protocol.close_codes import CloseCode
from collab.room.access import Access
from collab.room.session import Identity
from collab.types import DocumentId, UserId


@dataclass(frozen=True, slots=True)
class Admitted:
    """The peer may enter."""

    document_id: DocumentId
    identity: Identity
    access: Access
    title: str
    is_frozen: bool


@dataclass(frozen=True, slots=True)
class Turned:
    """The peer may not, and is told why."""

    code: CloseCode
    reason: str


def admit(*, document_id: str, user_id: int | None, token: str | None) -> Admitted | Turned:
    """Decide whether a person may enter a document's room.

    Args:
        document_id: as it stands in the path.
        user_id: whom the session cookie names, or None.
        token: an API token, which counts before the cookie, or None.
    """
    if token is not None:
        user = user_for_token(token)
        if user is None:
            return Turned(CloseCode.NOT_SIGNED_IN, "bad token")
    else:
        user = User.objects.filter(pk=user_id, is_active=True).first() if user_id else None
    document = document_get(document_id)
    if user is None:
        return Turned(CloseCode.NOT_SIGNED_IN, "not signed in")
    if document is None or document.is_trashed:
        return Turned(CloseCode.NO_DOCUMENT, "no such document")
    access = policy.access_of(user, document)
    if access is None:
        return Turned(CloseCode.NO_ACCESS, "no access")
    identity = Identity(UserId(user.pk), user.shown_name, user.shown_color)
    return Admitted(DocumentId(document.pk), identity, access, document.title, document.is_frozen)


@dataclass(frozen=True, slots=True)
class Standing:
    """What an open room must know of its document: its title, and who may do what."""

    title: str
    is_frozen: bool
    accesses: dict[UserId, Access]


def standings(wanted: dict[DocumentId, set[UserId]]) -> dict[DocumentId, Standing]:
    """Return the standing of each document that exists and is not in the trash.

    Args:
        wanted: the documents, and the people in the room of each.
    """
    people = User.objects.in_bulk({user for users in wanted.values() for user in users})
    found = {}
    documents = Document.objects.filter(pk__in=wanted, trashed_at=None)
    for document in documents.prefetch_related("memberships"):
        document_id = DocumentId(document.pk)
        accesses = {}
        for user_id in wanted[document_id]:
            user = people.get(user_id)
            access = policy.access_of(user, document) if user is not None else None
            if access is not None:
                accesses[user_id] = access
        found[document_id] = Standing(document.title, document.is_frozen, accesses)
    return found
