from __future__ import annotations

import csv
import io
import uuid

import pytest
from django.test import Client

from collab.audit.models import AuditEntry
from collab.audit.services import audit_record
from tests.factories import make_user

pytestmark = pytest.mark.django_db
URL = "/admin/audit/auditentry/"


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    return client


def test_an_entry_outlives_the_person_it_names() -> None:
    """The name stays when the account goes."""
    ann = make_user("ann")
    audit_record(action="document.trash", actor=ann, subject="Plan", document_id=uuid.uuid4())
    ann.delete()
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_name, entry.subject) == (None, "ann", "Plan")


def test_the_server_itself_is_named_and_long_words_are_cut() -> None:
    entry = audit_record(action="trash.purge", actor=None, subject="x" * 1000, count=3)
    assert entry.actor_name == "server"
    assert len(entry.subject) == 255
    assert entry.details == {"count": 3}


def test_the_log_is_shown_to_staff_and_cannot_be_changed(staff: Client) -> None:
    """There is no way to add, change or delete an entry."""
    entry = audit_record(action="member.remove", actor=make_user("ann"), subject="bob")
    assert "member.remove" in staff.get(URL, {"q": "bob"}).content.decode()
    assert staff.get(f"{URL}{entry.pk}/change/").status_code == 200
    assert staff.post(f"{URL}{entry.pk}/change/", {"action": "x"}).status_code == 403
    assert staff.get(f"{URL}add/").status_code == 403
    assert staff.post(f"{URL}{entry.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_export_holds_the_entries_and_no_formulas(staff: Client) -> None:
    """A subject that a spreadsheet would run comes as plain text."""
    audit_record(action="document.rename", actor=None, subject="=HYPERLINK(1)", was="Old")
    form = {"action": "export_csv", "_selected_action": [AuditEntry.objects.get().pk]}
    response = staff.post(URL, form)
    rows = list(csv.reader(io.StringIO(response.getvalue().decode())))
    assert rows[0] == ["id", "at", "actor", "action", "document_id", "subject", "details"]
    assert rows[1][2:] == ["server", "document.rename", "", "'=HYPERLINK(1)", '{"was": "Old"}']
