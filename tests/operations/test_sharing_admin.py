"""Links, groups, invitations in the admin; compact and export; the log says who did it."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from collab.accounts.models import User
from collab.audit.models import AuditEntry
from collab.documents import policy
from collab.documents.models import GroupMembership, Invitation, LinkReach, Role
from collab.documents.sharing import group_set, invitation_create
from collab.history.models import Checkpoint, UpdateRecord
from tests.factories import make_document, make_user, no_rows
from tests.operations.test_documents_admin import written
from tests.operations.test_operations import staff

pytestmark = pytest.mark.django_db
DOCUMENTS = "/admin/documents/document/"
INVITATIONS = "/admin/documents/invitation/"


def noted() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.order_by("id").values_list("action", "actor_name"))


def test_open_links_are_found_and_closed(root: Client) -> None:
    open_one, shut = make_document(title="Open"), make_document(title="Shut")
    open_one.link_reach = LinkReach.ANYONE
    open_one.save()
    page = root.get(DOCUMENTS, {"link_reach__exact": "anyone"}).content.decode()
    assert "Open" in page
    assert "Shut" not in page
    stranger = make_user()
    assert policy.role_of(stranger, open_one) is Role.VIEWER
    both = {"action": "close_link", "_selected_action": [str(open_one.pk), str(shut.pk)]}
    assert "1 link is closed." in root.post(DOCUMENTS, both, follow=True).content.decode()
    open_one.refresh_from_db()
    assert policy.role_of(stranger, open_one) is None
    assert noted() == [("link.set", "root")]


def invitation() -> Invitation:
    owner = make_user()
    return invitation_create(
        document=make_document(owner),
        email="new@example.org",
        role=Role.EDITOR,
        actor=owner,
        base_url="http://testserver",
    )


def test_invitations_are_shown_and_withdrawn(root: Client) -> None:
    row = invitation()
    AuditEntry.objects.all().delete()
    assert "new@example.org" in root.get(INVITATIONS).content.decode()
    assert "new@example.org" in root.get(f"{DOCUMENTS}{row.document_id}/change/").content.decode()
    form = {"action": "withdraw", "_selected_action": str(row.pk)}
    page = root.post(INVITATIONS, form, follow=True).content.decode()
    assert "1 invitation is withdrawn." in page
    assert not Invitation.objects.exists()
    assert noted() == [("invitation.withdraw", "root")]


def test_an_auditor_sees_invitations_and_keeps_his_hands_off() -> None:
    row = invitation()
    auditor = staff("documents.view_invitation", "documents.view_document")
    page = auditor.get(INVITATIONS).content.decode()
    assert "new@example.org" in page
    assert 'value="withdraw"' not in page
    auditor.post(INVITATIONS, {"action": "withdraw", "_selected_action": str(row.pk)})
    assert auditor.post(f"{INVITATIONS}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Invitation.objects.exists()
    for action in ("close_link", "freeze", "compact", "export", "purge", "move_to_trash"):
        form = {"action": action, "_selected_action": str(row.document_id)}
        auditor.post(DOCUMENTS, form)
    row.document.refresh_from_db()
    assert not row.document.is_frozen
    assert not row.document.is_trashed
    assert [action for action, _ in noted() if action != "invitation.create"] == []


def test_groups_are_given_and_taken(root: Client) -> None:
    """By the services: open pages hear of it, and it is noted."""
    document, first, second = (
        make_document(),
        *Group.objects.bulk_create([Group(name="first"), Group(name="second")]),
    )
    row = group_set(document=document, group=first, role=Role.VIEWER, actor=document.owner)
    AuditEntry.objects.all().delete()
    form = {
        "title": "Plan",
        "owner": document.owner_id,
        **no_rows("memberships", "invitations", "attachments"),
        "group_memberships-TOTAL_FORMS": 1,
        "group_memberships-INITIAL_FORMS": 1,
        "group_memberships-0-id": row.pk,
        "group_memberships-0-document": document.pk,
        "group_memberships-0-group": second.pk,
        "group_memberships-0-role": "editor",
    }
    assert root.post(f"{DOCUMENTS}{document.pk}/change/", form).status_code == 302
    kept = GroupMembership.objects.get(document=document)
    assert (kept.group, kept.role) == (second, Role.EDITOR)
    assert noted() == [("group.remove", "root"), ("group.set", "root")]


def test_the_trash_names_the_administrator(root: Client) -> None:
    document = make_document()
    for action in ("move_to_trash", "restore"):
        root.post(DOCUMENTS, {"action": action, "_selected_action": str(document.pk)})
    assert noted() == [("document.trash", "root"), ("document.restore", "root")]


def test_compact_makes_one_state_and_names_what_is_not_well(root: Client) -> None:
    well, ill = written(), written()
    UpdateRecord.objects.filter(document=ill).update(update=b"\x01\x02\x03")
    form = {"action": "compact", "_selected_action": [str(well.pk), str(ill.pk)]}
    page = root.post(DOCUMENTS, form, follow=True).content.decode()
    assert "one state for 1 records" in page
    assert "is not well" in page
    assert list(Checkpoint.objects.values_list("document_id", flat=True)) == [well.pk]
    assert ("document.compact", "root") in noted()


def test_only_a_superuser_takes_texts_along_and_it_is_noted(root: Client) -> None:
    document = written("Strictly *between us*.")
    form = {"action": "export", "_selected_action": str(document.pk)}
    clerk = staff("documents.view_document", "documents.change_document")
    assert "between us" not in clerk.post(DOCUMENTS, form, follow=True).content.decode("latin-1")
    answer = root.post(DOCUMENTS, form)
    assert answer["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    texts = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".md")]
    assert ["Strictly *between us*." in text for text in texts] == [True]
    assert noted() == [("document.export", "root")]


def test_files_and_the_way_to_the_history_stand_on_the_page(root: Client) -> None:
    document = written()
    page = root.get(f"{DOCUMENTS}{document.pk}/change/").content.decode()
    for place in ("history/updaterecord", "history/revision", "audit/auditentry"):
        assert f"/admin/{place}/?q={document.pk}" in page
        assert root.get(f"/admin/{place}/", {"q": str(document.pk)}).status_code == 200
    assert "attachments-TOTAL_FORMS" in page


def test_the_charts_renew_themselves(root: Client) -> None:
    make_document()
    make_document()
    assert (
        'data-renew="/admin/operations/serverprocess/figures/"'
        in root.get("/admin/").content.decode()
    )
    part = root.get("/admin/operations/serverprocess/figures/").content.decode()
    assert "<html" not in part
    assert "2 documents made in the last 30 days" in part
    assert "Log lag" in part
    User.objects.update(is_staff=False, last_login=timezone.now())
    assert root.get("/admin/operations/serverprocess/figures/").status_code == 302
