"""The audit log over REST: who may read it, what is found, how it is downloaded."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from rest_framework.test import APIClient

from collab.accounts.models import User
from collab.audit.models import AuditEntry
from collab.audit.services import audit_record
from tests.api.conftest import client_of
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/audit"


@pytest.fixture
def auditor() -> User:
    """Somebody who may look, and do nothing else."""
    user = make_user("auditor", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    return user


def test_only_staff_with_the_permission_read_it(auditor: User, ann: User) -> None:
    clerk = make_user("clerk", is_staff=True)
    permitted = make_user("permitted")
    permitted.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    for path in (URL, f"{URL}/export"):
        assert APIClient().get(path).status_code == 401
        for person in (ann, clerk, permitted):
            assert client_of(person).get(path).status_code == 403
        assert client_of(auditor).get(path).status_code == 200
    assert client_of(auditor).post(URL, {}, format="json").status_code == 405


def test_entries_are_found_by_what_they_tell(auditor: User, ann: User, bob: User) -> None:
    document = make_document(ann)
    api = client_of(auditor)
    AuditEntry.objects.all().delete()
    audit_record(action="document.trash", actor=ann, subject="Plan", document_id=document.pk)
    audit_record(action="document.purge", actor=None, subject="Plan", was=3)
    audit_record(action="member.set", actor=bob, subject="eve")
    AuditEntry.objects.filter(actor=bob).update(at=timezone.now() - timedelta(days=2))

    def actions(**query: str) -> list[str]:
        return [entry["action"] for entry in api.get(URL, query).json()["results"]]

    assert actions() == ["member.set", "document.purge", "document.trash"]
    assert actions(action="document.purge") == ["document.purge"]
    assert actions(action="document.") == ["document.purge", "document.trash"]
    assert actions(action="document") == []
    assert actions(actor="bob") == ["member.set"]
    assert actions(actor="server") == ["document.purge"]
    assert actions(document=str(document.pk)) == ["document.trash"]
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    assert actions(at_until=yesterday) == ["member.set"]
    assert actions(at_from=yesterday) == ["document.purge", "document.trash"]
    (entry,) = api.get(URL, {"actor": "server"}).json()["results"]
    assert entry["actor_id"] is None
    assert entry["details"] == {"was": 3}
    for wrong in ({"document": "x"}, {"limit": "0"}, {"before": "x"}, {"at_from": "soon"}):
        assert api.get(URL, wrong).status_code == 400


def test_pages_follow_on_while_entries_come(auditor: User) -> None:
    for number in range(7):
        audit_record(action="test.act", actor=None, subject=str(number))
    api, seen, query = client_of(auditor), [], {"action": "test.act", "limit": "3"}
    while True:
        page = api.get(URL, query).json()
        seen += [entry["subject"] for entry in page["results"]]
        if page["next"] is None:
            break
        query["before"] = str(page["next"])
        audit_record(action="test.act", actor=None, subject="new")
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


def test_the_download_is_whole_in_both_forms(
    auditor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read in pieces; none is left out, and a filter counts."""
    monkeypatch.setattr("collab.audit.export._CHUNK", 2)
    for number in range(5):
        audit_record(action="test.act", actor=None, subject=f"={number}", n=number)
    audit_record(action="other.act", actor=None)
    api = client_of(auditor)
    answer = api.get(f"{URL}/export", {"action": "test.act"})
    assert answer.streaming
    assert answer["Content-Type"] == "application/x-ndjson"
    assert 'filename="audit.ndjson"' in answer["Content-Disposition"]
    lines = [json.loads(line) for line in answer.getvalue().decode().splitlines()]
    assert [line["details"]["n"] for line in lines] == [4, 3, 2, 1, 0]
    assert lines[0] == api.get(URL, {"action": "test.act", "limit": "1"}).json()["results"][0]
    answer = api.get(f"{URL}/export", {"action": "test.act", "format": "csv"})
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode())))
    assert [row[5] for row in rows] == ["subject", "'=4", "'=3", "'=2", "'=1", "'=0"]
    assert api.get(f"{URL}/export", {"format": "xml"}).status_code == 400
