"""The follow-up of a record that killed words unseen: exactly once, whoever makes it and when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from collab.history import rescuing
from collab.history.attribution import attribution_of
from collab.history.erasure import history_erase
from collab.history.merge_models import MergeNote, MergeWatch
from collab.history.merging import want
from collab.history.models import Revision, UpdateRecord
from collab.history.past import moment_by_seq
from collab.history.rescue_memory import Memories, Memory
from collab.history.rescuing import MAX_TRIES, rescue_document, rescue_what_is_due
from collab.history.revisions import moment_name, revisions_cut_all
from collab.history.selectors import current_state, head_seq
from collab.types import DocumentId, Update
from tests.history.logs import append
from tests.history.merging import Crossing, crossed, restyle
from tests.history.scenes import line, paragraph

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> Memories:
    """What is remembered: nothing, at first."""
    memories = Memories()
    monkeypatch.setattr(rescuing, "memories", memories)
    return memories


def records(scene: Crossing) -> list[UpdateRecord]:
    return list(UpdateRecord.objects.filter(document=scene.document).order_by("seq"))


def test_words_that_died_unseen_are_written_back_once() -> None:
    scene = crossed()
    assert scene.plain() == "hello world"
    rescue_document(scene.key)
    assert scene.plain() == "hello dear world"
    rescue_document(scene.key)
    rescue_what_is_due()
    assert [each.kind for each in records(scene)] == ["live", "live", "live", "rescue"]
    note = MergeNote.objects.get(document=scene.document)
    assert (note.seq, note.rescue_seq) == (3, 4)
    watch = MergeWatch.objects.get(pk=scene.key)
    assert watch.upto >= watch.wanted == 3


def test_what_is_rescued_is_its_writers_with_its_time() -> None:
    scene = crossed()
    rescue_document(scene.key)
    bob = scene.people[1].pk
    assert records(scene)[-1].author_id == bob
    found = attribution_of(moment_by_seq(scene.key, 4), with_deleted=True)
    dear = next(run for run in found.runs if run.start == 5)
    assert (dear.by.author_id, dear.by.seq, dear.by.is_relayed) == (bob, 3, False)
    assert not found.deletions


def test_a_rescue_is_no_revision_of_its_own() -> None:
    scene = crossed()
    rescue_document(scene.key)
    revisions_cut_all(document_id=scene.key)
    (row,) = Revision.objects.all()
    assert (row.kind, row.first_seq, row.seq) == ("automatic", 1, 4)
    assert row.author_ids == [person.pk for person in scene.people]
    # What Bob wrote counts once, and what the rescue takes from where it was, not at all.
    assert (row.insertions, row.deletions) == (11 + 5 + 11, 2 + 11)


def test_it_is_no_revision_behind_one_that_has_a_name() -> None:
    """That one must not change any more; so the rescue is the first record of the next one."""
    scene = crossed()
    moment_name(document=scene.document, name="draft")
    rescue_document(scene.key)
    revisions_cut_all(document_id=scene.key)
    named, after = Revision.objects.order_by("number")
    assert (named.seq, after.first_seq, after.kind) == (3, 4, "automatic")
    line(scene.writers[0]).insert(0, "x")
    scene.commit(0)
    revisions_cut_all(document_id=scene.key)
    assert Revision.objects.count() == 2


def test_whoever_is_late_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes look at once: the second finds it done when it comes to write."""
    scene = crossed()
    real = rescuing._write

    def late(watch: MergeWatch, head: int, rescues: dict[int, Update]) -> int:
        monkeypatch.setattr(rescuing, "_write", real)
        rescue_document(scene.key)
        return real(watch, head, rescues)

    monkeypatch.setattr(rescuing, "_write", late)
    rescue_document(scene.key)
    assert [each.kind for each in records(scene)].count("rescue") == 1
    assert scene.plain() == "hello dear world"


def test_a_process_that_died_leaves_it_to_the_chore() -> None:
    scene = crossed()
    rescue_what_is_due()
    assert scene.plain() == "hello world", "its own process has had no time yet"
    MergeWatch.objects.update(touched_at=timezone.now() - timedelta(minutes=1))
    rescue_what_is_due()
    assert scene.plain() == "hello dear world"


def test_later_looks_need_not_read_the_log_again(remembered: Memories) -> None:
    scene = crossed()
    rescue_document(scene.key)
    kept = remembered.get(scene.key, erasures=0, since=0, upto=10)
    assert (kept.upto, bool(kept.dump)) == (3, True)
    bob = scene.writers[1]
    line(bob).insert(10, ", old")
    scene.commit(1)
    rescue_document(scene.key)
    assert scene.plain() == "hello dear, old world"
    assert [each.kind for each in records(scene)].count("rescue") == 2
    # A process that remembers nothing comes to the same.
    remembered.forget(scene.key)
    line(bob).insert(15, " friend")
    scene.commit(1)
    rescue_document(scene.key)
    assert scene.plain() == "hello dear, old friend world"


def test_where_the_log_has_another_rescue_than_ours_it_is_taken_as_it_is(
    remembered: Memories,
) -> None:
    """Of another version, or with text erased: the law begins anew behind it, and works on."""
    scene = crossed()
    rescue_document(scene.key)
    row = records(scene)[-1]
    row.update = bytes(row.update).replace(b" dear", b" DEAR")
    row.save()
    bob = scene.writers[1]
    line(bob).insert(11, "!")
    scene.commit(1)
    remembered.forget(scene.key)
    rescue_document(scene.key)
    assert "!" in scene.plain()
    assert "DEAR" in scene.plain()
    assert MergeWatch.objects.get(pk=scene.key).since == 3


