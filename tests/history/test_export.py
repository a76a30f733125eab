"""The whole history as a file takes no more memory for a long log than for a short one."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText

from collab.history import export
from collab.history.export import FORMS, HistoryExport
from collab.types import Update
from tests.factories import make_document, make_user
from tests.history.logs import append

pytestmark = pytest.mark.django_db

CHUNK = 200
SHORT, LONG = 3 * CHUNK, 20 * CHUNK
MAX_GROWTH = 1.5


def typed(count: int) -> list[Update]:
    """Return what somebody types who takes back every second letter."""
    doc: Doc[Any] = Doc(client_id=5)
    text = XmlText()
    doc.get("default", type=XmlFragment).children.append(XmlElement("paragraph", {}, [text]))
    updates = [Update(doc.get_update())]

    def note(event: object) -> None:
        assert isinstance(event, TransactionEvent)
        updates.append(Update(event.update))

    subscription = doc.observe(note)
    for number in range(count - 1):
        if number % 2:
            del text[0:1]
        else:
            text.insert(0, "x")
    doc.unobserve(subscription)
    return updates


@pytest.mark.parametrize("form", sorted(FORMS))
def test_memory_does_not_grow_with_the_log(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Seven times as many records, and about the same at the highest."""
    monkeypatch.setattr(export, "CHUNK", CHUNK)
    person, updates = make_user(), typed(LONG)
    peaks, sizes = [], []
    for count in (SHORT, LONG):
        document = make_document(person)
        append(document, person, updates[:count])
        pieces = FORMS[form][1](HistoryExport.of(document))
        tracemalloc.start()
        sizes.append(sum(len(piece) for piece in pieces))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert sizes[1] > 4 * sizes[0]
    assert peaks[1] < MAX_GROWTH * peaks[0]
