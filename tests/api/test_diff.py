from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.documents.models import Document
from tests.history.scenes import Scene, line, paragraph

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(ann: User) -> str:
    """Ann writes a line, later one more word."""
    scene = Scene(1)
    scene.people[0] = ann
    Document.objects.update(owner=ann)
    scene.writers[0].body.children.append(paragraph("hello"))
    scene.send(0)
    line(scene.writers[0]).insert(5, " world")
    scene.send(0)
    return f"/api/v1/documents/{scene.document.pk}/diff"


def test_a_difference_in_json(api: APIClient, url: str, ann: User) -> None:
    """Blocks with runs, each change with author and time; by record or by time."""
    body = api.get(url, {"from": "1"}).json()
    author = {"id": ann.pk, "name": "Ann", "color": ann.shown_color, "avatar": ""}
    at = "2026-01-02T03:00:00Z"
    assert body == {
        "from": {"seq": 1, "at": at},
        "to": {"seq": 2, "at": at},
        "blocks": [
            {
                "kind": "changed",
                "node": {"type": "paragraph", "content": [{"type": "text", "text": "hello world"}]},
                "before": {"type": "paragraph", "content": [{"type": "text", "text": "hello"}]},
                "author": None,
                "at": None,
                "runs": [
                    {
                        "op": "equal",
                        "text": "hello",
                        "marks": [],
                        "author": None,
                        "at": None,
                        "relayed": False,
                    },
                    {
                        "op": "insert",
                        "text": " world",
                        "marks": [],
                        "author": author,
                        "at": at,
                        "relayed": False,
                    },
                ],
            }
        ],
    }
    assert api.get(url, {"from": "0", "to": at}).json()["blocks"][0]["kind"] == "added"


def test_html_and_text(api: APIClient, url: str, ann: User) -> None:
    """As fragments under a policy that runs nothing."""
    html = api.get(url, {"from": "1", "to": "2", "format": "html"})
    assert f'<ins data-author="{ann.pk}" title="Ann"> world</ins>' in html.content.decode()
    assert "sandbox" in html["Content-Security-Policy"]
    assert api.get(url, {"from": "1", "format": "text"}).content.decode() == (
        "~ hello{+ world+} (Ann)\n"
    )


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({}, 400, "required"),
        ({"from": "soon"}, 400, "number or a time"),
        ({"from": "-1"}, 400, "number or a time"),
        ({"from": "3"}, 404, "no record 3"),
        ({"from": "1", "to": "9" * 30}, 404, "no record"),
        ({"from": "2020-01-01T00:00:00Z"}, 404, "begins at"),
        ({"from": "1", "format": "pdf"}, 400, "not a valid choice"),
    ],
)
def test_what_cannot_be_compared(
    api: APIClient, url: str, query: dict[str, str], status: int, words: str
) -> None:
    """A precise sentence each."""
    response = api.get(url, query)
    assert response.status_code == status
    assert words in response.json()["detail"]
