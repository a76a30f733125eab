"""The pages of drafts say what the person may know and do, and nothing of what is not theirs."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from django.test import Client

from collab.accounts.models import User
from collab.documents.models import Document, Draft, Role
from collab.documents.services import document_trash, member_remove, member_set
from collab.history.services import document_seed
from collab.library.drafts import draft_fork
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob() -> User:
    return make_user("bob")


@pytest.fixture
def origin(bob: User) -> Document:
    made = make_document(title="Secret plan", members={bob: Role.EDITOR})
    document_seed(document=made, author=made.owner)
    return made


@pytest.fixture
def draft(origin: Document, bob: User) -> Draft:
    return draft_fork(origin=origin, owner=bob, title="Mine")


def visit(user: User, path: str) -> tuple[int, Any, str]:
    client = Client()
    client.force_login(user)
    response = client.get(path)
    page = response.content.decode()
    blob = re.search(r'<script id="bootstrap" type="application/json">(.*?)</script>', page)
    return response.status_code, json.loads(blob[1]) if blob else None, page


def test_a_drafts_page_names_the_original(bob: User, origin: Document, draft: Draft) -> None:
    """And the original's page counts the drafts that are mine."""
    _status, page, _html = visit(bob, f"/d/{draft.pk}/")
    assert page["draft"] == {
        "originTitle": "Secret plan",
        "originUrl": f"/d/{origin.pk}/",
        "reviewUrl": f"/d/{draft.pk}/review/",
        "mayUpdate": True,
        "mayDiscard": True,
    }
    assert (page["mayFork"], page["draftCount"]) == (True, 0)
    page = visit(bob, f"/d/{origin.pk}/")[1]
    assert (page["draft"], page["mayFork"], page["draftCount"]) == (None, True, 1)
    page = visit(origin.owner, f"/d/{origin.pk}/")[1]
    assert page["draftCount"] == 0
    document_trash(document=draft.document)
    assert visit(bob, f"/d/{origin.pk}/")[1]["draftCount"] == 0


def test_who_lost_the_original_is_told_nothing_of_it(
    bob: User, origin: Document, draft: Draft
) -> None:
    member_remove(document=origin, user_id=bob.pk)
    _status, page, html = visit(bob, f"/d/{draft.pk}/")
    assert (page["draft"]["originTitle"], page["draft"]["originUrl"]) == (None, None)
    assert page["draft"]["mayUpdate"] is False
    status, page, review = visit(bob, f"/d/{draft.pk}/review/")
    assert (status, page["origin"], page["mayMerge"]) == (200, None, False)
    assert "Secret" not in html + review
    assert str(origin.pk) not in html + review


def test_the_review_is_for_those_who_read_the_draft(
    bob: User, origin: Document, draft: Draft
) -> None:
    status, page, html = visit(bob, f"/d/{draft.pk}/review/")
    assert status == 200
    assert page["origin"] == {"title": "Secret plan", "url": f"/d/{origin.pk}/"}
    assert (page["mayMerge"], page["mayDiscard"]) == (True, True)
    assert "editor/assets/review-" in html
    assert visit(origin.owner, f"/d/{draft.pk}/review/")[0] == 404
    member_set(document=draft.document, user=origin.owner, role=Role.VIEWER)
    page = visit(origin.owner, f"/d/{draft.pk}/review/")[1]
    assert (page["mayMerge"], page["mayDiscard"]) == (False, False)
    assert visit(bob, f"/d/{origin.pk}/review/")[0] == 404
    assert visit(bob, f"/d/{uuid.uuid4()}/review/")[0] == 404
    assert Client().get(f"/d/{draft.pk}/review/").status_code == 302


def test_home_marks_drafts(bob: User, draft: Draft) -> None:
    """By a word beside the title; other documents have none."""
    html = visit(bob, "/")[2]
    assert html.count('<span class="badge">Draft</span>') == 1
    titled = r">Mine</a> <span class=\"badge\">Draft</span>"
    assert re.search(titled, html)
