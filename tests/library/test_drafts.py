from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycrdt import XmlElement

from collab.accounts.models import User
from collab.attachments.models import Attachment
from collab.attachments.selectors import attachment_url
from collab.attachments.services import attachment_add
from collab.audit.models import AuditEntry
from collab.bus.events import BusEvent, RecordsCommitted, RoomClosed
from collab.crdt.doc import LiveDoc
from collab.crdt.gate import Gate, GateLimits
from collab.crdt.reader import read_document, read_updates
from collab.documents import policy
from collab.documents.models import Document, Draft, Role
from collab.documents.selectors import draft_get, drafts_of
from collab.documents.services import (
    document_freeze,
    document_purge,
    document_restore,
    document_trash,
    member_remove,
    member_set,
)
from collab.history.attribution import attribution_of
from collab.history.erasure import NothingToErase, history_erase
from collab.history.erasures import erasure_count
from collab.history.models import ClientBinding, Revision, UpdateRecord
from collab.history.past import full_state_at, moment_by_seq
from collab.history.selectors import current_state, head_seq, records_after
from collab.history.services import EditRefused
from collab.library.drafts import (
    DraftRefused,
    draft_discard,
    draft_fork,
    draft_merge,
    draft_update,
)
from collab.library.keeping import fresh_client, keeping_update
from collab.library.review_out import review_to_html, review_to_text
from collab.library.reviews import review_of, standing_of
from collab.room.room import Room, RoomLimits
from collab.types import ClientId, DocumentId, Seq, Update, UserId
from tests.attachments.pictures import png
from tests.crdt.sessions import Writer
from tests.factories import make_document, make_user
from tests.history.logs import append
from tests.history.scenes import line, paragraph

pytestmark = pytest.mark.django_db
PNG = png(2, 2)


class Desk:
    """Ann owns a document; Bob, who may write in it, has a draft of it."""

    def __init__(self, text: str = "one two", *, seed: int = 7) -> None:
        self.dice = random.Random(seed)
        self.ann, self.bob = make_user("ann"), make_user("bob")
        self.origin = make_document(self.ann, "Plan", members={self.bob: Role.EDITOR})
        self.at_origin = Writer(self.dice.getrandbits(32))
        self.at_origin.body.children.append(paragraph(text))
        self.write(self.ann, self.at_origin, self.origin)
        self.draft = draft_fork(origin=self.origin, owner=self.bob)
        self.at_draft = self.writer()

    def writer(self) -> Writer:
        """Return a page of the draft."""
        made = Writer(self.dice.getrandbits(32))
        made.hear(current_state(DocumentId(self.draft.pk))[0])
        return made

    def write(
        self, who: User, writer: Writer, document: Document, *, relayed: bool = False
    ) -> None:
        """What was done on a page reaches the log."""
        append(document, who, writer.sent, is_relayed=relayed)
        writer.sent.clear()

    def in_origin(self) -> None:
        self.write(self.ann, self.at_origin, self.origin)

    def in_draft(self, who: User | None = None) -> None:
        self.write(who or self.bob, self.at_draft, self.draft.document)

    def merge(self, who: User | None = None, *, closes: bool = False) -> Seq:
        return draft_merge(draft=self.fresh(), actor=who or self.bob, closes=closes).seq

    def fresh(self) -> Draft:
        found = draft_get(self.draft.document)
        assert found is not None
        return found


def text_of(document: Document) -> str:
    return read_document(current_state(DocumentId(document.pk))[0]).plain


def lines_of(document: Document) -> list[str]:
    content = read_document(current_state(DocumentId(document.pk))[0])
    return [block.plain for block in content.content]


def now(document: Document) -> Seq:
    return head_seq(DocumentId(document.pk))


