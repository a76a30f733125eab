"""The history page is for those who may read the document, and says who may restore."""

from __future__ import annotations

import json
import re
import uuid

import pytest
from django.test import Client

from collab.accounts.models import User
from collab.documents.models import Role
from collab.documents.services import document_trash
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


def visit(user: User, document_id: object) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    response = client.get(f"/d/{document_id}/history/")
    return response.status_code, response.content.decode()


@pytest.mark.parametrize(("role", "may_write"), [(Role.EDITOR, True), (Role.VIEWER, False)])
def test_readers_open_it_and_writers_may_restore(role: Role, may_write: bool) -> None:
    bob = make_user()
    document = make_document(title="Plan", members={bob: role})
    status, page = visit(bob, document.pk)
    assert status == 200
    blob = re.search(r'<script id="bootstrap" type="application/json">(.*?)</script>', page)
    assert blob
    bootstrap = json.loads(blob[1])
    assert bootstrap["mayWrite"] is may_write
    assert bootstrap["document"] == {"id": str(document.pk), "title": "Plan"}
    assert "editor/assets/history-" in page


def test_others_do_not() -> None:
    """A stranger, an unknown document, one in the trash, somebody who is not signed in."""
    document = make_document()
    stranger = make_user()
    assert visit(stranger, document.pk)[0] == 404
    assert visit(stranger, uuid.uuid4())[0] == 404
    assert Client().get(f"/d/{document.pk}/history/").status_code == 302
    document_trash(document=document)
    assert visit(document.owner, document.pk)[0] == 404
