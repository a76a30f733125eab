"""Values that no schema knows and no JSON can hold, in a document: every reader of REST answers."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from rest_framework.test import APIClient

from collab.documents.models import Document
from collab.search.upkeep import search_upkeep
from tests.api.test_broken_log import paths
from tests.crdt.test_readers import every_value

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(2))
def test_every_reader_answers(api: APIClient, seed: int) -> None:
    """NaN, infinities, bytes, lists for numbers: in content, exports, history, search."""
    body = {"title": "Plan", "content": "findable", "content_format": "markdown"}
    api.post("/api/v1/documents", body, format="json")
    document = Document.objects.get()
    dice = random.Random(seed)
    for client in (7, 8):
        update = every_value(dice, client)
        url = f"/api/v1/documents/{document.pk}/updates"
        sent = api.post(url, update, content_type="application/octet-stream")
        assert sent.status_code == 200, sent.content
    api.get(f"/api/v1/documents/{document.pk}/revisions")
    for path in paths(document):
        answer: Any = api.get(path)
        assert answer.status_code == 200, (path, answer.content[:300])
        body_of_it = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if "json" in answer["Content-Type"] and "ndjson" not in path:
            json.loads(body_of_it, parse_constant=pytest.fail)
    search_upkeep()
    assert len(api.get("/api/v1/search?q=findable").json()["results"]) == 1
