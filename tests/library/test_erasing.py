from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from collab.crdt.past import advance
from collab.history import past, update_log
from collab.history.compaction import joined_state
from collab.history.erasure import STALE, erasure_ask, erasure_claim
from collab.history.models import Checkpoint, Erasure, HistoryCheckpoint, UpdateRecord
from collab.history.past import history_checkpoint_make, moment_by_seq
from collab.history.update_log import DatabaseUpdateLog
from collab.library.erasing import NOTHING, erase_what_waits
from collab.types import Update
from tests.api.conftest import client_of
from tests.history.scenes import Scene
from tests.history.test_erasure import SECRET, erase, leaked

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(settings: Settings) -> Scene:
    """A log that is longer than what is erased at once."""
    settings.ENV = replace(settings.ENV, erase_at_once_records=3)
    return leaked()


def asked(scene: Scene, first: int, last: int) -> Erasure:
    ends = (moment_by_seq(scene.key, seq) for seq in (first, last))
    return erasure_ask(
        document=scene.document,
        first=next(ends),
        last=next(ends),
        actor=scene.people[0],
        reason="why not",
    )


def is_stored() -> bool:
    stored = [bytes(row.update) for row in UpdateRecord.objects.all()]
    stored += [bytes(row.state) for row in Checkpoint.objects.all()]
    return any(SECRET.encode() in each for each in stored)


def test_a_long_log_is_erased_by_the_chore(scene: Scene) -> None:
    """The answer says that it waits, the list how far it is; one at a time."""
    owner = client_of(scene.people[0])
    url = f"/api/v1/documents/{scene.document.pk}/history/erasures"
    body = {"first": 2, "last": 2, "reason": "A password."}
    answer = owner.post(url, body, format="json")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert owner.post(url, body, format="json").status_code == 409
    assert is_stored()
    erase_what_waits()
    assert not is_stored()
    (gap,) = owner.get(url).json()
    assert (gap["state"], gap["reason"]) == ("done", "A password.")
    assert gap["scanned"] == gap["to_scan"] == 5  # with the record that deletes idle marks
    assert gap["elements"] >= len(SECRET)
    erase_what_waits()
    assert Erasure.objects.count() == 1


def test_one_that_cannot_be_done_says_why(scene: Scene) -> None:
    """And stands in nobody's way."""
    first = asked(scene, 1, 1)
    erase_what_waits()
    first.refresh_from_db()
    assert (first.state, first.failure) == (Erasure.State.FAILED, NOTHING)
    asked(scene, 2, 2)
    erase_what_waits()
    assert not is_stored()


def test_one_that_a_process_died_over_is_taken_up_again(scene: Scene) -> None:
    """After a while; until then it is that process's."""
    asked(scene, 2, 2)
    assert erasure_claim() is not None
    assert erasure_claim() is None
    Erasure.objects.update(touched_at=timezone.now() - STALE - timedelta(seconds=1))
    erase_what_waits()
    assert not is_stored()


def test_a_checkpoint_of_what_was_read_before_is_not_stored(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An erasure between the reading and the writing would be undone by it."""
    real = joined_state

    def meanwhile(updates: list[Update]) -> Update:
        state = real(updates)
        erase(scene, 2, 2)
        return state

    monkeypatch.setattr(update_log, "joined_state", meanwhile)
    assert DatabaseUpdateLog().checkpoint(scene.key) == 2
    assert not is_stored()


def test_a_history_checkpoint_of_what_was_read_before_is_not_stored(
    scene: Scene, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for those that keep deleted text."""
    settings.ENV = replace(settings.ENV, history_checkpoint_every=2)
    real = advance

    def meanwhile(updates: list[Update]) -> Update:
        monkeypatch.setattr(past, "advance", real)
        state = real(updates)
        erase(scene, 2, 2)
        return state

    monkeypatch.setattr(past, "advance", meanwhile)
    assert history_checkpoint_make(document_id=scene.key) is None
    assert not HistoryCheckpoint.objects.exists()
    assert history_checkpoint_make(document_id=scene.key) == 2