def authors(document: Document) -> list[tuple[str, int | None, bool]]:
    """Return who wrote which words, and whether that is somebody's word only."""
    moment = moment_by_seq(DocumentId(document.pk), now(document))
    content = read_document(current_state(DocumentId(document.pk))[0])
    out = []
    for run in attribution_of(moment).runs:
        node = content
        for step in run.path:
            node = node.content[step]
        out.append((node.plain[run.start : run.end], run.by.author_id, run.by.is_relayed))
    return out


# -- the fork ------------------------------------------------------------------------------------


def test_a_draft_begins_as_the_origin_is() -> None:
    """A document of one's own, that nobody else sees, with the origin's words and their writers."""
    desk = Desk()
    document = desk.draft.document
    assert (document.owner, document.title) == (desk.bob, "Plan (draft)")
    assert text_of(document) == "one two"
    assert (now(document), desk.draft.base_seq, now(desk.origin)) == (1, 1, 1)
    assert policy.role_of(desk.ann, document) is None
    assert authors(document) == [("one two", desk.ann.pk, True)]
    assert list(drafts_of(desk.origin, desk.bob)) == [desk.draft]
    assert list(drafts_of(desk.origin, desk.ann)) == []


def test_ones_own_words_are_ones_own_in_ones_draft() -> None:
    """Nobody's word is needed for them."""
    desk = Desk()
    own = draft_fork(origin=desk.origin, owner=desk.ann)
    assert authors(own.document) == [("one two", desk.ann.pk, False)]


def test_what_was_deleted_before_is_not_in_the_draft() -> None:
    """Whoever is let into a draft learns nothing of the origin's past."""
    desk = Desk("a secret thing")
    del line(desk.at_origin)[2:9]
    desk.in_origin()
    draft = draft_fork(origin=desk.origin, owner=desk.bob)
    stored = [bytes(row.update) for row in UpdateRecord.objects.filter(document=draft.document)]
    assert b"secret" not in b"".join(stored)
    assert text_of(draft.document) == "a thing"


def test_a_document_without_content_has_drafts_too() -> None:
    ann = make_user()
    origin = make_document(ann)
    draft = draft_fork(origin=origin, owner=ann)
    writer = Writer(5)
    writer.body.children.append(paragraph("first words"))
    append(draft.document, ann, writer.sent)
    assert draft_merge(draft=draft, actor=ann, closes=False).is_new
    assert text_of(origin) == "first words"


# -- merges --------------------------------------------------------------------------------------


def test_a_merge_keeps_the_words_of_both_sides() -> None:
    """A forward edit of its own kind, of which every process hears; twice changes nothing."""
    desk = Desk()
    line(desk.at_origin).insert(0, "zero ")
    desk.in_origin()
    line(desk.at_draft).insert(7, " three")
    desk.in_draft()
    seq = desk.merge()
    assert text_of(desk.origin) == "zero one two three"
    assert seq == 3 == now(desk.origin)
    record = UpdateRecord.objects.get(document=desk.origin, seq=3)
    assert (record.author, record.kind, record.is_relayed) == (desk.bob, "merge", False)
    revision = Revision.objects.filter(document=desk.origin).order_by("number").last()
    assert revision is not None
    assert (revision.kind, revision.seq, revision.author_ids) == ("merge", 3, [desk.bob.pk])
    again = draft_merge(draft=desk.fresh(), actor=desk.bob, closes=False)
    assert (again.is_new, again.seq, again.revision) == (False, 3, None)
    assert desk.fresh().merged_seq == 3
    assert text_of(desk.draft.document) == "one two three"
    assert draft_update(draft=desk.fresh(), actor=desk.bob).is_new
    assert text_of(desk.draft.document) == "zero one two three"
    assert not draft_update(draft=desk.fresh(), actor=desk.bob).is_new
    assert desk.fresh().base_seq == 3
    assert AuditEntry.objects.filter(action="draft.merge").count() == 1


