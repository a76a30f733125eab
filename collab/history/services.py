"""Writes of history that do not come from a live room."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from collab.bus.doorbell import ring_on_commit
from collab.bus.events import MAX_EVENT_BYTES, RecordsCommitted
from collab.crdt.chains import shortened
from collab.crdt.gate import Accepted
from collab.crdt.replant import with_roots
from collab.crdt.unsaved import AtRisk, at_risk
from collab.crdt.update import DecodedUpdate, UpdateError, decode_update
from collab.crdt.writer import document_to_update
from collab.history.conflicts import Conflict as Conflict
from collab.history.conflicts import conflicts_of, rescue_of
from collab.history.ground import EditBroke as EditBroke
from collab.history.ground import EditRefused as EditRefused
from collab.history.ground import Ground as Ground
from collab.history.models import ClientBinding, LogHead, UpdateRecord
from collab.history.past import moment_by_seq, state_at
from collab.history.rescuing import rescue_document
from collab.history.selectors import current_state
from collab.history.update_log import DatabaseUpdateLog
from collab.richtext.tree import Node
from collab.room.law import facts_of, without_rescues
from collab.room.ports import MergeFacts, PendingUpdate
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


def seed_of(content: Node = BLANK, beside: Update | None = None) -> Seed:
    """Return the first record of a document that says ``content``.

    It is made in time that grows with the text. In a transaction nobody else could write meanwhile:
    call it before.

    Args:
        content: the rich text.
        beside: a state whose other roots the document has, too.
    """
    client_id = ClientId(secrets.randbits(32))
    update = document_to_update(content, client_id)
    if beside is not None:
        update = with_roots(update, beside, client_id)
    return Seed(update, client_id)


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


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of an edit."""

    #: The record of the edit; the last record where it brought nothing.
    seq: Seq
    is_new: bool
    #: Whether nobody wrote between what the edit was made on and its record.
    is_alone: bool = True
    #: What it took from others unseen and could not be put back.
    conflicts: tuple[Conflict, ...] = ()


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
        return Edited(seq, is_new=False, is_alone=base is None or base == seq)
    done = _append(document, actor, kind, _checked(Ground(key, state, seq), update))
    made_on = seq if base is None else base
    is_next = done.seq == made_on + (1 if done.is_new else 0)
    return replace(done, is_alone=done.is_alone and is_next)


def update_append(
    *,
    document: Document,
    actor: User,
    kind: UpdateRecord.Kind,
    update: Update,
    most: int | None = None,
) -> Edited:
    """Take an update that another Yjs program made; the rules are those of the room.

    Args:
        document: which takes it.
        actor: who sends it.
        kind: of the record.
        update: what is sent.
        most: how many parts it may have, where it comes from outside.

    Raises:
        EditBroke: a replica broke over it.
        EditRefused: it is malformed, has too many parts, would harm the document, depends on what
            is not there, or writes under a client id of somebody else.
    """
    found = _checked(Ground.of(document), update, most)
    # What Yjs encodes of a replica lists all that it ever saw deleted, by whomever.
    return _append(document, actor, kind, found, is_state=True)


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


def _checked(ground: Ground, update: Update, most: int | None = None) -> Checked:
    """Return what the gate says of ``update``, which may have ``most`` parts."""
    try:
        decoded = decode_update(update, most)
    except UpdateError as error:
        raise EditRefused(f"This is no update that can be taken: {error}.") from error
    update, decoded = shortened(update, decoded)
    accepted = ground.check(decoded)
    ground.try_out(update)
    return Checked(update, decoded, accepted, ground)


def _append(
    document: Document,
    actor: User,
    kind: UpdateRecord.Kind,
    checked: Checked,
    owners: Mapping[ClientId, UserId] | None = None,
    *,
    is_state: bool = False,
) -> Edited:
    update, accepted, ground = checked.update, checked.accepted, checked.ground

    def considered() -> tuple[MergeFacts | None, frozenset[ClientId]]:
        """What the law of merging asks of it, and the ids that may become somebody's."""
        claimable = frozenset(without_rescues(tuple(accepted.writers), ground.gate))
        if owners is not None:
            # What a merge kills was reviewed, and what was to be kept is put back in it.
            return MergeFacts(is_asked=False, is_meant=True), claimable
        facts = facts_of(checked.decoded, accepted, ground.gate, is_answer=is_state)
        return facts, claimable

    # Before the transaction: on SQLite nobody else can write while it is open.
    facts, claimable = considered()
    risky = _at_risk(facts, accepted, ground)
    with transaction.atomic():
        LogHead.objects.get_or_create(document=document)
        LogHead.objects.select_for_update().get(document=document)
        if ground.catch_up():
            accepted = ground.check(checked.decoded)
            ground.try_out(update)
            facts, claimable = considered()
            risky = _at_risk(facts, accepted, ground)
        if accepted.brings_nothing and (facts is None or facts.is_meant):
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
            binds=() if is_relayed else tuple(c for c in unbound if c in claimable),
            created_at=timezone.now(),
            kind=kind.value,
            owners={c: theirs[c] for c in unbound if c in theirs} if is_relayed else {},
            facts=facts,
        )
        (seq,) = DatabaseUpdateLog().append([pending])
        assert seq is not None  # noqa: S101  # the head row is locked above: the document is there
        _ring_record(pending, seq)
        if facts is not None and facts.is_asked:
            # At once, and not by the chore: who sent it reads what became of it next.
            transaction.on_commit(partial(rescue_document, ground.document_id), robust=True)
    if facts is None or not facts.is_asked:
        return Edited(seq, is_new=True)
    # A rescue is a record of others behind it: what is there now is not what was sent.
    rescue = rescue_of(ground.document_id, seq)
    conflicts = conflicts_of(ground.document_id, risky, rescue, (*ground.states, update))
    return Edited(seq, is_new=True, is_alone=rescue is None, conflicts=conflicts)


def _at_risk(facts: MergeFacts | None, accepted: Accepted, ground: Ground) -> tuple[AtRisk, ...]:
    return at_risk(accepted, ground.gate.structs) if facts is not None and facts.is_asked else ()


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
