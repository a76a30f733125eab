"""/documents/{id}/attachments: who may, what is refused, how the bytes are served."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.documents.models import Document, LinkReach, LinkVisit, Role
from tests.api.conftest import client_of
from tests.attachments.test_sniff import PNG
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


def upload(
    api: APIClient, document: Document, content: bytes = PNG, name: str = "photo.png"
) -> Any:
    # A browser names the type as it likes; it is not believed.
    file = SimpleUploadedFile(name, content, content_type="text/html")
    return api.post(
        f"/api/v1/documents/{document.pk}/attachments", {"file": file}, format="multipart"
    )


@pytest.fixture
def document(ann: User, bob: User) -> Document:
    return make_document(ann, members={bob: Role.VIEWER})


def test_upload_list_read_remove(api: APIClient, document: Document) -> None:
    made = upload(api, document, name="照片.png")
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["content_type"], body["size"]) == ("照片.png", "image/png", len(PNG))
    assert body["url"] == f"/d/{document.pk}/files/{body['id']}/" == made["Location"]
    path = f"/api/v1/documents/{document.pk}/attachments"
    assert [row["id"] for row in api.get(path).json()] == [body["id"]]
    assert api.get(f"{path}/{body['id']}/").json() == body
    content = api.get(f"{path}/{body['id']}/content")
    assert content.getvalue() == PNG
    assert api.delete(f"{path}/{body['id']}").status_code == 204
    assert api.get(f"{path}/{body['id']}").status_code == 404


def test_headers_let_nothing_run(api: APIClient, document: Document) -> None:
    for content, disposition, media_type in [
        (PNG, "inline", "image/png"),
        (b"<svg onload='alert(1)'>", "attachment", "image/svg+xml"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "attachment", "application/octet-stream"),
    ]:
        made = upload(api, document, content, "a.html").json()
        client = Client()
        client.force_login(document.owner)
        answer = client.get(made["url"])
        assert answer.getvalue() == content
        assert answer["Content-Type"] == media_type
        assert answer["Content-Disposition"].startswith(disposition)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer["Cache-Control"] == "private, no-cache"


def test_revalidation_and_ranges(api: APIClient, document: Document) -> None:
    made = upload(api, document, b"0123456789").json()
    path = f"/api/v1/documents/{document.pk}/attachments/{made['id']}/content"
    etag = api.get(path)["ETag"]
    assert api.get(path, headers={"If-None-Match": etag}).status_code == 304

    def part(wanted: str, **more: str) -> tuple[int, bytes, str | None]:
        answer = api.get(path, headers={"Range": wanted, **more})
        return answer.status_code, answer.getvalue(), answer.get("Content-Range")

    assert part("bytes=2-4") == (206, b"234", "bytes 2-4/10")
    assert part("bytes=7-") == (206, b"789", "bytes 7-9/10")
    assert part("bytes=-2") == (206, b"89", "bytes 8-9/10")
    assert part("bytes=8-99") == (206, b"89", "bytes 8-9/10")
    assert part("bytes=10-") == (416, b"", "bytes */10")
    assert part("bytes=4-2") == (416, b"", "bytes */10")
    assert part("bytes=0-1,3-4") == (200, b"0123456789", None)
    assert part("lines=1-2") == (200, b"0123456789", None)
    assert part("bytes=2-4", **{"If-Range": '"other"'}) == (200, b"0123456789", None)


def test_who_may(api: APIClient, bob: User, document: Document) -> None:
    made = upload(api, document).json()
    viewer = client_of(bob)
    assert viewer.get(f"/api/v1/documents/{document.pk}/attachments").status_code == 200
    assert upload(viewer, document).status_code == 403
    path = f"/api/v1/documents/{document.pk}/attachments/{made['id']}"
    assert viewer.delete(path).status_code == 403
    reader, stranger, nobody = Client(), Client(), Client()
    reader.force_login(bob)
    stranger.force_login(make_user())
    assert reader.get(made["url"]).status_code == 200
    assert stranger.get(made["url"]).status_code == nobody.get(made["url"]).status_code == 404
    other = make_document(bob)
    assert reader.get(f"/d/{other.pk}/files/{made['id']}/").status_code == 404


def test_what_is_refused(
    api: APIClient, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight = replace(settings.ENV, attachment_max_bytes=50, attachment_quota_bytes=60)
    monkeypatch.setattr(settings, "ENV", tight)
    assert upload(api, document, b"x" * 51).status_code == 413
    assert upload(api, document, b"x" * 50).status_code == 201
    full = upload(api, document, b"x" * 11)
    assert (full.status_code, full["Content-Type"]) == (409, "application/problem+json")
    assert "50 of 60 bytes" in full.json()["detail"]
    assert upload(api, document, b"").status_code == 400
    path = f"/api/v1/documents/{document.pk}/attachments"
    assert api.post(path, {"file": "words"}, format="multipart").status_code == 400
    assert api.post(path, {"file": "words"}, format="json").status_code == 415
    broken = api.post(path, b"--", content_type="multipart/form-data; boundary=x")
    assert broken.status_code == 400
    assert api.get(f"{path}/{'9' * 40}").status_code == 404


def test_a_guest_of_a_public_link_sees_pictures(api: APIClient, document: Document) -> None:
    """Those of the documents that the link lets them into, and not who brought them."""
    made = upload(api, document).json()
    guest = make_user(is_guest=True)
    visitor = Client()
    visitor.force_login(guest)
    assert visitor.get(made["url"]).status_code == 404
    document.link_reach = LinkReach.ANYONE
    document.save()
    LinkVisit.objects.create(document=document, user=guest, epoch=document.link_epoch)
    assert visitor.get(made["url"]).status_code == 200
    # What is no longer in the text stands in the list: it is the past, which guests do not see.
    assert visitor.get(f"/api/v1/documents/{document.pk}/attachments").status_code == 403
