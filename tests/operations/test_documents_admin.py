"""Verify, hand over, purge; suspend and anonymise: in the admin, with the right rights."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from collab.accounts.models import User
from collab.audit.models import AuditEntry
from collab.crdt.doc import CrdtFailure, LiveDoc
from collab.documents import policy
from collab.documents.folders import folder_create
from collab.documents.models import Document, Role
from collab.documents.services import document_trash
from collab.history.models import Checkpoint, LogHead, UpdateRecord
from collab.history.services import document_seed
from collab.history.update_log import DatabaseUpdateLog
from collab.history.verifying import log_verify
from collab.richtext.formats import parse
from collab.types import DocumentId
from tests.factories import OTHER_INLINES, make_document, make_user, no_rows
from tests.operations.test_operations import staff

pytestmark = pytest.mark.django_db
DOCUMENTS = "/admin/documents/document/"
PEOPLE = "/admin/accounts/user/"


def written(words: str = "All is *well*.") -> Document:
    document = make_document(title="Plan")
    document_seed(document=document, author=document.owner, content=parse(words, "markdown"))
    return document


def test_a_sound_log_is_found_sound() -> None:
    document = written()
    DatabaseUpdateLog().checkpoint(DocumentId(document.pk))
    assert log_verify(DocumentId(document.pk)).problem is None
    assert log_verify(DocumentId(document.pk)).records == 1


def test_values_that_change_are_told() -> None:
    """A BigInt that becomes a number, and the integer -0: no problem, and worth a word."""
    document = written()
    update = bytes.fromhex("010105000801016e027d407a000000000000007b00")
    UpdateRecord.objects.create(
        document=document, seq=2, update=update, client_ids=[5], created_at=timezone.now()
    )
    LogHead.objects.filter(document=document).update(seq=2)
    out = io.StringIO()
    call_command("verify", str(document.pk), stdout=out)
    assert "2 values (BigInt" in out.getvalue()
    assert "1 documents, 0 not well" in out.getvalue()


def test_a_checkpoint_of_another_text_is_found() -> None:
    """What is served is not what the records make: the state of another document."""
    document, other = written(), written("Another text altogether.")
    for each in (document, other):
        DatabaseUpdateLog().checkpoint(DocumentId(each.pk))
    strange = Checkpoint.objects.get(document=other).state
    Checkpoint.objects.filter(document=document).update(state=strange)
    found = log_verify(DocumentId(document.pk)).problem
    assert found == "the state has not seen the same edits as the records"


def test_a_missing_record_and_a_broken_one_are_found() -> None:
    document = written()
    row = UpdateRecord.objects.get(document=document)
    UpdateRecord.objects.filter(pk=row.pk).update(seq=2)
    assert log_verify(DocumentId(document.pk)).problem == "record 1 is missing"
    UpdateRecord.objects.filter(pk=row.pk).update(seq=1, update=b"\x01\x02\x03")
    problem = log_verify(DocumentId(document.pk)).problem
    assert problem is not None
    assert problem.startswith("record 1 cannot be applied")


def test_a_document_that_cannot_be_read_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks the library only when it reads is said in words, not by a trace."""
    document = written()

    def fail(*_: object) -> None:
        raise CrdtFailure("PanicException: as yrs does")

    monkeypatch.setattr(LiveDoc, "diff", fail)
    problem = log_verify(DocumentId(document.pk)).problem
    assert problem == "the document cannot be read: PanicException: as yrs does"


def test_the_command_says_who_is_not_well() -> None:
    well, ill = written(), written()
    out, err = io.StringIO(), io.StringIO()
    call_command("verify", stdout=out)
    assert out.getvalue() == "2 documents, 0 not well\n"
    UpdateRecord.objects.filter(document=ill).update(seq=9)
    call_command("verify", str(well.pk), stdout=out)
    with pytest.raises(CommandError):
        call_command("verify", stdout=out, stderr=err)
    assert err.getvalue() == f"{ill.pk}: record 1 is missing\n"
    with pytest.raises(CommandError, match="no such document"):
        call_command("verify", str(make_user().pk).zfill(32))


def test_verify_in_the_admin(root: Client) -> None:
    document = written()
    form = {"action": "verify", "_selected_action": str(document.pk)}
    page = root.post(DOCUMENTS, form, follow=True).content.decode()
    assert "all 1 records replay to the state" in page


