from __future__ import annotations

import io

import pytest

from collab.accounts.models import User
from collab.attachments.models import Attachment
from collab.crdt.reader import read_document
from collab.documents.models import Document
from collab.formats.export import export
from collab.formats.limits import Limits
from collab.formats.programs import Programs
from collab.history.selectors import current_state
from collab.library.imports import import_file
from collab.richtext.formats import parse, render
from collab.types import DocumentId
from tests.factories import make_user
from tests.formats.samples import SAMPLE, resolve

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make_user("ann")


@pytest.mark.parametrize("wanted", ["docx", "odt"])
def test_a_word_processors_file_becomes_a_document_with_its_images(ann: User, wanted: str) -> None:
    made = export(
        parse(SAMPLE, "markdown"),
        wanted,
        title="",
        language="en",
        resolve_image=resolve,
        programs=Programs(Limits()),
    )
    source = io.BytesIO(made.data)
    (outcome,) = import_file(owner=ann, name=f"计划.{wanted}", source=source, folder=None)
    assert outcome.error is None
    assert outcome.document is not None
    assert outcome.document.title == "计划"
    state, _ = current_state(DocumentId(outcome.document.pk))
    html = render(read_document(state), "html")
    attachment = Attachment.objects.get(document=outcome.document)
    assert f"/files/{attachment.pk}/" in html
    assert "完成" in html


def test_a_broken_one_is_named_and_nothing_is_made(ann: User) -> None:
    source = io.BytesIO(b"PK\x03\x04 broken")
    (outcome,) = import_file(owner=ann, name="a.docx", source=source, folder=None)
    assert outcome.document is None
    assert "damaged" in str(outcome.error)
    assert not Document.objects.exists()
