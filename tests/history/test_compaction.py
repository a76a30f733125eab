from __future__ import annotations

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from collab.crdt.doc import CrdtFailure, LiveDoc
from collab.history import processes
from collab.history.compaction import documents_to_compact, joined_state
from collab.history.models import Checkpoint, UpdateRecord
from collab.history.update_log import DatabaseUpdateLog, compact_what_is_due
from collab.history.verifying import is_what_updates_make
from collab.types import DocumentId, Update
from tests.crdt.sessions import session
from tests.crdt.test_doc import typed
from tests.history.test_update_log import document, pending


def test_a_large_state_is_made_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is that of this process, which does not make it."""
    updates = typed("x" * 40)
    here = joined_state(updates)
    monkeypatch.setattr(processes, "INLINE_UPDATES", 10)
    monkeypatch.setattr(LiveDoc, "diff", lambda *_: pytest.fail("made here"))
    assert joined_state(updates) == here


def test_a_crash_is_a_failure_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the CRDT library does not survive costs the process that was made for it."""
    monkeypatch.setattr(processes, "INLINE_UPDATES", 0)
    with pytest.raises(CrdtFailure, match="ended with 1"):
        joined_state([Update(b"\x01\x01")])
    monkeypatch.setattr(processes, "PATIENCE_S", 0.001)
    with pytest.raises(CrdtFailure, match="too long"):
        joined_state(typed("x"))


@pytest.mark.parametrize("inline_updates", [0, 1_000])
def test_a_state_is_compared_with_what_updates_make(
    monkeypatch: pytest.MonkeyPatch, inline_updates: int
) -> None:
    """Here and in another process: a letter less, or another one in its place, is seen."""
    updates = typed("same")
    state = joined_state(updates)
    monkeypatch.setattr(processes, "INLINE_UPDATES", inline_updates)
    if not inline_updates:
        monkeypatch.setattr(LiveDoc, "is_same_as", lambda *_: pytest.fail("compared here"))
    assert is_what_updates_make(state, updates)
    assert not is_what_updates_make(state, updates[:-1])
    one, other = (joined_state(session(seed)) for seed in (1, 2))
    assert is_what_updates_make(one, [one])
    assert not is_what_updates_make(one, [one, other])


@pytest.mark.django_db
def test_the_chore_compacts_what_has_grown_and_leaves_the_records() -> None:
    """Twice CHECKPOINT_EVERY records without a checkpoint are too many."""
    log, small, large = DatabaseUpdateLog(), document(), document()
    for each, count in ((small, 5), (large, 1_000)):
        key = DocumentId(each.pk)
        log.append([pending(key, update, each.owner_id) for update in typed("y" * count)])
    compact_what_is_due()
    assert list(Checkpoint.objects.values_list("pk", "seq")) == [(large.pk, 1_000)]
    assert UpdateRecord.objects.count() == 1_005
    assert documents_to_compact(at_least=1) == [small.pk]


@pytest.mark.django_db
def test_the_command_says_what_it_did() -> None:
    """One document or all; an unknown one is an error in words."""
    log, one = DatabaseUpdateLog(), document()
    key = DocumentId(one.pk)
    log.append([pending(key, update, one.owner_id) for update in typed("abc")])
    out = StringIO()
    call_command("compact", str(key), stdout=out)
    assert f"{key}: 3 records in a state of" in out.getvalue()
    call_command("compact", "--all", stdout=out)
    assert "0 documents compacted." in out.getvalue()
    with pytest.raises(CommandError, match="no document"):
        call_command("compact", str(uuid4()))
