"""Who may enter a room: the socket's questions to accounts and policy. In a database thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.models import Session
from django.utils import timezone

from collab.accounts.models import TokenScope, User
from collab.accounts.tokens import live_tokens, token_find
from collab.documents import policy
from collab.documents.models import Document
from collab.documents.selectors import document_get
from collab.protocol.close_codes import CloseCode
from collab.room.access import Access
from collab.room.session import Identity
from collab.types import DocumentId, UserId


@dataclass(frozen=True, slots=True)
class Credential:
    """What a peer came in by: as long as it is good, the peer may stay.

    Either the key of a session, with the person's session hash of that moment (another password
    makes another), or the digest of an API token.
    """

    session_key: str | None = None
    session_hash: str = ""
    token_digest: str | None = None
    is_read_only: bool = False
    #: When it ends by itself; None: not, or (a session) when nobody has used it for weeks.
    expires_at: datetime | None = None

    def limit(self, access: Access) -> Access:
        """Return what is left of ``access``: a token for reading only reads."""
        return Access.READ if self.is_read_only else access


@dataclass(frozen=True, slots=True)
class Admitted:
    """The peer may enter."""

    document_id: DocumentId
    identity: Identity
    access: Access
    title: str
    is_frozen: bool
    credential: Credential
    #: When something by which the peer is in ends by the clock; None: nothing does.
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turned:
    """The peer may not, and is told why."""

    code: CloseCode
    reason: str


def admit(
    *, document_id: str, user_id: int | None, session_key: str | None, token: str | None
) -> Admitted | Turned:
    """Decide whether a person may enter a document's room.

    Args:
        document_id: as it stands in the path.
        user_id: whom the session cookie names, or None.
        session_key: of that session.
        token: an API token, which counts before the cookie, or None.
    """
    if token is not None:
        row = token_find(token)
        if row is None:
            return Turned(CloseCode.NOT_SIGNED_IN, "bad token")
        user: User | None = row.user
        is_read_only = row.scope != TokenScope.WRITE
        credential = Credential(
            token_digest=row.digest, is_read_only=is_read_only, expires_at=row.expiry
        )
    else:
        user = User.objects.filter(pk=user_id, is_active=True).first() if user_id else None
        session_hash = user.get_session_auth_hash() if user is not None else ""
        credential = Credential(session_key=session_key, session_hash=session_hash)
    document = document_get(document_id)
    if user is None:
        return Turned(CloseCode.NOT_SIGNED_IN, "not signed in")
    if document is None or document.is_trashed:
        return Turned(CloseCode.NO_DOCUMENT, "no such document")
    access = policy.access_of(user, document)
    if access is None:
        return Turned(CloseCode.NO_ACCESS, "no access")
    identity = Identity(UserId(user.pk), user.shown_name, user.shown_color)
    return Admitted(
        DocumentId(document.pk),
        identity,
        credential.limit(access),
        document.title,
        document.is_frozen,
        credential,
        nearest(credential.expires_at, _link_end(document)),
    )


def nearest(*moments: datetime | None) -> datetime | None:
    """Return the first of ``moments``; None where there is none."""
    return min((moment for moment in moments if moment is not None), default=None)


def _link_end(document: Document) -> datetime | None:
    return document.link_expires_at if policy.is_link_open(document) else None


@dataclass(frozen=True, slots=True)
class Standing:
    """What an open room must know of its document: its title, and who may do what."""

    title: str
    is_frozen: bool
    accesses: dict[UserId, Access]
    #: When the document's link ends by the clock, where it is open and does.
    until: datetime | None = None


def standings(wanted: dict[DocumentId, set[UserId]]) -> dict[DocumentId, Standing]:
    """Return the standing of each document that exists and is not in the trash.

    Args:
        wanted: the documents, and the people in the room of each.
    """
    people = User.objects.in_bulk({user for users in wanted.values() for user in users})
    found = {}
    documents = list(Document.objects.filter(pk__in=wanted, trashed_at=None))
    roles = policy.roles_of(people.values(), documents)
    for document in documents:
        document_id = DocumentId(document.pk)
        accesses = {}
        for user_id in wanted[document_id]:
            role = roles.get((user_id, document.pk))
            access = policy.access_for(role, document)
            if access is not None:
                accesses[user_id] = access
        found[document_id] = Standing(
            document.title, document.is_frozen, accesses, _link_end(document)
        )
    return found


def ended(held: Iterable[tuple[UserId, Credential]]) -> set[Credential]:
    """Return those of the credentials that are good no longer, each with whose it is."""
    pairs = list(held)
    keys = {each.session_key for _, each in pairs if each.session_key is not None}
    digests = {each.token_digest for _, each in pairs if each.token_digest is not None}
    people = User.objects.in_bulk({user_id for user_id, each in pairs if each.session_key})
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    good_keys = set(sessions.values_list("session_key", flat=True)) if keys else set()
    tokens = live_tokens().filter(digest__in=digests)
    good_digests = set(tokens.values_list("digest", flat=True)) if digests else set()
    hashes = {user_id: user.get_session_auth_hash() for user_id, user in people.items()}
    return {
        each
        for user_id, each in pairs
        if (
            each.token_digest not in good_digests
            if each.token_digest is not None
            else each.session_key not in good_keys or each.session_hash != hashes.get(user_id)
        )
    }
