"""Writes of history that do not come from a live room."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from collab.bus.doorbell import ring_on_commit
from collab.bus.events import MAX_EVENT_BYTES, RecordsCommitted
from collab.crdt.doc import CrdtFailure, LiveDoc, state_of
from collab.crdt.gate import Accepted, Gate, GateLimits, Missing, Refused
from collab.crdt.unreadable import decode_readable, without_unreadable
from collab.crdt.update import DecodedUpdate, UpdateError, decode_update
from collab.crdt.writer import document_to_update
from collab.history.models import ClientBinding, LogHead, UpdateRecord
from collab.history.past import moment_by_seq, state_at
from collab.history.selectors import current_state, records_after
from collab.history.update_log import DatabaseUpdateLog
from collab.richtext.tree import Node
from collab.room.ports import PendingUpdate
from collab.types import ClientId, DocumentId, Seq, Update, UserId

if TYPE_CHECKING:
    from collab.accounts.models import User
    from collab.documents.models import Document


class AlreadySeeded(ValueError):
    """The document has records: its content is written once and never rebuilt."""


#: What a new document begins with. Two editors of a document with nothing in it would each put in a
#: paragraph of their own with their first key, and the two would stay two.
BLANK = Node("doc", content=(Node("paragraph"),))


@dataclass(frozen=True, slots=True)
class Seed:
    """What a document begins with, as it goes into the log."""

    update: Update
    client_id: ClientId


def seed_of(content: Node = BLANK) -> Seed:
    """Return the first record of a document that says ``content``.

    It is made in time that grows with the text. In a transaction nobody else could write meanwhile:
    call it before.
    """
    client_id = ClientId(secrets.randbits(32))
    return Seed(document_to_update(content, client_id), client_id)


def document_seed(*, document: Document, author: User, content: Node | Seed = BLANK) -> Seq:
    """Write ``content`` as the first record of an empty document.

    Args:
        document: which.
        author: whose words they are.
        content: in a transaction of the caller's: what ``seed_of`` returned before it.

    Raises:
        AlreadySeeded: the document has a record already.
    """
    seed = content if isinstance(content, Seed) else seed_of(content)
    with transaction.atomic():
        return _seed(document, author, seed)


def _seed(document: Document, author: User, seed: Seed) -> Seq:
    LogHead.objects.get_or_create(document=document)
    head = LogHead.objects.select_for_update().get(document=document)
    if head.seq:
        raise AlreadySeeded(f"document {document.pk} has content already")
    pending = PendingUpdate(
        document_id=DocumentId(document.pk),
        update=seed.update,
        author_id=UserId(author.pk),
        client_ids=(seed.client_id,),
        is_relayed=False,
        binds=(seed.client_id,),
        created_at=timezone.now(),
        kind=UpdateRecord.Kind.IMPORT.value,
    )
    (seq,) = DatabaseUpdateLog().append([pending])
    assert seq is not None  # noqa: S101  # the head row is locked above: the document is there
    return seq


# -- edits from outside the room -----------------------------------------------------------------

#: Records read at a time when the log went on since an edit was made.
CATCH_UP = 500


class EditRefused(ValueError):
    """The document cannot take the edit; the sentence is for people. Nothing was changed."""


class EditBroke(EditRefused):
    """The gate let the edit in, and it broke a replica of the document; nothing was changed.

    There should be none: it is to be kept in quarantine.
    """

    def __init__(self, update: Update, after_seq: Seq, error: str) -> None:
        super().__init__("The document cannot take this update: it breaks the document.")
        self.update = update
        self.after_seq = after_seq
        self.error = error


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of an edit."""

    #: The record of the edit; the last record where it brought nothing.
    seq: Seq
    is_new: bool


def document_edit(
    *,
    document: Document,
    actor: User,
    kind: UpdateRecord.Kind,
    make: Callable[[Update, ClientId], Update | None],
    base: Seq | None = None,
) -> Edited:
    """Edit the document as somebody with an editor of their own would; open rooms see it arrive.

    What others wrote since ``base``, and write now, is merged with it by the CRDT.

    Args:
        document: which.
        actor: who edits; the client id of the edit is theirs from now on.
        kind: of the record.
        make: given a state and a client id, returns the update that the client makes on it, or
            None for no change. Called once, with no lock held.
        base: the record up to which the editor had seen the document; None: all that is there.

    Raises:
        UnknownMoment: the log has no such record, so that nobody can have read it.
        EditRefused: the gate does not take what ``make`` made, or the document grew too big.
    """
    key = DocumentId(document.pk)
    state, seq = current_state(key)
    ground = state if base is None or base == seq else state_at(moment_by_seq(key, base))
    client_id = ClientId(secrets.randbits(32))
    update = make(ground, client_id)
    if update is None:
        return Edited(seq, is_new=False)
    return _append(document, actor, kind, _checked(Ground(key, state, seq), update))


def update_append(
    *, document: Document, actor: User, kind: UpdateRecord.Kind, update: Update
) -> Edited:
    """Take an update that another Yjs program made; the rules are those of the room.

    Raises:
        EditBroke: a replica broke over it.
        EditRefused: it is malformed, would harm the document, depends on what is not there, or
            writes under a client id of somebody else.
    """
    return _append(document, actor, kind, update_check(document=document, update=update))


