from __future__ import annotations

import json
import re
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from collab.accounts.models import User
from collab.documents.models import Document, Role
from collab.documents.services import document_trash
from collab.web.templatetags import editor_assets
from collab.web.templatetags.times import ago
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


def test_a_stranger_is_sent_to_sign_in_and_comes_back() -> None:
    """Every page asks for a sign-in first, then goes where the person wanted."""
    make_user("ann", password="secret")
    wanted = f"/d/{uuid.uuid4()}/"
    assert Client().get(wanted)["Location"] == f"/sign-in/?next={wanted}"
    for path in ("/", "/trash/"):
        assert Client().get(path)["Location"].startswith("/sign-in/")
    form = {"username": "ann", "password": "secret", "next": wanted}
    assert Client().post("/sign-in/", form)["Location"] == wanted


def test_a_wrong_password_is_said_to_everybody() -> None:
    """The error is an alert that the fields point at."""
    page = Client().post("/sign-in/", {"username": "ann", "password": "no"}).content.decode()
    assert 'role="alert"' in page
    assert page.count('aria-describedby="sign-in-error"') == 2


def test_demo_logins_are_shown_where_they_exist_and_are_allowed(settings: Settings) -> None:
    """A visitor of a development server finds the way in; one of a public server sees nothing."""
    assert "Sign in as" not in Client().get("/sign-in/").content.decode()
    make_user("demo", password="demo")
    assert "Sign in as demo" in Client().get("/sign-in/").content.decode()
    settings.DEMO_ACCOUNTS_ALLOWED = False
    assert "Sign in as" not in Client().get("/sign-in/").content.decode()


def test_signing_out_needs_a_post(visitor: Client) -> None:
    """No link can sign anybody out."""
    assert visitor.get("/sign-out/").status_code == 405
    assert visitor.post("/sign-out/")["Location"] == "/sign-in/"
    assert visitor.get("/").status_code == 302


def test_a_title_cannot_become_markup(visitor: Client, ann: User) -> None:
    """Titles are text wherever they stand."""
    make_document(ann, '"><script>alert(1)</script>')
    assert "<script>alert" not in visitor.get("/").content.decode()


def test_new_document_opens_it(visitor: Client, ann: User) -> None:
    """One press: a document of mine, in the editor."""
    response = visitor.post("/new/")
    document = Document.objects.get(owner=ann)
    assert response["Location"] == f"/d/{document.pk}/"
    assert visitor.get("/new/").status_code == 405


def test_rename_and_trash_ask_the_policy(visitor: Client, ann: User) -> None:
    """An editor may rename, not trash; a viewer may do neither."""
    document = make_document(title="Old", members={ann: Role.EDITOR})
    assert visitor.post(f"/d/{document.pk}/rename/", {"title": "新"}).status_code == 302
    assert visitor.post(f"/d/{document.pk}/trash/").status_code == 403
    document.refresh_from_db()
    assert document.title == "新"
    seen = make_document(members={ann: Role.VIEWER})
    assert visitor.post(f"/d/{seen.pk}/rename/", {"title": "x"}).status_code == 403


def test_to_the_trash_and_back(visitor: Client, ann: User) -> None:
    """What is in the trash is on the trash page, and comes back from there."""
    document = make_document(ann, "Plan")
    page = visitor.post(f"/d/{document.pk}/trash/", follow=True).content.decode()
    assert "“Plan” is in the trash." in page
    assert visitor.get(f"/d/{document.pk}/").status_code == 404
    assert str(document.pk) in visitor.get("/trash/").content.decode()
    page = visitor.post(f"/d/{document.pk}/restore/", follow=True).content.decode()
    assert "The trash is empty" in page
    assert "Plan" in visitor.get("/").content.decode()


def test_the_document_page_is_for_those_who_may_read(visitor: Client, ann: User) -> None:
    """Unknown and not shared are one page, asked for or not: nobody learns which exist."""

    def seen(key: object) -> tuple[int, str]:
        answer = visitor.get(f"/d/{key}/")
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
        return answer.status_code, page.replace(str(key), "id")

    unknown, foreign = uuid.uuid4(), make_document().pk
    hidden = make_document()
    document_trash(document=hidden)
    for _ in range(2):
        assert seen(unknown) == seen(foreign) == seen(hidden.pk)
        assert seen(unknown)[0] == 404
        for key in (unknown, foreign, hidden.pk):
            asked = visitor.post(f"/d/{key}/ask/", {"message": "please"})
            assert asked["Location"] == f"/d/{key}/"
    assert "You have asked for access" in seen(unknown)[1]
    for path in ("history/", "review/", "files/00000000-0000-4000-8000-000000000000/"):
        answers = [visitor.get(f"/d/{key}/{path}").status_code for key in (unknown, foreign)]
        assert answers == [404, 404], path
    for path in ("rename/", "trash/", "restore/"):
        answers = [visitor.post(f"/d/{key}/{path}").status_code for key in (unknown, foreign)]
        assert answers == [404, 404], path
    trashed = make_document(members={ann: Role.EDITOR})
    document_trash(document=trashed)
    assert visitor.get(f"/d/{trashed.pk}/").status_code == 404