def test_each_word_stays_its_writers() -> None:
    """Two write in a draft, a third merges: the record is the third's, the words are not."""
    desk = Desk()
    eve, cat = make_user("eve"), make_user("cat")
    member_set(document=desk.draft.document, user=eve, role=Role.EDITOR)
    line(desk.at_draft).insert(7, " bob")
    desk.in_draft()
    other = desk.writer()
    line(other).insert(11, " eve")
    desk.write(eve, other, desk.draft.document)
    for document in (desk.origin, desk.draft.document):
        member_set(document=document, user=cat, role=Role.EDITOR)
    desk.merge(cat)
    record = UpdateRecord.objects.get(document=desk.origin, kind="merge")
    assert (record.author, record.is_relayed) == (cat, True)
    said = [("one two", desk.ann.pk, False), (" bob", desk.bob.pk, True), (" eve", eve.pk, True)]
    assert authors(desk.origin) == said


def test_what_was_only_relayed_in_the_draft_names_nobody_but_the_merger() -> None:
    """A client id that is nobody's there is nobody's here; the merger's word stands for it."""
    desk = Desk()
    line(desk.at_draft).insert(7, " who?")
    desk.write(desk.bob, desk.at_draft, desk.draft.document, relayed=True)
    desk.merge()
    assert authors(desk.origin)[1] == (" who?", desk.bob.pk, True)


def test_open_rooms_learn_whose_the_merged_client_ids_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else somebody could go on writing under them there, in the other's name."""
    rung: list[BusEvent] = []
    monkeypatch.setattr("collab.history.services.ring_on_commit", rung.append)
    desk = Desk()
    document_id = DocumentId(desk.origin.pk)
    state, seq = current_state(document_id)
    room = Room(
        document_id=document_id,
        document=LiveDoc.load([state]),
        gate=Gate(GateLimits()),
        seq=seq,
        bindings={},
        size_bytes=len(state),
        limits=RoomLimits(),
    )
    line(desk.at_draft).insert(7, " three")
    desk.in_draft()
    client = ClientId(desk.at_draft.doc.client_id)
    member_set(document=desk.draft.document, user=desk.ann, role=Role.EDITOR)
    desk.merge(desk.ann)
    assert rung == [RecordsCommitted(document_id, Seq(2), Seq(2), ())]
    room.receive_remote(records_after(document_id, seq, 10))
    mine, hers = (UserId(user.pk) for user in (desk.bob, desk.ann))
    assert room._bindings.foreign([client], mine) == []
    assert room._bindings.foreign([client], hers) == [client]
    room.dispose()


def test_nobody_writes_under_the_client_id_of_another_by_way_of_a_draft() -> None:
    """Ann's page goes on at a clock that Bob has taken in his draft: his merge is refused."""
    desk = Desk()
    forger = Writer(desk.at_origin.doc.client_id)
    forger.hear(current_state(DocumentId(desk.draft.pk))[0])
    line(forger).insert(0, "Ann says: ")
    append(desk.draft.document, desk.bob, forger.sent, is_relayed=True)
    bound = ClientBinding.objects.get(document=desk.draft.document)
    assert bound.user == desk.ann
    with pytest.raises(DraftRefused, match="another document"):
        desk.merge()
    assert text_of(desk.origin) == "one two"


def test_passing_on_what_a_colleague_wrote_in_the_draft_is_no_forgery() -> None:
    """Their page is one of the draft's: whoever brings its edits."""
    desk = Desk()
    eve = make_user("eve")
    member_set(document=desk.draft.document, user=eve, role=Role.EDITOR)
    line(desk.at_draft).insert(7, " bob")
    desk.in_draft()
    line(desk.at_draft).insert(11, " more")
    desk.write(eve, desk.at_draft, desk.draft.document, relayed=True)
    desk.merge()
    line(desk.at_draft).insert(16, " yet")
    desk.write(eve, desk.at_draft, desk.draft.document, relayed=True)
    desk.merge()
    assert text_of(desk.origin) == "one two bob more yet"
    # Each merge is a revision of its own, however soon after the one before.
    assert Revision.objects.filter(document=desk.origin, kind="merge").count() == 2