def test_purge_asks_first_and_only_of_the_trash(root: Client) -> None:
    document = written()
    form = {"action": "purge", "_selected_action": str(document.pk)}
    page = root.post(DOCUMENTS, form, follow=True).content.decode()
    assert "Only documents in the trash can be purged." in page
    document_trash(document=document)
    assert "Nothing brings them back" in root.post(DOCUMENTS, form).content.decode()
    assert Document.objects.filter(pk=document.pk).exists()
    assert root.post(DOCUMENTS, form | {"confirmed": "yes"}).status_code == 302
    assert not Document.objects.filter(pk=document.pk).exists()
    assert not UpdateRecord.objects.exists()
    assert AuditEntry.objects.get(action="document.purge").document_id == document.pk


def test_purge_needs_the_right_to_delete() -> None:
    document = written()
    document_trash(document=document)
    client = staff("documents.view_document", "documents.change_document")
    form = {"action": "purge", "_selected_action": str(document.pk), "confirmed": "yes"}
    client.post(DOCUMENTS, form)
    assert Document.objects.filter(pk=document.pk).exists()


def test_a_document_is_handed_over(root: Client) -> None:
    bob = make_user("bob")
    document = written()
    before = document.owner
    form = {
        "title": "Plan",
        "owner": bob.pk,
        **no_rows("memberships", *OTHER_INLINES),
    }
    response = root.post(f"{DOCUMENTS}{document.pk}/change/", form)
    assert response.status_code == 302
    document.refresh_from_db()
    assert document.owner == bob
    assert policy.role_of(before, document) is Role.EDITOR
    assert AuditEntry.objects.filter(action="document.transfer").exists()


def test_people_are_suspended_then_anonymised(root: Client) -> None:
    """In that order, never oneself, and their words stay."""
    ann = make_user("ann", email="ann@example.org", last_login=timezone.now())
    me = User.objects.get(username="root")
    both = {"_selected_action": [str(ann.pk), str(me.pk)]}
    page = root.post(PEOPLE, both | {"action": "anonymise"}, follow=True).content.decode()
    assert "must be suspended first" in page
    root.post(PEOPLE, both | {"action": "suspend"})
    asked = root.post(PEOPLE, both | {"action": "anonymise"}).content.decode()
    assert "Nothing brings them back" in asked
    assert User.objects.filter(username="ann").exists()
    root.post(PEOPLE, both | {"action": "anonymise", "confirmed": "yes"})
    ann.refresh_from_db()
    me.refresh_from_db()
    assert (ann.username, ann.email, ann.is_active) == (f"deleted-{ann.pk}", "", False)
    assert me.is_active
    assert me.username == "root"


def test_who_is_anonymised_hands_over_what_they_own(root: Client) -> None:
    """To somebody of a user name; without one it goes to the trash."""
    ann, dora, bob = (make_user(name, is_active=name == "bob") for name in ("ann", "dora", "bob"))
    plan, notes = make_document(ann, "Plan"), make_document(dora, "Notes")
    folder = folder_create(owner=ann, name="Work")
    act = {"action": "anonymise", "confirmed": "yes"}
    wrong = root.post(PEOPLE, act | {"_selected_action": [ann.pk], "heir": "nobody"})
    assert "There is nobody of that name" in wrong.content.decode()
    assert User.objects.filter(username="ann").exists()
    root.post(PEOPLE, act | {"_selected_action": [ann.pk], "heir": "BOB"})
    root.post(PEOPLE, act | {"_selected_action": [dora.pk], "heir": ""})
    for each in (plan, notes, folder):
        each.refresh_from_db()
    assert plan.owner == folder.owner == bob
    assert (plan.is_trashed, notes.is_trashed) == (False, True)
    assert User.objects.filter(username__startswith="deleted-").count() == 2


def test_staff_do_not_suspend_other_staff() -> None:
    boss = make_user("boss", is_staff=True)
    ann = make_user("ann")
    client = staff("accounts.view_user", "accounts.change_user")
    client.post(PEOPLE, {"action": "suspend", "_selected_action": [boss.pk, ann.pk]})
    assert User.objects.get(pk=boss.pk).is_active
    assert not User.objects.get(pk=ann.pk).is_active