def update_merge(
    *,
    document: Document,
    actor: User,
    update: Update,
    owners: Mapping[ClientId, UserId],
    checked: Checked | None = None,
) -> Edited:
    """Take what a document of the same lineage has and this one lacks.

    The record is the actor's. Client ids that are nobody's here become theirs whose they are
    there, so that each word keeps its writer; it is relayed unless all of it is the actor's own.

    Args:
        document: which takes it.
        actor: who merges.
        update: what it lacks.
        owners: of the client ids in the document that the update comes from.
        checked: the update, where the caller has opened a transaction since.

    Raises:
        EditRefused: as for ``update_append``, or a client id is another person's there.
    """
    found = update_check(document=document, update=update) if checked is None else checked
    return _append(document, actor, UpdateRecord.Kind.MERGE, found, owners)


class Ground:
    """A document's committed state under its gate, brought up to date while the log is locked."""

    def __init__(self, document_id: DocumentId, state: Update, seq: Seq) -> None:
        self.document_id = document_id
        self.seq = seq
        self.size_bytes = len(state)
        self._state = [state]
        self._gate = Gate(GateLimits())
        for _ in self._gate.index(state):
            pass

    @classmethod
    def of(cls, document: Document) -> Ground:
        """Return that of the document as it is now; made in time that grows with it."""
        key = DocumentId(document.pk)
        return cls(key, *current_state(key))

    def check(self, decoded: DecodedUpdate) -> Accepted:
        """Return what the gate says of an update.

        Raises:
            EditRefused: it is not taken.
        """
        verdict = self._gate.check(decoded)
        match verdict:
            case Accepted():
                return verdict
            case Missing(reason):
                raise EditRefused(f"It builds on edits that the document does not have: {reason}.")
            case Refused(reason):
                raise EditRefused(f"The document cannot take this update: {reason}.")

    def try_out(self, update: Update) -> None:
        """Apply the update to a replica, as the room does: it is not in the log yet.

        Raises:
            EditBroke: the replica broke, or what it became cannot be loaded.
        """
        try:
            LiveDoc.load([state_of([*self._state, update])]).close()
        except CrdtFailure as failure:
            raise EditBroke(update, self.seq, str(failure)) from failure

    def catch_up(self) -> bool:
        """Take in what the log has by now; return whether there was anything."""
        began = self.seq
        while records := records_after(self.document_id, self.seq, CATCH_UP):
            for record in records:
                self._gate.admit(self.check(decode_readable(record.update)))
                self.size_bytes += len(record.update)
                self._state.append(without_unreadable(record.update))
            self.seq = records[-1].seq
        return self.seq > began


@dataclass(frozen=True, slots=True)
class Checked:
    """An update that a document takes, as of its last record."""

    update: Update
    decoded: DecodedUpdate
    accepted: Accepted
    ground: Ground


def update_check(*, document: Document, update: Update) -> Checked:
    """Return the update with what the gate says of it; made in time that grows with the document.

    Raises:
        EditRefused: the document does not take it.
    """
    return _checked(Ground.of(document), update)


def _checked(ground: Ground, update: Update) -> Checked:
    try:
        decoded = decode_update(update)
    except UpdateError as error:
        raise EditRefused(f"This is no update that can be taken: {error}.") from error
    accepted = ground.check(decoded)
    ground.try_out(update)
    return Checked(update, decoded, accepted, ground)


def _append(
    document: Document,
    actor: User,
    kind: UpdateRecord.Kind,
    checked: Checked,
    owners: Mapping[ClientId, UserId] | None = None,
) -> Edited:
    update, accepted, ground = checked.update, checked.accepted, checked.ground
    with transaction.atomic():
        LogHead.objects.get_or_create(document=document)
        LogHead.objects.select_for_update().get(document=document)
        if ground.catch_up():
            accepted = ground.check(checked.decoded)
            ground.try_out(update)
        if accepted.brings_nothing:
            return Edited(ground.seq, is_new=False)
        limit = settings.ENV.max_document_bytes
        if ground.size_bytes + len(update) > limit:
            raise EditRefused(f"The document would be too big: {limit} bytes are allowed.")
        bound = _bound(document, accepted.writers)
        theirs = owners or {}
        me = UserId(actor.pk)
        if any(user != theirs.get(client, me) for client, user in bound.items()):
            # Their owner may be writing under them now; a second struct of one clock would part
            # the replicas for good.
            raise EditRefused("It writes under a client id of another person.")
        unbound = tuple(client for client in sorted(accepted.writers) if client not in bound)
        if owners is None:
            # As in the room: an update of several new clients may be what others wrote.
            is_relayed = len(accepted.writers) > 1 and bool(unbound)
        else:
            is_relayed = any(owners.get(client) != me for client in accepted.writers)
        pending = PendingUpdate(
            document_id=ground.document_id,
            update=update,
            author_id=me,
            client_ids=tuple(sorted(accepted.writers)),
            is_relayed=is_relayed,
            binds=() if is_relayed else unbound,
            created_at=timezone.now(),
            kind=kind.value,
            owners={c: theirs[c] for c in unbound if c in theirs} if is_relayed else {},
        )
        (seq,) = DatabaseUpdateLog().append([pending])
        assert seq is not None  # noqa: S101  # the head row is locked above: the document is there
        _ring_record(pending, seq)
    return Edited(seq, is_new=True)


def _bound(document: Document, clients: Collection[ClientId]) -> dict[ClientId, UserId]:
    rows = ClientBinding.objects.filter(document=document, client_id__in=clients)
    return {
        ClientId(client): UserId(user) for client, user in rows.values_list("client_id", "user_id")
    }


def _ring_record(pending: PendingUpdate, seq: Seq) -> None:
    record = (bytes(pending.update), pending.author_id, pending.client_ids, pending.is_relayed)
    # What a merge says of other people's client ids stands in the log only.
    is_whole = len(pending.update) <= MAX_EVENT_BYTES and not pending.owners
    carried = (record,) if is_whole else ()
    ring_on_commit(RecordsCommitted(pending.document_id, seq, seq, carried))