def test_a_client_id_that_is_anothers_in_the_origin_is_refused() -> None:
    """First come, first served, in each log by itself."""
    desk = Desk()
    line(desk.at_draft).insert(7, " three")
    desk.in_draft()
    ClientBinding.objects.create(
        document=desk.origin, client_id=desk.at_draft.doc.client_id, user=desk.ann
    )
    with pytest.raises(EditRefused, match="another person"):
        desk.merge()
    assert text_of(desk.origin) == "one two"


@pytest.mark.django_db(transaction=True)
@given(st.integers(0, 2**32))
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_merging_is_what_a_yjs_peer_of_both_would_have(seed: int) -> None:
    """Any edits on both sides; every insertion of both that nobody deleted is there. Blocks that
    would be put back are left out: Yjs knows nothing of them."""
    dice = random.Random(seed)
    ann, bob = make_user(), make_user()
    origin = make_document(ann, members={bob: Role.EDITOR})
    pages = [Writer(dice.getrandbits(32)), Writer(dice.getrandbits(32))]
    for _ in range(10):
        pages[0].edit(dice)
    append(origin, ann, pages[0].sent)
    log = [list(pages[0].sent), []]
    pages[0].sent.clear()
    draft = draft_fork(origin=origin, owner=bob)
    pages[1].hear(current_state(DocumentId(draft.pk))[0])
    for _ in range(12):
        side = dice.randrange(2)
        pages[side].edit(dice)
        append((origin, draft.document)[side], (ann, bob)[side], pages[side].sent)
        log[side] += pages[side].sent
        pages[side].sent.clear()
    both = read_updates([*log[0], *log[1]])
    review = review_of(draft, origin)
    head = now(origin)
    left_out = [conflict.name for conflict in review.conflicts]
    done = draft_merge(draft=draft, actor=bob, closes=False, left_out=left_out)
    assert read_document(current_state(DocumentId(origin.pk))[0]) == both
    assert done.is_new == (now(origin) > head)
    assert not draft_merge(draft=draft, actor=bob, closes=False).is_new
    standing = standing_of(draft, origin)
    assert (standing.is_ahead, standing.conflict_count) == (False, 0)
    # What was reviewed is what came.
    if all(conflict.gone_in is None for conflict in review.conflicts):
        shown = [c.node for c in review.changes.changes if c.kind != "removed"]
        assert "".join(node.plain for node in shown) == both.plain
    _leave([origin, draft.document])


def _leave(documents: Sequence[Document]) -> None:
    for document in documents:
        document.delete()


# -- what stands in the way ----------------------------------------------------------------------


def test_a_closed_draft_lies_in_the_trash_and_comes_back_open() -> None:
    desk = Desk()
    line(desk.at_draft).insert(0, "x")
    desk.in_draft()
    desk.merge(closes=True)
    assert desk.fresh().document.is_trashed
    assert list(drafts_of(desk.origin, desk.bob)) == []
    assert not policy.may_merge(desk.bob, desk.fresh())
    document_restore(document=desk.fresh().document)
    line(desk.at_draft).insert(0, "y")
    desk.in_draft()
    desk.merge()
    assert text_of(desk.origin) == "yxone two"
    draft_discard(draft=desk.fresh(), actor=desk.bob)
    assert desk.fresh().document.is_trashed
    assert text_of(desk.origin) == "yxone two"


def test_who_may_merge() -> None:
    """Who may write in both, at that time."""
    desk = Desk()
    assert policy.may_merge(desk.bob, desk.fresh())
    assert not policy.may_merge(desk.ann, desk.fresh())
    assert not policy.may_merge(AnonymousUser(), desk.fresh())
    member_set(document=desk.draft.document, user=desk.ann, role=Role.VIEWER)
    assert not policy.may_merge(desk.ann, desk.fresh())
    member_set(document=desk.draft.document, user=desk.ann, role=Role.EDITOR)
    assert policy.may_merge(desk.ann, desk.fresh())
    member_set(document=desk.origin, user=desk.bob, role=Role.VIEWER)
    assert not policy.may_merge(desk.bob, desk.fresh())
    assert policy.may_update(desk.bob, desk.fresh())
    member_remove(document=desk.origin, user_id=desk.bob.pk)
    assert not policy.may_update(desk.bob, desk.fresh())
    member_set(document=desk.origin, user=desk.bob, role=Role.EDITOR)
    document_freeze(document=desk.origin, actor=desk.ann)
    assert not policy.may_merge(desk.bob, desk.fresh())
    assert policy.may_update(desk.bob, desk.fresh())


