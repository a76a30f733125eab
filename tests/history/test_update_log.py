from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from collab.accounts.models import User
from collab.crdt.doc import LiveDoc
from collab.documents.models import Document
from collab.documents.services import document_create
from collab.history.selectors import current_state
from collab.history.update_log import DatabaseUpdateLog
from collab.room.ports import PendingUpdate
from collab.types import ClientId, DocumentId, Seq, Update, UserId
from tests.crdt.test_doc import typed

pytestmark = pytest.mark.django_db


def document() -> Document:
    return document_create(owner=User.objects.create(username=f"u{uuid4().hex[:8]}"), title="T")


def pending(document_id: DocumentId, update: Update, author: int) -> PendingUpdate:
    return PendingUpdate(
        document_id,
        update,
        UserId(author),
        (ClientId(7),),
        False,
        (ClientId(7),),
        datetime.now(UTC),
    )


def test_numbers_have_no_gaps_and_are_per_document() -> None:
    """Records of a document are 1, 2, 3 ... whatever else is in the batch."""
    log, one, two = DatabaseUpdateLog(), document(), document()
    a, b = DocumentId(one.pk), DocumentId(two.pk)
    gone = DocumentId(uuid4())
    updates = typed("abcd")
    batch = [
        pending(a, updates[0], one.owner_id),
        pending(gone, updates[0], one.owner_id),
        pending(b, updates[0], two.owner_id),
        pending(a, updates[1], one.owner_id),
    ]
    assert log.append(batch) == [1, None, 1, 2]
    assert log.append([pending(a, updates[2], one.owner_id)]) == [3]
    assert log.heads([a, b, gone]) == {a: 3, b: 1}
    assert [record.seq for record in log.read_after(a, Seq(1), 10)] == [2, 3]


def test_checkpoint_and_tail_equal_all_records() -> None:
    """The law of history: checkpoint + records after it = all records."""
    log, one = DatabaseUpdateLog(), document()
    key = DocumentId(one.pk)
    updates = typed("你好 world")
    log.append([pending(key, update, one.owner_id) for update in updates[:5]])
    assert log.checkpoint(key) == 5
    log.append([pending(key, update, one.owner_id) for update in updates[5:]])
    stored = log.load(key)
    assert stored is not None
    assert (stored.checkpoint_seq, stored.seq) == (5, len(updates))
    assert stored.bindings == {7: one.owner_id}
    expected = LiveDoc.load(updates).diff()
    assert LiveDoc.load(stored.updates).diff() == expected
    assert current_state(key) == (expected, len(updates))


def test_an_unknown_document_has_no_load() -> None:
    """There is nothing to build a room from."""
    assert DatabaseUpdateLog().load(DocumentId(uuid4())) is None
