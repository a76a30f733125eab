"""Drafts: a document forked into one of one's own, merged back, brought up to date, or discarded.

A draft holds the origin's Yjs items under their ids, so both merges are updates of a replica that
was away. Callers ask ``policy`` first. See docs/drafts.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from collab.attachments.selectors import attachment_url
from collab.attachments.services import attachments_copy
from collab.audit.services import audit_record
from collab.crdt.lineage import Side
from collab.crdt.merge import merge
from collab.crdt.patch import patch_document
from collab.crdt.reader import read_document
from collab.crdt.update import decode_update
from collab.documents.models import Draft
from collab.documents.services import document_create, document_trash
from collab.history.models import ClientBinding, LogHead, Revision, UpdateRecord
from collab.history.revisions import revision_at, revisions_cut_all
from collab.history.selectors import current_state
from collab.history.services import Checked, Edited, document_edit, update_check, update_merge
from collab.history.update_log import DatabaseUpdateLog
from collab.library.copies import attachment_ids, readdressed
from collab.library.keeping import fresh_client
from collab.library.reviews import DRAFT, ORIGIN, Sides
from collab.room.ports import PendingUpdate
from collab.types import ClientId, DocumentId, Seq, Update, UserId

if TYPE_CHECKING:
    from collab.accounts.models import User
    from collab.documents.models import Document


#: How often a merge is made with nothing locked, before it is made with the log locked.
TRIES = 3


class DraftRefused(ValueError):
    """What was asked for cannot be done with this draft now; the sentence is for people."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of a merge."""

    #: The origin's record of the merge; its last record where the draft had nothing for it.
    seq: Seq
    is_new: bool
    #: That the merge made.
    revision: Revision | None


def draft_fork(*, origin: Document, owner: User, title: str = "") -> Draft:
    """Make a document of ``owner``'s that begins as what ``origin`` is now.

    Its first record is the origin's state, without what was deleted in it by now: who is let into
    the draft learns nothing of the origin's past. Client ids stay whose they are.
    """
    key = DocumentId(origin.pk)
    state, seq = current_state(key)
    # What grows with the text is done before the transaction.
    owners = _owners(origin) if seq else {}
    clients = sorted(decode_update(state).client_ids) if seq else []
    name = title or _("%(title)s (draft)") % {"title": origin}
    with transaction.atomic():
        document = document_create(owner=owner, title=name)
        draft = Draft.objects.create(document=document, origin=origin, base_seq=seq)
        LogHead.objects.create(document=document)
        if seq:
            pending = PendingUpdate(
                document_id=DocumentId(document.pk),
                update=state,
                author_id=UserId(owner.pk),
                client_ids=tuple(clients),
                is_relayed=any(owners.get(client) != owner.pk for client in clients),
                binds=(),
                created_at=timezone.now(),
                kind=UpdateRecord.Kind.IMPORT.value,
                owners=owners,
            )
            DatabaseUpdateLog().append([pending])
        _note("draft.fork", draft, owner)
    return draft


def draft_merge(
    *, draft: Draft, actor: User, closes: bool, left_out: Collection[str] = ()
) -> Merged:
    """Put into the origin what the draft has and it lacks; people who read it see that arrive.

    A block that the one side removed while the other wrote in it is put back, in the same record.

    Args:
        draft: which.
        actor: who merges: the record is theirs, each word its writer's.
        closes: whether the draft goes to the trash then.
        left_out: names of conflicts whose blocks are not put back.

    Raises:
        DraftRefused: the origin is gone, or lies in the trash; or client ids were forged.
        EditRefused: the origin cannot take it.
        QuotaFull: the files that the draft shows do not fit into what the origin's owner may hold.
    """
    origin = _origin(draft)
    _give_files(draft, origin, actor)

    def note(done: Edited) -> None:
        if done.is_new:
            Draft.objects.filter(pk=draft.pk).update(merged_seq=done.seq)
            _note("draft.merge", draft, actor, seq=int(done.seq))
        if closes:
            document_trash(document=draft.document)

    done = _give(draft, origin, ORIGIN, actor, left_out, note)
    key = DocumentId(origin.pk)
    revisions_cut_all(document_id=key)
    return Merged(done.seq, done.is_new, revision_at(key, done.seq) if done.is_new else None)


def draft_update(*, draft: Draft, actor: User) -> Edited:
    """Put into the draft what the origin has and it lacks; blocks are put back as by a merge.

    Raises:
        DraftRefused: the origin is gone, or lies in the trash; or client ids were forged.
        EditRefused: the draft cannot take it.
    """
    origin = _origin(draft)
    upto = current_state(DocumentId(origin.pk))[1]

    def note(_done: Edited) -> None:
        Draft.objects.filter(pk=draft.pk).update(base_seq=upto)

    return _give(draft, origin, DRAFT, actor, (), note)


@transaction.atomic
def draft_discard(*, draft: Draft, actor: User) -> None:
    """Put the draft in the trash; nothing of it goes anywhere."""
    document_trash(document=draft.document)
    _note("draft.discard", draft, actor)