def test_a_log_that_cannot_be_read_is_not_tried_for_ever() -> None:
    scene = crossed()
    UpdateRecord.objects.filter(seq=1).update(update=b"\xff\xff")
    for tries in range(1, MAX_TRIES):
        rescue_document(scene.key)
        watch = MergeWatch.objects.get(pk=scene.key)
        assert (watch.tries, watch.wanted > watch.upto) == (tries, True)
        assert watch.failure
    rescue_document(scene.key)
    watch = MergeWatch.objects.get(pk=scene.key)
    assert watch.upto >= watch.wanted
    assert head_seq(scene.key) == 3
    # What comes then waits: each look may cost minutes. After an hour it is tried once.
    line(scene.writers[1]).insert(10, "!")
    (update,) = scene.writers[1].sent
    want(scene.key, append(scene.document, scene.people[1], [update])[0])
    rescue_document(scene.key)
    assert MergeWatch.objects.get(pk=scene.key).upto == 3
    MergeWatch.objects.update(touched_at=timezone.now() - timedelta(hours=2))
    rescue_what_is_due()
    assert MergeWatch.objects.get(pk=scene.key).upto == 4


@pytest.mark.parametrize("field", ["frozen_at", "trashed_at"])
def test_where_nobody_may_write_it_waits(field: str) -> None:
    scene = crossed()
    setattr(scene.document, field, timezone.now())
    scene.document.save()
    rescue_document(scene.key)
    MergeWatch.objects.update(touched_at=timezone.now() - timedelta(minutes=1))
    rescue_what_is_due()
    assert scene.plain() == "hello world"
    setattr(scene.document, field, None)
    scene.document.save()
    rescue_what_is_due()
    assert scene.plain() == "hello dear world"


def test_what_is_remembered_is_bounded() -> None:
    kept = Memories(max_bytes=10)
    one, other = (DocumentId(make.pk) for make in (crossed().document, crossed().document))
    kept.keep(one, Memory(b"123456", 1))
    kept.keep(other, Memory(b"123456", 1))
    assert kept.size_bytes == 6
    assert not kept.get(one, erasures=0, since=0, upto=1).dump
    assert kept.get(other, erasures=0, since=0, upto=1).dump
    assert not kept.get(other, erasures=1, since=0, upto=1).dump, "text was erased since"


SECRET = "hunter2-very-secret"


def rescued_secret() -> Crossing:
    """Bob pastes a secret into a line that Ann makes anew; it is rescued, and then taken out."""
    scene = Crossing(2)
    ann, bob = scene.writers
    ann.body.children.append(paragraph("hello world"))
    scene.commit(0, is_heard=True)
    line(bob).insert(5, SECRET)
    restyle(ann)
    scene.commit(1)
    scene.commit(0)
    rescue_document(scene.key)
    assert scene.plain() == f"hello{SECRET} world"
    return scene


def take_out(scene: Crossing) -> None:
    ann = scene.writers[0]
    ann.hear(current_state(scene.key)[0])
    del line(ann)[5 : 5 + len(SECRET)]
    scene.commit(0)
    assert scene.plain() == "hello world"


@pytest.mark.parametrize(("first", "last"), [(2, 3), (4, 5), (5, 5)])
def test_what_is_erased_goes_with_its_rescued_copy(first: int, last: int) -> None:
    """Whichever of the two the stretch shows: where it was written, or where it was rescued to."""
    scene = rescued_secret()
    take_out(scene)
    assert sum(SECRET.encode() in bytes(each.update) for each in records(scene)) == 2
    erase(scene, first, last)
    assert not [each.seq for each in records(scene) if SECRET.encode() in bytes(each.update)]
    assert scene.plain() == "hello world"
    # The law goes on behind it.
    line(scene.writers[1]).insert(3, "!")
    scene.commit(1)
    rescue_document(scene.key)
    assert "!" in scene.plain()


def test_what_is_shown_is_not_erased_with_the_place_that_it_was_rescued_from() -> None:
    scene = rescued_secret()
    erase(scene, 2, 3)
    assert scene.plain() == f"hello{SECRET} world"


def erase(scene: Crossing, first: int, last: int) -> None:
    moments = [moment_by_seq(scene.key, seq) for seq in (first, last)]
    history_erase(document=scene.document, first=moments[0], last=moments[1], actor=scene.people[0])


@pytest.mark.parametrize(
    ("upto", "text"),
    [(1, "hello world!"), (2, "hello! world"), (None, "hello! world")],
    ids=["before", "after", "unsaid"],
)
def test_what_a_page_had_seen_tells_where_the_end_of_a_line_is(upto: int | None, text: str) -> None:
    """Typed at the end of a line that another has split; the bytes are the same."""
    scene = Crossing(2)
    scene.writers[0].body.children.append(paragraph("hello world"))
    scene.commit(0, is_heard=True)
    first, tail = line(scene.writers[0]), " world"
    with scene.writers[0].doc.transaction():
        del first[5:]
        scene.writers[0].body.children.insert(1, paragraph(tail))
    scene.commit(0)
    line(scene.writers[1]).insert(11, "!")
    (seq,) = scene.commit(1)
    if upto is not None:
        MergeNote.objects.update_or_create(
            document=scene.document, seq=seq, defaults={"upto": upto, "is_undo": False}
        )
    want(scene.key, seq)
    rescue_document(scene.key)
    assert scene.plain() == text
