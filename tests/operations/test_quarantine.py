"""Updates that broke a document: how many are kept, for how long, and who may look at them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from collab.documents.models import Document
from collab.operations.models import QuarantinedUpdate
from collab.operations.quarantine import MAX_ERROR_CHARS, quarantine_prune, update_quarantine
from collab.types import DocumentId, Seq, Update, UserId
from tests.factories import make_document, make_reader
from tests.operations.test_operations import staff

pytestmark = pytest.mark.django_db
URL = "/admin/operations/quarantinedupdate/"


def keep(document: Document, update: bytes, error: str = "PanicException: index") -> None:
    update_quarantine(
        document_id=DocumentId(document.pk),
        author_id=UserId(document.owner_id),
        update=Update(update),
        after_seq=Seq(7),
        error=error,
    )


def test_only_so_many_and_so_much_is_kept(settings: LazySettings) -> None:
    """The oldest go first; of a large one only its size is kept, of a long error the beginning."""
    document = make_document()
    limit = settings.ENV.quarantine_max_bytes
    for number in range(settings.ENV.quarantine_keep):
        keep(document, bytes([number % 256]))
    oldest = QuarantinedUpdate.objects.last()
    keep(document, b"x" * (limit + 1), "e" * 2 * MAX_ERROR_CHARS)
    assert QuarantinedUpdate.objects.count() == settings.ENV.quarantine_keep
    assert oldest not in QuarantinedUpdate.objects.all()
    newest = QuarantinedUpdate.objects.first()
    assert newest is not None
    assert (bytes(newest.update), newest.size_bytes) == (b"", limit + 1)
    assert newest.error == "e" * MAX_ERROR_CHARS


def test_old_ones_are_forgotten(settings: LazySettings) -> None:
    document = make_document()
    keep(document, b"old")
    age = timedelta(days=settings.ENV.quarantine_keep_days, seconds=1)
    QuarantinedUpdate.objects.update(created_at=timezone.now() - age)
    keep(document, b"new")
    quarantine_prune()
    assert [bytes(row.update) for row in QuarantinedUpdate.objects.all()] == [b"new"]


def test_they_go_with_their_document() -> None:
    document = make_document()
    keep(document, b"text of somebody")
    document.delete()
    assert not QuarantinedUpdate.objects.exists()


def test_an_administrator_sees_them_and_changes_nothing() -> None:
    document = make_document(title="Plan")
    keep(document, b"\x01\x02\xff")
    row = QuarantinedUpdate.objects.get()
    client = staff("operations.view_quarantinedupdate")
    assert "Plan" in client.get(URL).text
    page = client.get(f"{URL}{row.pk}/change/").text
    assert "PanicException" in page
    for text in ("01 02 ff", "PanicException: index"):
        assert text not in page
    reader = Client()
    reader.force_login(make_reader("reader", is_superuser=True))
    assert "PanicException: index" not in reader.get(URL).text
    page = reader.get(f"{URL}{row.pk}/change/").text
    assert "01 02 ff" in page
    assert "PanicException: index" in page
    assert client.post(f"{URL}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{URL}add/").status_code == 403
    assert client.post(f"{URL}{row.pk}/change/", {"error": ""}).status_code == 403


def test_others_do_not() -> None:
    keep(make_document(), b"\x01")
    row = QuarantinedUpdate.objects.get()
    for client in (Client(), staff()):
        assert client.get(f"{URL}{row.pk}/change/").status_code in (302, 403)


def test_the_page_says_that_a_record_is_left_out() -> None:
    """In the reader's language, and only where one is."""
    document = make_document()
    visitor = Client()
    visitor.force_login(document.owner)
    url = f"/d/{document.pk}/"
    assert "cannot be read" not in visitor.get(url).content.decode()
    QuarantinedUpdate.objects.create(
        document=document, update=b"x", size_bytes=1, after_seq=1, record_seq=2, error="unreadable"
    )
    assert "A record of this document cannot be read." in visitor.get(url).content.decode()
    keep(document, b"sent, and in no log")
    visitor = Client(headers={"accept-language": "zh-hans"})
    visitor.force_login(document.owner)
    assert "1 条记录无法读取" in visitor.get(url).content.decode()