def _origin(draft: Draft) -> Document:
    origin = draft.origin
    if origin is None:
        raise DraftRefused("The original was erased: the draft is a document of its own now.")
    if origin.is_trashed:
        raise DraftRefused("The original is in the trash: it has to be taken out first.")
    return origin


@dataclass(frozen=True, slots=True)
class _Gift:
    """What a side is to be given, as of its last record."""

    seq: Seq
    #: None: the other side has nothing that it lacks.
    checked: Checked | None
    owners: dict[ClientId, UserId]


def _give(
    draft: Draft,
    origin: Document,
    side: Side,
    actor: User,
    left_out: Collection[str],
    note: Callable[[Edited], None],
) -> Edited:
    """Give a side what the other has and it lacks, and the blocks that are put back.

    What it is, is found in time that grows with both documents: with no lock held, and again where
    the side went on meanwhile, since no word may come into a block that goes. Where somebody writes
    faster than that, the last attempt holds the lock.

    Args:
        draft: which.
        origin: its.
        side: that takes.
        actor: who gives.
        left_out: names of conflicts whose blocks are not put back.
        note: called within the transaction, with what became of it.
    """
    target = origin if side == ORIGIN else draft.document
    for _attempt in range(TRIES):
        gift = _gift(draft, origin, side, actor, left_out)
        with transaction.atomic():
            if _locked(target) == gift.seq:
                return _given(target, gift, actor, note)
    with transaction.atomic():
        _locked(target)
        return _given(target, _gift(draft, origin, side, actor, left_out), actor, note)


def _locked(document: Document) -> Seq:
    """Lock the document's log; return its last record. Nothing is committed to it from here on."""
    LogHead.objects.get_or_create(document=document)
    return Seq(LogHead.objects.select_for_update().get(document=document).seq)


def _given(target: Document, gift: _Gift, actor: User, note: Callable[[Edited], None]) -> Edited:
    done = Edited(gift.seq, is_new=False)
    if gift.checked is not None:
        done = update_merge(
            document=target,
            actor=actor,
            update=gift.checked.update,
            owners=gift.owners,
            checked=gift.checked,
        )
    note(done)
    return done


def _gift(
    draft: Draft, origin: Document, side: Side, actor: User, left_out: Collection[str]
) -> _Gift:
    source, target = (draft.document, origin) if side == ORIGIN else (origin, draft.document)
    sides = Sides(draft, origin)
    seq = sides.moments[side].seq
    owners = _owners(source)
    # Without deleted text: what somebody took back in a draft is nobody else's to read.
    update = sides.missing(side)
    if update is None:
        return _Gift(seq, None, owners)
    if _forged(source) & decode_update(update).client_ids:
        raise DraftRefused(
            "Somebody wrote in it under the client id of a page of another document."
        )
    client_id = fresh_client()
    put_back = sides.putting_back(update, side, client_id, left_out)
    if put_back is not None:
        update = merge([update, put_back])
        owners[client_id] = UserId(actor.pk)
    return _Gift(seq, update_check(document=target, update=update), owners)


def _owners(document: Document) -> dict[ClientId, UserId]:
    rows = ClientBinding.objects.filter(document=document)
    return {
        ClientId(client): UserId(user) for client, user in rows.values_list("client_id", "user_id")
    }


def _forged(document: Document) -> set[ClientId]:
    """Return the client ids that came with a merge and that somebody else has gone on under here.

    Their pages are open on another document and may go on there: of two structs of one clock, one
    would be lost without a word.
    """
    records = UpdateRecord.objects.filter(document=document)
    merged = Q(kind__in=(UpdateRecord.Kind.IMPORT, UpdateRecord.Kind.MERGE))
    came = records.filter(merged).values_list("client_ids", flat=True)
    relayed = records.filter(~merged, is_relayed=True).values_list("client_ids", flat=True)
    return _all(came) & _all(relayed)


def _all(rows: Iterable[list[int]]) -> set[ClientId]:
    return {ClientId(client) for clients in rows for client in clients}


def _give_files(draft: Draft, origin: Document, actor: User) -> None:
    """Have the draft name its files as the origin's, which get rows of their own on them.

    Who reads the origin need not be let into the draft, and it may be erased.
    """
    content = read_document(current_state(DocumentId(draft.pk))[0])
    wanted = draft.document.attachments.filter(pk__in=set(attachment_ids(content)))
    if not wanted:
        return
    # Rows first: files that nothing names go after a while, names without files would stay.
    files = attachments_copy(attachments=wanted, document=origin, uploader=actor)
    addresses = {old: attachment_url(new) for old, new in files.items()}

    def make(state: Update, client_id: ClientId) -> Update | None:
        content = readdressed(read_document(state), addresses)
        return patch_document(state, content, client_id)

    document_edit(document=draft.document, actor=actor, kind=UpdateRecord.Kind.API, make=make)


def _note(action: str, draft: Draft, actor: User, **more: object) -> None:
    audit_record(
        action=action,
        actor=actor,
        subject=draft.document.title,
        document_id=draft.pk,
        origin=None if draft.origin_id is None else str(draft.origin_id),
        **more,
    )
