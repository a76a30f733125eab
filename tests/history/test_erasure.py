from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from django.db import connection

from collab.audit.models import AuditEntry
from collab.bus.events import BusEvent, RoomClosed
from collab.crdt.past import advance
from collab.crdt.reader import read_updates
from collab.documents.models import Document
from collab.history.attribution import attribution_of
from collab.history.erasure import NothingToErase, history_erase
from collab.history.models import Checkpoint, Erasure, Revision, UpdateRecord
from collab.history.past import content_at, full_state_at, moment_by_seq
from collab.history.revisions import revisions_cut_all
from collab.history.selectors import head_seq
from collab.history.update_log import DatabaseUpdateLog
from collab.types import Update
from tests.history.scenes import Scene, line, paragraph

SECRET = "hunter2-very-secret"


def leaked(writer_count: int = 2) -> Scene:
    """Ann writes, Bob pastes a secret, a checkpoint is made, Ann deletes it and writes on."""
    scene = Scene(writer_count)
    ann, bob = scene.writers
    ann.body.children.append(paragraph("hello "))
    scene.send(0)
    line(bob).insert(6, SECRET, {"link": {"href": f"https://{SECRET}.example"}})
    scene.send(1)
    DatabaseUpdateLog().checkpoint(scene.key)
    del line(ann)[6 : 6 + len(SECRET)]
    scene.send(0)
    line(ann).insert(6, "world")
    scene.send(0)
    revisions_cut_all(document_id=scene.key)
    return scene


def erase(scene: Scene, first: int, last: int) -> Erasure:
    return history_erase(
        document=scene.document,
        first=moment_by_seq(scene.key, first),
        last=moment_by_seq(scene.key, last),
        actor=scene.people[0],
    )


@pytest.mark.django_db
def test_a_secret_is_gone_from_records_and_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """And from every moment; nothing else has changed, numbers, authors and the present least."""
    rung: list[BusEvent] = []
    monkeypatch.setattr("collab.history.erasure.ring_on_commit", rung.append)
    scene = leaked()
    head = head_seq(scene.key)
    now = content_at(moment_by_seq(scene.key, head))
    assert head == 4
    rows = list(UpdateRecord.objects.order_by("seq").values("seq", "author_id", "created_at"))
    revisions = list(Revision.objects.values("number", "first_seq", "seq"))
    made = erase(scene, 2, 2)
    assert (made.first_seq, made.last_seq, made.elements >= len(SECRET)) == (2, 2, True)
    stored = [bytes(row.update) for row in UpdateRecord.objects.all()]
    stored += [bytes(row.state) for row in Checkpoint.objects.all()]
    assert not [each for each in stored if SECRET.encode() in each]
    for seq in range(head + 1):
        moment = moment_by_seq(scene.key, seq)
        assert SECRET not in content_at(moment).plain
        assert SECRET.encode() not in bytes(full_state_at(moment))
        deletions = attribution_of(moment, with_deleted=True).deletions
        assert not [gone for gone in deletions if SECRET in gone.text]
    assert content_at(moment_by_seq(scene.key, head)) == now
    assert content_at(moment_by_seq(scene.key, 1)).plain == "hello "
    after = UpdateRecord.objects.order_by("seq").values("seq", "author_id", "created_at")
    # One record more: it deletes the link that stood on the secret, in every replica.
    assert list(after)[:-1] == rows
    assert list(Revision.objects.values("number", "first_seq", "seq")) == revisions
    assert rung == [RoomClosed(scene.key, has_erased=True)]
    entry = AuditEntry.objects.get(action="history.erase")
    assert (entry.actor, entry.document_id) == (scene.people[0], scene.document.pk)
    assert SECRET not in str(entry.details)
    with pytest.raises(NothingToErase):
        erase(scene, 2, 2)


@pytest.mark.django_db
def test_a_browser_that_still_has_the_text_brings_nothing_back() -> None:
    """Replicas that kept the deleted text sync as before: what they hold is known, as deleted."""
    scene = leaked()
    old = scene.writers[1].doc.get_update()
    erase(scene, 1, 4)
    updates = [Update(bytes(row.update)) for row in UpdateRecord.objects.order_by("seq")]
    both = advance([*updates, Update(old)])
    assert SECRET.encode() not in bytes(both)
    assert read_updates([both]).plain == read_updates([Update(old)]).plain


@pytest.mark.django_db
def test_what_is_in_the_document_stays() -> None:
    """And what was deleted before the stretch, or came after it."""
    scene = leaked()
    text = line(scene.writers[0])
    text.insert(0, "stays ")
    scene.send(0)
    now = content_at(moment_by_seq(scene.key, 5))
    # The secret was deleted before; the link that stood on it was still there.
    erase(scene, 5, 5)
    assert content_at(moment_by_seq(scene.key, head_seq(scene.key))) == now
    record = bytes(UpdateRecord.objects.get(seq=2).update)
    assert SECRET.encode() in record
    assert b"https" not in record


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_the_file_of_the_database_does_not_hold_it() -> None:
    """Not in free pages, and not in the write-ahead log."""
    scene = leaked()
    name = str(connection.settings_dict["NAME"])
    with sqlite3.connect(name) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    files = [Path(name), Path(f"{name}-wal")]
    assert any(SECRET.encode() in path.read_bytes() for path in files if path.exists())
    erase(scene, 1, 4)
    assert not [p for p in files if p.exists() and SECRET.encode() in p.read_bytes()]
    assert Document.objects.get().pk == scene.document.pk
