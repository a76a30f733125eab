from __future__ import annotations

from dataclasses import replace

import pytest
from pytest_django import Settings

from collab.history.models import HistoryCheckpoint, Revision
from collab.history.revisions import revision_rename, revisions_cut, revisions_of
from collab.history.upkeep import history_upkeep
from collab.types import DocumentId
from tests.crdt.sessions import session
from tests.factories import make_document
from tests.history.logs import append

pytestmark = pytest.mark.django_db


def _spans(document_id: DocumentId) -> list[tuple[int, int, int]]:
    rows = revisions_of(document_id).reverse()
    return list(rows.values_list("number", "first_seq", "seq"))


def test_cutting_goes_on_where_it_ended() -> None:
    """In parts, while the log grows; the open revision grows with it."""
    document = make_document()
    key = DocumentId(document.pk)
    updates = session(1)
    append(document, document.owner, updates[:10])
    assert not revisions_cut(document_id=key, max_records=4)
    assert _spans(key) == [(1, 1, 4)]
    assert not revisions_cut(document_id=key, max_records=6)
    append(document, document.owner, updates[10:12], at_s=10_000)
    assert revisions_cut(document_id=key)
    assert _spans(key) == [(1, 1, 10), (2, 11, 12)]
    assert revisions_cut(document_id=key)


def test_two_that_cut_at_once_cut_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second writes nothing: no record is counted twice."""
    from collab.history import cutting, revisions

    document = make_document()
    key = DocumentId(document.pk)
    append(document, document.owner, session(1)[:5])
    cut = cutting.cut

    def other_first(*arguments: object) -> object:
        monkeypatch.setattr("collab.history.revisions.cut", cut)
        revisions.revisions_cut(document_id=key)
        return cut(*arguments)  # type: ignore[arg-type]  # passed on

    for _ in range(2):
        monkeypatch.setattr("collab.history.revisions.cut", other_first)
        revisions_cut(document_id=key)
        append(document, document.owner, session(1)[5:7])
    revisions_cut(document_id=key)
    assert _spans(key) == [(1, 1, 9)]
    row = Revision.objects.get()
    assert row.size_bytes == sum(len(record.update) for record in document.records.all())


def test_a_name_given_while_cutting_stands() -> None:
    """The revision keeps its name and what it ended with."""
    document = make_document()
    key = DocumentId(document.pk)
    append(document, document.owner, session(1)[:3])
    revisions_cut(document_id=key)
    revision_rename(revision=Revision.objects.get(), name="First")
    append(document, document.owner, session(1)[3:5])
    revisions_cut(document_id=key)
    assert _spans(key) == [(1, 1, 3), (2, 4, 5)]
    assert Revision.objects.get(number=1).name == "First"


def test_the_chore_cuts_and_checkpoints(settings: Settings) -> None:
    """Every document that has grown, until nothing is left."""
    settings.ENV = replace(settings.ENV, history_checkpoint_every=10)
    documents = [make_document() for _ in range(2)]
    updates = session(2)
    for document in documents:
        append(document, document.owner, updates)
    history_upkeep()
    for document in documents:
        assert _spans(DocumentId(document.pk)) == [(1, 1, len(updates))]
        assert HistoryCheckpoint.objects.filter(document=document).exists()
