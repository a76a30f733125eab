"""Files come in within limits, go with their document, stay where history shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone

from collab.attachments.collect import collect_unused
from collab.attachments.models import Attachment, attachment_storage
from collab.attachments.selectors import attachment_url
from collab.attachments.services import (
    AttachmentRefused,
    AttachmentTooBig,
    QuotaFull,
    attachment_add,
    attachment_remove,
    attachments_copy,
    clean_name,
)
from collab.documents.models import Document
from collab.history.services import document_seed
from collab.richtext.tree import Node
from tests.attachments.test_sniff import PNG
from tests.factories import make_document

pytestmark = pytest.mark.django_db


def put(document: Document, content: bytes = PNG, name: str = "photo.png") -> Attachment:
    return attachment_add(
        document=document, uploader=document.owner, name=name, source=ContentFile(content)
    )


def stored(attachment: Attachment) -> bool:
    return attachment_storage().exists(attachment.path)


def test_a_file_is_stored_under_ids_and_known_by_its_name() -> None:
    document = make_document()
    attachment = put(document, name="..\\secret/holiday 照片.png")
    assert attachment.name == "holiday 照片.png"
    assert attachment.path == f"{document.pk}/{attachment.pk}"
    assert (attachment.content_type, attachment.size_bytes) == ("image/png", len(PNG))
    assert attachment.open().read() == PNG


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a/b\\c.txt", "c.txt"), ("\x00\x1b[31m", "[31m"), ("", "file"), ("x" * 300, "x" * 255)],
)
def test_names_are_cleaned(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_limits_are_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    document = make_document()
    tight = replace(settings.ENV, attachment_max_bytes=40, attachment_quota_bytes=70)
    monkeypatch.setattr(settings, "ENV", tight)
    with pytest.raises(AttachmentTooBig, match="41 bytes; 40 are taken"):
        put(document, b"x" * 41)
    with pytest.raises(AttachmentRefused, match="empty"):
        put(document, b"")
    put(document, b"x" * 40)
    with pytest.raises(QuotaFull, match="40 of 70 bytes"):
        put(make_document(document.owner), b"x" * 31)
    put(make_document(), b"x" * 40)  # another owner has room of their own


@pytest.mark.django_db(transaction=True)
def test_a_file_goes_with_its_last_row() -> None:
    document, other = make_document(), make_document()
    attachment = put(document)
    copy = attachments_copy(attachments=[attachment], document=other, uploader=None)[attachment.pk]
    document.delete()
    assert stored(copy)
    attachment_remove(attachment=copy)
    assert not stored(attachment)


@pytest.mark.django_db(transaction=True)
def test_the_collector_takes_only_what_no_record_names() -> None:
    """Before its time nothing goes; after it, what history may show stays."""
    document = make_document()
    used, unused, new = put(document), put(document), put(document)
    image = Node("image", {"src": attachment_url(used), "alt": "x", "title": None})
    document_seed(document=document, author=document.owner, content=Node("doc", content=(image,)))
    before = timezone.now() - timedelta(seconds=settings.ENV.attachment_grace_s + 1)
    Attachment.objects.filter(pk__in=[used.pk, unused.pk]).update(created_at=before)
    collect_unused()
    assert set(Attachment.objects.values_list("pk", flat=True)) == {used.pk, new.pk}
    assert not stored(unused)
    assert Attachment.objects.get(pk=used.pk).used_at is not None
    collect_unused()
    assert stored(used)