def test_an_origin_in_the_trash_or_erased() -> None:
    """A sentence says which; the draft stays, and is a document of its own in the end."""
    desk = Desk()
    line(desk.at_draft).insert(0, "x")
    desk.in_draft()
    document_trash(document=desk.origin)
    with pytest.raises(DraftRefused, match="trash"):
        desk.merge()
    with pytest.raises(DraftRefused, match="trash"):
        draft_update(draft=desk.fresh(), actor=desk.bob)
    document_purge(document=desk.origin, actor=desk.ann)
    with pytest.raises(DraftRefused, match="erased"):
        desk.merge()
    assert not policy.may_merge(desk.bob, desk.fresh())
    assert text_of(desk.draft.document) == "xone two"


# -- erased text ---------------------------------------------------------------------------------

SECRET = "hunter2-very-secret"


def leaked() -> Desk:
    """The draft was forked while the secret stood there; then it was deleted in the origin."""
    desk = Desk(f"a {SECRET} b")
    del line(desk.at_origin)[2 : 2 + len(SECRET)]
    desk.in_origin()
    return desk


def erase(desk: Desk) -> None:
    key = DocumentId(desk.origin.pk)
    history_erase(
        document=desk.origin,
        first=moment_by_seq(key, 1),
        last=moment_by_seq(key, head_seq(key)),
        actor=desk.ann,
    )


def stored_bytes() -> bytes:
    rows = [bytes(row.update) for row in UpdateRecord.objects.all()]
    for document in Document.objects.all():
        moment = moment_by_seq(DocumentId(document.pk), now(document))
        rows += [bytes(full_state_at(moment)), bytes(current_state(DocumentId(document.pk))[0])]
    return b"".join(rows)


def test_erased_text_is_erased_in_drafts(monkeypatch: pytest.MonkeyPatch) -> None:
    """And in their drafts; their own words stay, and their open pages load again."""
    rung: list[BusEvent] = []
    monkeypatch.setattr("collab.history.erasure.ring_on_commit", rung.append)
    desk = leaked()
    second = draft_fork(origin=desk.draft.document, owner=desk.bob)
    line(desk.at_draft).insert(0, "mine ")
    desk.in_draft()
    assert SECRET.encode() in stored_bytes()
    erase(desk)
    assert SECRET.encode() not in stored_bytes()
    assert text_of(desk.draft.document) == "mine a  b"
    assert text_of(second.document) == "a  b"
    closed = {event.document_id for event in rung if isinstance(event, RoomClosed)}
    assert closed == {desk.origin.pk, desk.draft.pk, second.pk}
    # Devices that were away throw away their copies of the drafts, too.
    assert [erasure_count(DocumentId(key)) for key in closed] == [1, 1, 1]
    assert AuditEntry.objects.get(action="history.erase").details["drafts"] == 2


def test_a_page_of_the_draft_that_was_away_brings_nothing_back() -> None:
    """It holds the text and writes on; then the draft is merged."""
    desk = leaked()
    erase(desk)
    line(desk.at_draft).insert(2, "still here ")
    desk.in_draft()
    append(desk.draft.document, desk.bob, [Update(desk.at_draft.doc.get_update())], is_relayed=True)
    assert SECRET not in text_of(desk.draft.document)
    desk.merge()
    assert text_of(desk.origin) == "a still here  b"
    assert SECRET.encode() not in stored_bytes().replace(bytes(desk.at_draft.doc.get_update()), b"")


