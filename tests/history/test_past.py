from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_django import Settings

from collab.crdt.doc import LiveDoc
from collab.crdt.origins import Origins
from collab.crdt.reader import read_updates
from collab.crdt.update import STRING, decode_state_vector, decode_update
from collab.documents.models import Document
from collab.history import past
from collab.history.models import HistoryCheckpoint
from collab.history.past import (
    UnknownMoment,
    content_at,
    documents_without_checkpoint,
    full_state_at,
    history_checkpoint_make,
    moment_by_seq,
    moment_by_time,
    origins_at,
    state_at,
)
from collab.history.update_log import DatabaseUpdateLog
from collab.types import DocumentId, Seq, Update
from tests.crdt.sessions import session
from tests.factories import make_document
from tests.history.logs import BEGAN, append

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _often(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints every ten records."""
    monkeypatch.setattr(past, "LOG_PER_CHECKPOINT", 10**9)
    settings.ENV = replace(settings.ENV, history_checkpoint_every=10)


def _written(seed: int) -> tuple[Document, list[Update]]:
    document = make_document()
    updates = session(seed, steps=60)
    append(document, document.owner, updates)
    return document, updates


@pytest.mark.parametrize("seed", range(4))
def test_checkpoint_and_tail_equal_all_records_at_every_moment(seed: int) -> None:
    """The law of history, for content, for the state, and for the state with its deleted text."""
    document, updates = _written(seed)
    key = DocumentId(document.pk)
    while history_checkpoint_make(document_id=key) is not None:
        pass
    assert HistoryCheckpoint.objects.filter(document=document).count() == len(updates) // 10
    if seed % 2:
        DatabaseUpdateLog().checkpoint(key)
    for seq in range(len(updates) + 1):
        moment = moment_by_seq(key, seq)
        records = updates[:seq]
        assert content_at(moment) == read_updates(records)
        assert seen(state_at(moment)) == seen(*records)
        assert seen(full_state_at(moment), keep=True) == seen(*records, keep=True)


def seen(*updates: Update, keep: bool = False) -> tuple[object, ...]:
    """Return what does not depend on how yrs cuts its structs: clocks, deletes, how much text."""
    document = LiveDoc.load(updates, keep_deleted=keep)
    structs = decode_update(document.diff()).structs
    text = sum(struct.length for struct in structs if struct.ref == STRING)
    return decode_state_vector(document.state_vector()), document.delete_set(), text


def test_origins_are_those_of_the_records() -> None:
    """Whichever checkpoints they were packed in."""
    document, updates = _written(9)
    key = DocumentId(document.pk)
    for _ in range(2):
        history_checkpoint_make(document_id=key)
    upto = 35
    expected = Origins()
    for seq, update in enumerate(updates[:upto], start=1):
        expected.add(Seq(seq), decode_update(update))
    found = origins_at(moment_by_seq(key, upto))
    assert (found.inserts, found.deletes) == (expected.inserts, expected.deletes)


def test_a_large_document_is_built_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its content is the same."""
    document, updates = _written(5)
    moment = moment_by_seq(DocumentId(document.pk), len(updates))
    here = content_at(moment)
    monkeypatch.setattr(past, "MAX_BYTES_HERE", 10)
    assert content_at(moment) == here


def test_a_checkpoint_is_due_after_so_many_records() -> None:
    """And a document is in the chore's list until then only."""
    document = make_document()
    key = DocumentId(document.pk)
    updates = session(6, steps=60)
    append(document, document.owner, updates[:9])
    assert history_checkpoint_make(document_id=key) is None
    assert documents_without_checkpoint(5) == []
    append(document, document.owner, updates[9:12])
    assert documents_without_checkpoint(5) == [key]
    assert history_checkpoint_make(document_id=key) == 10
    assert documents_without_checkpoint(5) == []


def test_checkpoints_take_no_more_than_a_part_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large document whose log grows slowly gets fewer."""
    monkeypatch.setattr(past, "LOG_PER_CHECKPOINT", 0.001)
    document, _ = _written(7)
    key = DocumentId(document.pk)
    assert history_checkpoint_make(document_id=key) == 10
    assert history_checkpoint_make(document_id=key) is None


def test_moments_by_time() -> None:
    """The last record at or before it."""
    document, updates = _written(8)
    key = DocumentId(document.pk)
    for seq in (1, 2, 17, len(updates)):
        at = BEGAN + timedelta(seconds=seq - 1)
        assert moment_by_time(key, at) == moment_by_seq(key, seq)
        assert moment_by_time(key, at + timedelta(seconds=0.5)).seq == seq
    assert moment_by_time(key, BEGAN + timedelta(days=9)).seq == len(updates)
    with pytest.raises(UnknownMoment, match="It begins at 2026-01-02"):
        moment_by_time(key, BEGAN - timedelta(seconds=1))
    with pytest.raises(UnknownMoment, match=f"last one is {len(updates)}"):
        moment_by_seq(key, len(updates) + 1)
    with pytest.raises(UnknownMoment, match="no content yet"):
        moment_by_time(DocumentId(make_document().pk), BEGAN)
