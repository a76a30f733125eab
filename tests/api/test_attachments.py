"""/documents/{id}/attachments: who may, what is refused, how the bytes are served."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.documents.models import Document, LinkReach, LinkVisit, Role
from collab.history.services import document_seed
from collab.library.files import NEW_FOR
from collab.richtext.formats import parse
from collab.search.services import document_index
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


def test_a_file_of_another_document_is_copied_on_the_same_bytes(
    api: APIClient, document: Document, ann: User, bob: User
) -> None:
    made = upload(api, document).json()
    other = make_document(ann, members={bob: Role.EDITOR})
    path = f"/api/v1/documents/{other.pk}/attachments/copy"
    copied = api.post(path, {"url": made["url"]}, format="json")
    assert copied.status_code == 201
    assert copied.json()["url"] == f"/d/{other.pk}/files/{copied.json()['id']}/"
    assert other.attachments.get().path == document.attachments.get().path
    # Once is enough, and who reads the other document alone sees it there.
    assert api.post(path, {"url": made["url"]}, format="json").json() == copied.json()
    document.memberships.filter(user=bob).delete()
    theirs = client_of(bob)
    content = f"/api/v1/documents/{other.pk}/attachments/{copied.json()['id']}/content"
    assert theirs.get(content).getvalue() == PNG
    # Who may not see a file cannot take it along, and a viewer takes nothing in.
    second = upload(api, document, b"second").json()
    assert theirs.post(path, {"url": second["url"]}, format="json").status_code == 404
    assert api.post(path, {"url": "/d/x/files/y/"}, format="json").status_code == 404
    other.memberships.update(role=Role.VIEWER)
    assert theirs.post(path, {"url": made["url"]}, format="json").status_code == 403


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


def test_by_a_link_a_file_is_served_while_it_is_in_the_text(
    api: APIClient, document: Document
) -> None:
    """With an account and without; what history shows is served to those who see history."""
    document.link_reach, document.link_role = LinkReach.ANYONE, Role.EDITOR
    document.save()
    document_seed(document=document, author=document.owner, content=parse("words", "markdown"))
    document_index(document)
    made = upload(api, document).json()
    member = Client()
    member.force_login(document.memberships.get().user)
    visitors = []
    for is_guest in (True, False):
        user = make_user(is_guest=is_guest)
        LinkVisit.objects.create(document=document, user=user, epoch=document.link_epoch)
        visitors.append(Client())
        visitors[-1].force_login(user)
    rest = f"/api/v1/documents/{document.pk}/attachments/{made['id']}/content"

    def is_served() -> bool:
        assert member.get(made["url"]).status_code == 200
        answers = {each.get(path).status_code for each in visitors for path in (made["url"], rest)}
        assert answers in ({200}, {404})
        return answers == {200}

    def write(text: str) -> None:
        url = f"/api/v1/documents/{document.pk}/content"
        etag = api.get(url, {"format": "markdown"})["ETag"]
        body: Any = text.encode()
        headers = {"If-Match": etag}
        sent = api.generic("PUT", url, body, content_type="text/markdown", headers=headers)
        assert sent.json()["changed"]

    assert is_served()  # it is new: the edit that shows it may be under way
    document.attachments.update(created_at=timezone.now() - 2 * NEW_FOR)
    assert not is_served()
    for name in (f"![photo]({made['url']})", f"words [photo](https://other.example{made['url']})"):
        write(name)
        assert is_served()  # at once: the record names it
        document_index(document)
        assert is_served()
        write("words")
        document_index(document)
        assert not is_served()


def test_a_file_by_a_link_is_found_without_reading_the_document(
    api: APIClient, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of pictures costs some rows of the database each."""
    document.link_reach = LinkReach.ANYONE
    document.save()
    made = upload(api, document).json()
    content = parse(f"![photo]({made['url']})", "markdown")
    document_seed(document=document, author=document.owner, content=content)
    document.attachments.update(created_at=timezone.now() - 2 * NEW_FOR)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the document was read")

    monkeypatch.setattr("collab.history.update_log.DatabaseUpdateLog.load", refuse)
    visitor = Client()
    visitor.force_login(make_user())
    assert visitor.get(made["url"]).status_code == 200
