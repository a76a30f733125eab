"""Records of another installation pass the gate before a document begins with them."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from collab.crdt.writer import document_to_update
from collab.history.ground import EditRefused
from collab.history.transplants import Past, Transplant
from collab.richtext.formats import parse
from collab.types import ClientId, DocumentId, Update, UserId

pytestmark = pytest.mark.django_db
ME = UserId(1)


def taken(*updates: bytes, max_bytes: int = 10_000) -> Transplant:
    past = [Past(Update(update), ME, timezone.now(), "merge") for update in updates]
    key = DocumentId(uuid.uuid4())
    return Transplant.of(key, past, owner_id=ME, max_bytes=max_bytes)


def test_records_are_refused_and_bounded_or_taken_as_they_are() -> None:
    update = bytes(document_to_update(parse("words", "markdown"), ClientId(7)))
    (record,) = taken(update).records
    assert (record.update, record.kind, record.owners) == (update, "import", {7: ME})
    with pytest.raises(EditRefused, match="no update"):
        taken(b"\xff\xff")
    with pytest.raises(EditRefused, match="does not have"):
        taken(b"\x01\x01\x07\x05\x84\x07\x04\x01a\x00")
    with pytest.raises(EditRefused, match="more than 8 bytes"):
        taken(update, max_bytes=8)
