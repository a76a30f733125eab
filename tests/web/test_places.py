"""Folders and tags at the side of the home page (collab/web/templatetags/places.py)."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from collab.documents.folders import folder_create, folder_member_set
from collab.documents.marks import tags_set
from collab.documents.models import Role
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


def item(page: str, name: str) -> str:
    """Return the link to the folder of this name, with the button before it."""
    (found,) = re.findall(rf'<li class="folder"(?:(?!<li).)*<span>{name}</span></a>', page)
    return str(found)


def test_the_tree_is_open_on_the_way_to_the_folder() -> None:
    ann = make_user("ann")
    top = folder_create(owner=ann, name="Top")
    inner = folder_create(owner=ann, name="Inner", parent=top)
    folder_create(owner=ann, name="Beside", parent=folder_create(owner=ann, name="Shut"))
    visitor = Client()
    visitor.force_login(ann)
    page = visitor.get("/", {"folder": str(inner.pk)}).content.decode()
    assert 'aria-expanded="true" aria-label="Folders in Top"' in item(page, "Top")
    assert 'aria-expanded="false" aria-label="Folders in Shut"' in item(page, "Shut")
    assert page.count('<ul class="place-list" hidden>') == 1
    assert [name for name in ("Top", "Inner", "Shut") if "aria-current" in item(page, name)] == [
        "Inner"
    ]
    assert "aria-expanded" not in item(page, "Inner")


def test_what_others_share_looks_so_and_stays_where_it_is() -> None:
    ann, bob = make_user("ann"), make_user("bob")
    folder_member_set(folder=folder_create(owner=bob, name="<Theirs>"), user=ann, role=Role.EDITOR)
    folder_create(owner=ann, name="Mine")
    visitor = Client()
    visitor.force_login(ann)
    page = visitor.get("/").content.decode()
    theirs, mine = item(page, "&lt;Theirs&gt;"), item(page, "Mine")
    assert ('data-role="editor"' in theirs, 'draggable="true"' in theirs) == (True, False)
    assert ('data-role="owner"' in mine, 'draggable="true"' in mine) == (True, True)
    assert re.findall("<svg.*</svg>", theirs) != re.findall("<svg.*</svg>", mine)


def test_tags_lead_to_their_documents() -> None:
    ann = make_user("ann")
    for names in (["a&b", "计划"], ["a&b"]):
        tags_set(document=make_document(ann), names=names)
    visitor = Client()
    visitor.force_login(ann)
    page = visitor.get("/", {"tag": "a&b"}).content.decode()
    (link,) = re.findall(
        r'<a class="tag" href="(/\?tag=a%26b)" data-tag="a&amp;b" aria-current', page
    )
    assert "2 documents" in visitor.get(link).content.decode()
    assert 'data-tag="计划">计划<span class="tag-count">1</span>' in page
