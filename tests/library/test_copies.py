"""A copy shows its own files: those who see the copy only must see them too."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from collab.attachments.selectors import attachment_url
from collab.attachments.services import attachment_add
from collab.crdt.reader import read_document
from collab.history.selectors import current_state
from collab.history.services import document_seed
from collab.library.copies import document_duplicate
from collab.richtext.tree import Mark, Node
from collab.types import DocumentId
from tests.attachments.test_sniff import PNG
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


def test_files_are_the_copys_own() -> None:
    document, reader = make_document(), make_user()
    shown, linked, unused = (
        attachment_add(document=document, uploader=None, name=name, source=ContentFile(PNG))
        for name in ("shown.png", "linked.png", "unused.png")
    )
    link = Mark("link", {"href": attachment_url(linked)})
    content = Node(
        "doc",
        content=(
            Node("image", {"src": attachment_url(shown), "alt": None, "title": None}),
            Node("paragraph", content=(Node("text", text="file", marks=(link,)),)),
        ),
    )
    document_seed(document=document, author=document.owner, content=content)
    copy = document_duplicate(document=document, owner=reader, title="copy")
    names = {row.name: row for row in copy.attachments.all()}
    assert set(names) == {"shown.png", "linked.png"}
    state, _seq = current_state(DocumentId(copy.pk))
    image, paragraph = read_document(state).content
    assert image.attrs["src"] == attachment_url(names["shown.png"])
    assert paragraph.content[0].marks[0].attrs["href"] == attachment_url(names["linked.png"])
    client = Client()
    client.force_login(reader)
    assert client.get(str(image.attrs["src"])).status_code == 200
    assert client.get(attachment_url(unused)).status_code == 404
    assert unused not in names.values()
