"""What administrators see of the running servers, and what they do to live rooms."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from collab.accounts.models import User
from collab.audit.models import AuditEntry
from collab.documents.models import Document
from collab.operations.checks import Verdict, self_check
from collab.operations.models import LiveRoom, ServerProcess
from collab.operations.selectors import edits_by_hour, live_rooms, overview
from collab.operations.services import (
    PeerReport,
    ProcessReport,
    RoomReport,
    process_forget,
    process_report,
)
from collab.types import DocumentId, UserId
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db
URL = "/admin/operations/liveroom/"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def report_of(*documents: Document, process: str = "one", records: int = 0) -> ProcessReport:
    rooms = [
        RoomReport(
            document_id=DocumentId(document.pk),
            opened_at=NOW,
            peers=(PeerReport(UserId(document.owner_id), "Ann", "write", NOW),),
            seq=7,
            waiting_updates=1,
            size_bytes=2048,
        )
        for document in documents
    ]
    return ProcessReport(process, "host", 1, NOW, 10_000_000, 1, 12, 3, records, rooms)


def staff(*permissions: str) -> Client:
    person = make_user("staff", is_staff=True)
    for name in permissions:
        app, codename = name.split(".")
        person.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    client = Client()
    client.force_login(person)
    return client


def test_a_report_replaces_the_one_before() -> None:
    """Rooms that closed are gone, those that stay are not doubled."""
    plan, letter = make_document(title="Plan"), make_document(title="Letter")
    process_report(report_of(plan, letter))
    process_report(report_of(plan))
    assert [room.document for room in live_rooms()] == [plan]
    process_report(replace(report_of(plan), process_id="two"))
    assert live_rooms().count() == 2
    figures = overview()
    assert (figures.open_rooms, figures.sockets, figures.processes) == (1, 2, 2)
    process_forget("two")
    assert live_rooms().count() == 1


def test_a_process_that_is_silent_is_passed_over_then_removed() -> None:
    process_report(report_of(make_document()))
    ServerProcess.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert not live_rooms().exists()
    process_report(report_of(process="two"))
    assert ServerProcess.objects.count() == 1
    assert not LiveRoom.objects.exists()


def test_a_document_that_is_gone_does_not_stop_the_report() -> None:
    document = make_document()
    report = report_of(document, make_document(title="Stays"))
    document.delete()
    process_report(report)
    assert [str(room) for room in live_rooms()] == ["Stays"]


def test_edits_are_counted_by_the_hour() -> None:
    process_report(report_of(records=5))
    process_report(report_of(records=2, process="two"))
    hours = edits_by_hour()
    assert len(hours) == 24
    assert hours[-1][1] == 7


def test_the_dashboard_and_the_pages_open() -> None:
    root = Client()
    root.force_login(make_user("root", is_staff=True, is_superuser=True))
    process_report(report_of(make_document(title="Plan"), records=3))
    assert "3 edits in the last 24 hours" in root.get("/admin/").content.decode()
    page = root.get(URL).content.decode()
    assert "Plan" in page
    assert "Remove Ann" in page
    rows = root.get(f"{URL}rows/").content.decode()
    assert "Plan" in rows
    assert "<html" not in rows
    assert "Database" in root.get(f"{URL}self-check/").content.decode()
    assert root.get("/admin/operations/serverprocess/").status_code == 200


def test_an_auditor_looks_and_does_not_touch() -> None:
    """View permissions show the rooms without buttons; an act is refused."""
    process_report(report_of(make_document(title="Plan")))
    auditor = staff("operations.view_liveroom", "operations.view_serverprocess")
    page = auditor.get(URL).content.decode()
    assert "Plan" in page
    assert "Remove" not in page
    act = {"room": LiveRoom.objects.get().pk, "do": "close"}
    assert auditor.post(f"{URL}act/", act).status_code == 403
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("path", ["", "rows/", "self-check/"])
def test_staff_without_the_right_see_nothing(path: str) -> None:
    assert staff().get(f"{URL}{path}").status_code == 403


@pytest.mark.parametrize(
    ("do", "action"),
    [
        ("remove", "room.remove_peer"),
        ("close", "room.close"),
        ("freeze", "document.freeze"),
    ],
)
def test_an_act_is_done_and_noted(do: str, action: str) -> None:
    document = make_document()
    process_report(report_of(document))
    room = LiveRoom.objects.get()
    client = staff("operations.view_liveroom", "documents.change_document")
    form = {"room": room.pk, "do": do, "user": document.owner_id}
    assert client.post(f"{URL}act/", form).status_code == 302
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.document_id) == (action, document.pk)
    assert entry.actor == User.objects.get(username="staff")


def test_acts_that_cannot_be_are_refused() -> None:
    process_report(report_of(make_document()))
    client = staff("operations.view_liveroom", "documents.change_document")
    room = LiveRoom.objects.get().pk
    for form in ({"room": room, "do": "fly"}, {"room": room, "do": "remove", "user": "999"}):
        assert client.post(f"{URL}act/", form).status_code == 404
    for gone in ("", "x", "9" * 30, room + 1):
        assert client.post(f"{URL}act/", {"room": gone, "do": "close"}).status_code == 302
    assert client.get(f"{URL}act/").status_code == 405
    assert not AuditEntry.objects.exists()


def test_the_self_check_finds_what_is_wrong(settings: pytest.FixtureRequest) -> None:
    findings = {finding.name: finding for finding in self_check()}
    for name in ("Database", "Channel layer", "File storage", "Clock", "Versions"):
        assert findings[name].verdict is not Verdict.BAD, findings[name]
    settings.ALLOWED_HOSTS = ["*"]  # type: ignore[attr-defined]  # pytest-django's fixture
    details = [finding.detail for finding in self_check()]
    assert "ALLOWED_HOSTS takes any host" in details