def test_a_draft_whose_copy_escaped_brings_nothing_back() -> None:
    """Were a draft never scrubbed (a backup put back, say): the merge has no word of it."""
    desk = leaked()
    before = list(UpdateRecord.objects.filter(document=desk.draft.document))
    erase(desk)
    UpdateRecord.objects.filter(document=desk.draft.document).exclude(
        seq__in=[row.seq for row in before]
    ).delete()
    for row in before:
        row.save()
    assert SECRET in text_of(desk.draft.document)
    line(desk.at_draft).insert(2, "new ")
    append(desk.draft.document, desk.bob, desk.at_draft.sent)
    desk.merge()
    merged = UpdateRecord.objects.filter(document=desk.origin)
    assert SECRET.encode() not in b"".join(bytes(row.update) for row in merged)
    assert text_of(desk.origin) == "a new  b"


def test_a_draft_of_before_the_text_is_not_touched() -> None:
    desk = Desk("early")
    line(desk.at_origin).insert(0, SECRET)
    desk.in_origin()
    del line(desk.at_origin)[0 : len(SECRET)]
    desk.in_origin()
    head = now(desk.draft.document)
    erase(desk)
    assert now(desk.draft.document) == head
    with pytest.raises(NothingToErase):
        erase(desk)


# -- the review ----------------------------------------------------------------------------------


def test_a_review_shows_what_changes_and_both_sides_of_a_conflict() -> None:
    desk = Desk("one two")
    line(desk.at_origin).insert(0, "zero ")
    desk.in_origin()
    line(desk.at_draft).insert(7, " three")
    desk.at_draft.body.children.append(paragraph("more"))
    desk.in_draft()
    draft = desk.fresh()
    review = review_of(draft, desk.origin)
    (conflict,) = review.conflicts
    assert conflict.gone_in is None
    assert conflict.merged is not None
    assert conflict.merged.plain == "zero one two three"
    names = {desk.ann.pk: "Ann", desk.bob.pk: "Bob"}
    assert review_to_text(review, names.__getitem__) == (
        f"# Conflict 1 ({conflict.name}): both sides wrote here\n\n"
        "## Original\n~ {+zero +} (Ann)one two\n\n"
        "## Draft\n~ one two{+ three+} (Bob)\n\n"
        "## Merged\nzero one two three\n\n"
        "# Changes\n~ zero one two{+ three+} (Bob)\n+ more (Bob)\n"
    )
    html = review_to_html(review, names.__getitem__)
    head = f'<section data-conflict="both" data-name="{review.conflicts[0].name}">'
    assert f'{head}<div data-side="original">' in html
    assert f'<ins data-author="{desk.bob.pk}" title="Bob"> three</ins>' in html
    standing = standing_of(draft, desk.origin)
    assert (standing.is_ahead, standing.is_behind, standing.conflict_count) == (True, True, 1)


def parted(side: int) -> Desk:
    """One side (0: the origin) has removed the second of three blocks, the other wrote in it."""
    desk = Desk("first", seed=side)
    desk.at_origin.body.children.append(paragraph("goes"))
    desk.at_origin.body.children.append(paragraph("last"))
    desk.in_origin()
    draft_update(draft=desk.fresh(), actor=desk.bob)
    desk.at_draft = desk.writer()
    pages = (desk.at_origin, desk.at_draft)
    del pages[side].body.children[1]
    line(pages[1 - side], 1).insert(0, "or not: ")
    desk.in_origin()
    desk.in_draft()
    return desk