def test_forms_refuse_foreign_pages(ann: User) -> None:
    """Every change asks for the CSRF token, and the refusal is a page of ours."""
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(ann)
    response = visitor.post("/new/")
    assert response.status_code == 403
    assert "That took too long" in response.content.decode()
    assert not Document.objects.exists()


def test_every_page_carries_the_policy_and_no_inline_script(visitor: Client, ann: User) -> None:
    """Nothing on our pages needs an exception of the content security policy."""
    make_document(ann)
    for path in ("/", "/trash/", "/nowhere/"):
        response = visitor.get(path)
        assert response["Content-Security-Policy"].startswith("default-src 'none'")
        page = response.content.decode()
        assert not re.search(
            r"<script(?![^>]*(\bsrc=|application/json))|<style|\sstyle=|\son[a-z]+=", page
        ), path


def test_the_time_of_the_last_edit_is_told_in_words() -> None:
    """One unit is enough; below a minute it is now."""
    now = timezone.now()
    assert ago(now) == "just now"
    assert ago(now - timedelta(hours=3, minutes=20)) == "3\xa0hours ago"


def _manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunks: object) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(chunks))
    monkeypatch.setattr(editor_assets, "_manifest_path", lambda: path)


def test_the_tag_names_the_files_of_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Styles and chunks that load at start are named; what loads later is not."""
    chunks = {
        "src/main.ts": {
            "file": "assets/main-1.js",
            "css": ["assets/main-1.css"],
            "imports": ["_vendor.js"],
            "dynamicImports": ["_later.js"],
        },
        "_vendor.js": {"file": "assets/vendor-2.js", "imports": ["src/main.ts"]},
        "_later.js": {"file": "assets/later-3.js"},
    }
    _manifest(tmp_path, monkeypatch, chunks)
    assert editor_assets.editor_assets().split("\n") == [
        '<link rel="stylesheet" href="/static/editor/assets/main-1.css">',
        '<link rel="modulepreload" href="/static/editor/assets/vendor-2.js">',
        '<script type="module" src="/static/editor/assets/main-1.js"></script>',
    ]


def test_a_missing_build_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without its editor is an error with a sentence, not a blank page."""
    monkeypatch.setattr(editor_assets, "_manifest_path", lambda: tmp_path / "none.json")
    with pytest.raises(ImproperlyConfigured, match="not built"):
        editor_assets.editor_assets()
    _manifest(tmp_path, monkeypatch, {})
    with pytest.raises(ImproperlyConfigured, match="no entry"):
        editor_assets.editor_assets()


def test_the_language_follows_the_browser() -> None:
    """A Chinese browser gets a Chinese page."""
    page = Client().get("/sign-in/", headers={"accept-language": "zh-CN"}).content.decode()
    assert '<html lang="zh-hans">' in page


def test_a_language_that_is_chosen_stays(visitor: Client, ann: User) -> None:
    """At once, on the same page; and by the profile after another sign-in, and in letters."""
    answer = visitor.post("/language/", {"language": "zh-hans", "next": "/trash/"}, follow=True)
    assert answer.request["PATH_INFO"] == "/trash/"
    assert '<html lang="zh-hans">' in answer.content.decode()
    ann.refresh_from_db()
    assert ann.language == "zh-hans"
    visitor.post("/language/", {"language": "tlh"})
    ann.refresh_from_db()
    assert ann.language == "zh-hans"
    assert visitor.get("/language/").status_code == 405
    stranger = Client()
    stranger.post("/language/", {"language": "zh-hans"})
    assert '<html lang="zh-hans">' in stranger.get("/sign-in/").content.decode()


def test_signing_in_is_not_announced() -> None:
    """The documents appear: that says it. A banner about it would be noise."""
    make_user("ann", password="secret")
    visitor = Client()
    answer = visitor.post(
        "/sign-in/", {"login": "ann", "username": "ann", "password": "secret"}, follow=True
    )
    assert answer.redirect_chain
    assert 'class="messages"' not in answer.content.decode()
