"""Who may enter a room: the socket's questions to accounts and policy. In a database thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.sessions.models import Session
from django.utils import timezone

from collab.accounts.models import ApiToken, TokenScope, User
from collab.accounts.sessions import SignedIn, sessions_find
from collab.accounts.tokens import live_tokens, tokens_find
from collab.documents import policy
from collab.documents.models import Document
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
    #: The administrator who sees the pages as the person: they only read, under their own name.
    impersonator: str = ""
    #: When it ends by itself, as it was known at the door: a session that is used goes on. None: it
    #: does not.
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
    #: Whether the person belongs to the document: anybody else came by its link.
    is_member: bool = True
    #: Where the socket comes from, as it is counted.
    address: str = ""


@dataclass(frozen=True, slots=True)
class Turned:
    """The peer may not, and is told why."""

    code: CloseCode
    reason: str


@dataclass(frozen=True, slots=True)
class Knock:
    """What a peer shows at the door."""

    #: As it stands in the path: any text.
    document_id: str
    #: An API token, which counts before the session, or None.
    token: str | None = None
    #: What its cookie says, or None.
    session_key: str | None = None
    #: Where it comes from, as it is counted.
    address: str = ""


def admit_all(knocks: Sequence[Knock]) -> list[Admitted | Turned]:
    """Decide who may enter, for all that are at the door.

    A fixed number of queries however many they are.
    """
    tokens = tokens_find({each.token for each in knocks if each.token is not None})
    sessions = sessions_find(
        {each.session_key for each in knocks if each.token is None and each.session_key is not None}
    )
    holders = [_holder(each, tokens, sessions) for each in knocks]
    # Only those who are somebody are told whether a document is there.
    keys = {
        key
        for each, holder in zip(knocks, holders, strict=True)
        if isinstance(holder, tuple) and (key := document_key(each.document_id)) is not None
    }
    documents = {document.pk: document for document in Document.objects.filter(pk__in=keys)}
    pairs = [
        (holder[0], documents[key])
        for each, holder in zip(knocks, holders, strict=True)
        if isinstance(holder, tuple) and (key := document_key(each.document_id)) in documents
    ]
    roles = policy.roles_in(pairs)
    return [
        holder if isinstance(holder, Turned) else _admit(each, *holder, documents, roles)
        for each, holder in zip(knocks, holders, strict=True)
    ]


def _holder(
    knock: Knock, tokens: Mapping[str, ApiToken], sessions: Mapping[str, SignedIn]
) -> Turned | tuple[User, Credential]:
    """Return who knocks, and by what."""
    if knock.token is not None:
        row = tokens.get(knock.token)
        if row is None:
            return Turned(CloseCode.NOT_SIGNED_IN, "bad token")
        is_read_only = row.scope != TokenScope.WRITE
        credential = Credential(
            token_digest=row.digest, is_read_only=is_read_only, expires_at=row.expiry
        )
        return row.user, credential
    found = sessions.get(knock.session_key) if knock.session_key is not None else None
    if found is None:
        return Turned(CloseCode.NOT_SIGNED_IN, "not signed in")
    credential = Credential(
        session_key=knock.session_key,
        session_hash=found.session_hash,
        is_read_only=bool(found.impersonator),
        impersonator=found.impersonator,
        expires_at=found.expires_at,
    )
    return found.user, credential


def _admit(
    knock: Knock,
    user: User,
    credential: Credential,
    documents: Mapping[UUID, Document],
    roles: Mapping[tuple[int, UUID], policy.Roles],
) -> Admitted | Turned:
    key = document_key(knock.document_id)
    if key is None:
        return Turned(CloseCode.NO_DOCUMENT, "no such document")
    document = documents.get(key)
    held = policy.NO_ROLES
    if document is not None:
        held = roles.get((user.pk, document.pk), held)
    # Whoever has a role in it knows that it lies in the trash; to all others it is as if it had
    # never been there, and what is not there is as if it were another's.
    if document is not None and document.is_trashed and held != policy.NO_ROLES:
        return Turned(CloseCode.NO_DOCUMENT, "no such document")
    access = None if document is None else policy.access_for(held, document)
    if document is None or access is None:
        return Turned(CloseCode.NO_ACCESS, "no access")
    return Admitted(
        DocumentId(document.pk),
        _identity(user, credential),
        credential.limit(access),
        document.title,
        document.is_frozen,
        credential,
        nearest(credential.expires_at, _link_end(document)),
        held.own is not None,
        knock.address,
    )


def _identity(user: User, credential: Credential) -> Identity:
    if looker := credential.impersonator:
        return Identity(UserId(user.pk), f"{looker} ({user.shown_name})", user.shown_color)
    return Identity(UserId(user.pk), user.shown_name, user.shown_color, user.avatar_url)


def document_key(document_id: str) -> DocumentId | None:
    """Return the id that ``document_id`` spells; None where it spells none."""
    try:
        return DocumentId(UUID(document_id))
    except ValueError:
        return None


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
    roles = policy.roles_in(
        (people[user_id], document)
        for document in documents
        for user_id in wanted[DocumentId(document.pk)]
        if user_id in people
    )
    for document in documents:
        document_id = DocumentId(document.pk)
        accesses = {}
        for user_id in wanted[document_id]:
            held = roles.get((user_id, document.pk), policy.NO_ROLES)
            access = policy.access_for(held, document)
            if access is not None:
                accesses[user_id] = access
        found[document_id] = Standing(
            document.title, document.is_frozen, accesses, _link_end(document)
        )
    return found


def good_until(
    held: Iterable[tuple[UserId, Credential]],
) -> dict[Credential, datetime | None]:
    """Return those of the credentials that are still good, each held by the person beside it.

    With each, when it ends by itself; None: it does not.
    """
    pairs = list(held)
    keys = {each.session_key for _, each in pairs if each.session_key is not None}
    digests = {each.token_digest for _, each in pairs if each.token_digest is not None}
    people = User.objects.in_bulk({user_id for user_id, each in pairs if each.session_key})
    hashes = {user_id: user.get_session_auth_hash() for user_id, user in people.items()}
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    tokens = live_tokens().filter(digest__in=digests)
    ends: dict[str | None, datetime | None] = {}
    if keys:
        ends |= sessions.values_list("session_key", "expire_date")
    if digests:
        ends |= tokens.values_list("digest", "expiry")
    return {
        each: ends[key]
        for user_id, each in pairs
        if (key := each.token_digest or each.session_key) in ends
        and (each.token_digest is not None or each.session_hash == hashes.get(user_id))
    }
