from __future__ import annotations

import pytest

from collab.history.models import UpdateRecord
from collab.history.services import AlreadySeeded, document_seed
from tests.factories import make_document

pytestmark = pytest.mark.django_db


def test_a_document_is_seeded_once() -> None:
    """A second time is refused, and leaves nothing in the log."""
    document = make_document()
    document_seed(document=document, author=document.owner)
    with pytest.raises(AlreadySeeded):
        document_seed(document=document, author=document.owner)
    assert UpdateRecord.objects.filter(document=document).count() == 1