@pytest.mark.parametrize("side", [0, 1])
def test_a_block_that_one_side_removed_and_the_other_wrote_in_is_put_back(side: int) -> None:
    """Where it stood, in the record of the merge; the review shows it before. Once."""
    desk = parted(side)
    review = review_of(desk.fresh(), desk.origin)
    (conflict,) = review.conflicts
    assert conflict.gone_in == side
    assert conflict.merged is not None
    assert conflict.merged.plain == "or not: goes"
    kinds = [each.changes[0].kind for each in (conflict.origin, conflict.draft)]
    assert kinds == (["removed", "changed"] if side == 0 else ["changed", "removed"])
    shown = [each.node.plain for each in review.changes.changes if each.kind != "removed"]
    assert shown == ["first", "or not: goes", "last"]
    head = now(desk.origin)
    assert desk.merge() == head + 1
    assert lines_of(desk.origin) == ["first", "or not: goes", "last"]
    assert desk.merge() == head + 1
    draft_update(draft=desk.fresh(), actor=desk.bob)
    assert text_of(desk.fresh().document) == text_of(desk.origin)
    assert desk.merge() == head + 1


@pytest.mark.parametrize("side", [0, 1])
def test_a_block_is_left_out_on_demand_only(side: int) -> None:
    desk = parted(side)
    (conflict,) = review_of(desk.fresh(), desk.origin).conflicts
    draft = desk.fresh()
    draft_merge(draft=draft, actor=desk.bob, closes=False, left_out=[conflict.name])
    assert lines_of(desk.origin) == ["first", "last"]


@pytest.mark.parametrize("side", [0, 1])
def test_bringing_up_to_date_puts_blocks_back_too(side: int) -> None:
    """Else the draft would have seen the words, and its next merge remove them unasked."""
    desk = parted(side)
    draft_update(draft=desk.fresh(), actor=desk.bob)
    assert lines_of(desk.fresh().document) == ["first", "or not: goes", "last"]
    desk.merge()
    assert lines_of(desk.origin) == ["first", "or not: goes", "last"]


def test_nothing_kept_is_nothing_to_put_back() -> None:
    desk = Desk()
    state = full_state_at(moment_by_seq(DocumentId(desk.origin.pk), now(desk.origin)))
    assert keeping_update(state, {}, fresh_client()) is None


def test_of_a_list_that_is_gone_the_paragraph_is_put_back() -> None:
    """What it stood in was removed, and nobody wrote in that."""
    desk = Desk("first")
    item = XmlElement("listItem", {}, [paragraph("one"), paragraph("two")])
    desk.at_origin.body.children.append(XmlElement("bulletList", {}, [item]))
    desk.at_origin.body.children.append(paragraph("last"))
    desk.in_origin()
    draft_update(draft=desk.fresh(), actor=desk.bob)
    desk.at_draft = desk.writer()
    made: Any = desk.at_origin.body.children[1]
    made.children[0].children[1].children[0].insert(0, "still ")
    del desk.at_draft.body.children[1]
    desk.in_origin()
    desk.in_draft()
    desk.merge()
    content = read_document(current_state(DocumentId(desk.origin.pk))[0])
    assert [(block.type, block.plain) for block in content.content] == [
        ("paragraph", "first"),
        ("paragraph", "still two"),
        ("paragraph", "last"),
    ]


# -- files ---------------------------------------------------------------------------------------


def test_files_of_the_draft_become_the_origins() -> None:
    """Who reads the origin need not be let into the draft; the bytes are the same."""
    desk = Desk()
    added = attachment_add(
        document=desk.draft.document, uploader=desk.bob, name="a.png", source=ContentFile(PNG)
    )
    image = paragraph("")
    image = type(image)("image", {"src": attachment_url(added)})
    desk.at_draft.body.children.append(image)
    desk.in_draft()
    desk.merge(closes=True)
    (given_,) = Attachment.objects.filter(document=desk.origin)
    assert (given_.sha256, given_.path) == (added.sha256, added.path)
    content = read_document(current_state(DocumentId(desk.origin.pk))[0])
    assert [node.attrs["src"] for node in content.walk() if node.type == "image"] == [
        attachment_url(given_)
    ]
    document_purge(document=desk.fresh().document, actor=desk.bob)
    with Attachment.objects.get(pk=given_.pk).open() as file:
        assert file.read() == PNG
