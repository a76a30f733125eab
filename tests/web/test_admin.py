from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collab.accounts.models import TokenScope, User
from collab.accounts.tokens import token_and_row
from collab.bus import doorbell
from collab.bus.events import AccessChanged
from collab.documents import policy
from collab.documents.models import Document, Membership, Role
from collab.documents.services import document_purge
from collab.history.models import Checkpoint, UpdateRecord
from collab.history.update_log import DatabaseUpdateLog
from collab.library.drafts import draft_fork, draft_merge
from collab.room.ports import PendingUpdate
from collab.types import EVERY_DOCUMENT, ClientId, DocumentId, Update, UserId
from tests.factories import OTHER_INLINES, make_document, make_reader, make_user, no_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    """A browser in which a superuser is signed in who was given the right to read text."""
    staff = Client()
    staff.force_login(make_reader("root", is_superuser=True))
    return staff


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[AccessChanged]:
    """What the bell has rung for."""
    events: list[AccessChanged] = []
    monkeypatch.setattr(doorbell, "_ring", events.append)
    return events


def _edit(document: Document, size: int = 2000) -> None:
    DatabaseUpdateLog().append(
        [
            PendingUpdate(
                document_id=DocumentId(document.pk),
                update=Update(bytes(range(8)) * (size // 8)),
                author_id=UserId(document.owner_id),
                client_ids=(ClientId(7),),
                is_relayed=False,
                binds=(ClientId(7),),
                created_at=timezone.now(),
            )
        ]
    )


def _page(staff: Client, path: str, **query: str) -> str:
    response = staff.get(f"/admin/{path}", query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_of_documents_shows_size_and_asks_few_questions(
    staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """As many queries for twenty documents as for one."""
    for _ in range(20):
        _edit(make_document(members={make_user(): Role.VIEWER}))
    with django_assert_max_num_queries(12):
        page = _page(staff, "documents/document/")
    assert page.count("2.0\xa0KB") == 20


def test_drafts_are_listed_and_only_looked_at(
    staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """With original, owner and state, found by them; none is made, changed or deleted here."""
    ann, bob = make_user("ann"), make_user("bob")
    plan, other = make_document(ann, "Plan"), make_document(ann, "Other")
    drafts = [draft_fork(origin=plan, owner=bob) for _ in range(10)]
    draft_merge(draft=drafts[0], actor=bob, closes=True)
    lost = draft_fork(origin=other, owner=ann, title="Lost <b>")
    document_purge(document=other, actor=ann)
    with django_assert_max_num_queries(8):
        page = _page(staff, "documents/draft/")
    changes = "/admin/documents/document/"
    assert page.count(f'href="{changes}{plan.pk}/change/"') == 10
    assert f'href="{changes}{drafts[3].pk}/change/"' in page
    assert "Lost &lt;b&gt;" in page
    closed = _page(staff, "documents/draft/", document__trashed_at__isempty="0")
    assert f"{changes}{drafts[0].pk}/" in closed
    assert f"{changes}{drafts[1].pk}/" not in closed
    assert "in the trash" in closed
    mine = _page(staff, "documents/draft/", q="ann")
    assert "Lost &lt;b&gt;" in mine
    assert str(plan.pk) not in mine
    path = f"/admin/documents/draft/{drafts[1].pk}"
    assert staff.get(f"{path}/change/").status_code == 200
    for refused in ("/admin/documents/draft/add/", f"{path}/delete/"):
        assert staff.get(refused).status_code == 403
    assert staff.post(f"{path}/change/", {"base_seq": 99}).status_code == 403
    lost.refresh_from_db()
    assert lost.origin is None


def test_documents_are_found(staff: Client) -> None:
    """By title, owner and id, and by whether they are in the trash."""
    document = make_document(make_user("ann"), "报告")
    make_document(title="Letter")
    for search in ("报告", "ann", str(document.pk)):
        page = _page(staff, "documents/document/", q=search)
        assert "报告" in page
        assert "Letter" not in page
    assert "Letter" not in _page(staff, "documents/document/", trashed_at__isempty="0")


def test_the_trash_actions_call_the_services(staff: Client) -> None:
    """What the admin does to a document, its live room hears of."""
    document = make_document()
    for action, trashed in (("move_to_trash", True), ("restore", False)):
        form = {"action": action, "_selected_action": str(document.pk)}
        assert staff.post("/admin/documents/document/", form).status_code == 302
        document.refresh_from_db()
        assert document.is_trashed is trashed


def test_freeze_and_unfreeze(staff: Client) -> None:
    document = make_document()
    for action, frozen in (("freeze", True), ("unfreeze", False)):
        form = {"action": action, "_selected_action": str(document.pk)}
        assert staff.post("/admin/documents/document/", form).status_code == 302
        document.refresh_from_db()
        assert document.is_frozen is frozen
    assert "in use" in _page(staff, "documents/document/")


def _member_form(document: Document, *rows: dict[str, Any]) -> dict[str, Any]:
    form: dict[str, Any] = {
        "title": document.title,
        "owner": document.owner_id,
        **no_rows(*OTHER_INLINES),
        "memberships-TOTAL_FORMS": len(rows),
        "memberships-INITIAL_FORMS": sum("id" in row for row in rows),
    }
    for number, row in enumerate(rows):
        form |= {f"memberships-{number}-{name}": value for name, value in row.items()}
        form[f"memberships-{number}-document"] = document.pk
    return form


def test_rename_and_share(staff: Client) -> None:
    """Title and members are changed on one page; the owner cannot become a member."""
    ann, bob, carol = make_user(), make_user(), make_user()
    document = make_document(ann, "Old", members={bob: Role.VIEWER})
    member = Membership.objects.get()
    url = f"/admin/documents/document/{document.pk}/change/"
    assert "Old" in _page(staff, url.removeprefix("/admin/"))
    form = _member_form(
        document,
        {"id": member.pk, "user": bob.pk, "role": "editor"},
        {"user": carol.pk, "role": "commenter"},
    )
    assert staff.post(url, form | {"title": "New"}).status_code == 302
    document.refresh_from_db()
    assert document.title == "New"
    assert policy.role_of(bob, document) is Role.EDITOR
    assert policy.role_of(carol, document) is Role.COMMENTER
    gone = _member_form(
        document, {"id": member.pk, "user": bob.pk, "role": "editor", "DELETE": "on"}
    )
    assert staff.post(url, gone).status_code == 302
    assert policy.role_of(bob, document) is None
    owner = _member_form(document, {"user": ann.pk, "role": "editor"})
    refused = staff.post(url, owner)
    assert refused.status_code == 200
    assert "The owner cannot be a member besides." in refused.content.decode()


def test_a_member_may_be_replaced_by_another(staff: Client) -> None:
    """Another person in the same row: the first has no role any more."""
    bob, carol = make_user(), make_user()
    document = make_document(members={bob: Role.VIEWER})
    form = _member_form(
        document, {"id": Membership.objects.get().pk, "user": carol.pk, "role": "viewer"}
    )
    url = f"/admin/documents/document/{document.pk}/change/"
    assert staff.post(url, form).status_code == 302
    assert policy.role_of(bob, document) is None
    assert policy.role_of(carol, document) is Role.VIEWER


@pytest.mark.parametrize("model", ["updaterecord", "checkpoint", "clientbinding"])
def test_the_log_is_shown_and_cannot_be_changed(staff: Client, model: str) -> None:
    """A size in the list, first bytes on a row's page; there is no way to add, change or delete."""
    document = make_document(title="Plan")
    _edit(document)
    Checkpoint.objects.create(document=document, seq=1, state=b"\x01\x02" * 50)
    rows: dict[str, Any] = {
        "updaterecord": UpdateRecord.objects.get().pk,
        "checkpoint": document.pk,
        "clientbinding": document.bindings.get().pk,
    }
    page = _page(staff, f"history/{model}/", q="Plan")
    detail = _page(staff, f"history/{model}/{rows[model]}/change/")
    if model != "clientbinding":
        excerpt = "00 01 02 03" if model == "updaterecord" else "01 02 01 02"
        assert excerpt not in page
        assert excerpt in detail
    assert 'name="_save"' not in detail
    assert staff.get(f"/admin/history/{model}/add/").status_code == 403
    for action in ("change", "delete"):
        assert staff.post(f"/admin/history/{model}/{rows[model]}/{action}/").status_code == 403


def test_the_list_of_records_does_not_read_their_bytes(
    staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Neither a query per row nor megabytes per page."""
    for _ in range(20):
        _edit(make_document())
    with django_assert_max_num_queries(8) as queries:
        _page(staff, "history/updaterecord/")
    statements = [query["sql"] for query in queries.captured_queries]
    assert not [sql for sql in statements if '"seq", "history_updaterecord"."update"' in sql]
    assert not [sql for sql in statements if "SUBSTR" in sql]


def test_people_are_made_and_changed(staff: Client) -> None:
    """The forms of the admin work with our own user model."""
    form = {"username": "dora", "password1": "x", "password2": "x", "usable_password": "true"}
    assert staff.post("/admin/accounts/user/add/", form).status_code == 302
    dora = User.objects.get(username="dora")
    assert "How others see them" in _page(staff, f"accounts/user/{dora.pk}/change/")
    assert "dora" in _page(staff, "accounts/user/", q="dora")


def test_who_owns_documents_cannot_be_deleted(staff: Client) -> None:
    """Their documents and history would go with them: they are made inactive instead."""
    document = make_document()
    url = f"/admin/accounts/user/{document.owner_id}/delete/"
    staff.post(url, {"post": "yes"})
    assert Document.objects.filter(pk=document.pk).exists()
    idle = make_user()
    staff.post(f"/admin/accounts/user/{idle.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=idle.pk).exists()


def test_the_admin_is_for_staff() -> None:
    """An ordinary person is refused; who is nobody yet signs in where everybody does."""
    visitor = Client()
    assert visitor.get("/admin/")["Location"].startswith("/admin/login/")
    for path in ("/admin/login/", "/admin/login/?next=/admin/documents/"):
        assert visitor.get(path)["Location"].startswith("/sign-in/?next=")
        form = {"username": "root", "password": "x"}
        assert visitor.post(path, form)["Location"].startswith("/sign-in/?next=")
    visitor.force_login(make_user())
    assert visitor.get("/admin/", follow=True).status_code == 403


def test_every_list_opens(staff: Client) -> None:
    """Of every model that is registered."""
    _page(staff, "")
    for model in admin.site._registry:
        _page(staff, f"{model._meta.app_label}/{model._meta.model_name}/")


def test_no_secret_is_shown(staff: Client) -> None:
    """A lost second step is taken away; its secret, and tokens of a provider, are nobody's."""
    ann = make_user("ann")
    authenticator = TOTP.activate(ann, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").instance
    path = f"accounts/secondstep/{authenticator.pk}"
    page = _page(staff, f"{path}/change/")
    assert "ann" in page
    assert "JBSWY3DPEHPK3PXP" not in page
    assert "secret" not in page
    assert staff.post(f"/admin/{path}/delete/", {"post": "yes"}).status_code == 302
    assert not Authenticator.objects.filter(user=ann).exists()
    shown = {model._meta.label for model in admin.site._registry}
    assert not shown & {"socialaccount.SocialToken", "socialaccount.SocialApp"}


def test_what_is_taken_away_is_told_to_open_pages(
    staff: Client, rung: list[AccessChanged], django_capture_on_commit_callbacks: Any
) -> None:
    """A token, a group, a person, a password: each by the pages of the admin, one or several."""
    group = Group.objects.create(name="all")
    ann, bob = make_user("ann"), make_user("bob")
    for user in (ann, bob):
        user.groups.add(group)
    tokens = [token_and_row(user, name="x", scope=TokenScope.READ)[0] for user in (ann, bob)]

    def told(path: str, **fields: object) -> set[int | None]:
        rung.clear()
        with django_capture_on_commit_callbacks(execute=True):
            assert staff.post(f"/admin/{path}", fields).status_code == 302, path
        assert all(event.document_id == EVERY_DOCUMENT for event in rung)
        return {event.user_id for event in rung}

    one, other = tokens
    assert told(f"accounts/apitoken/{one.pk}/delete/", post="yes") == {ann.pk}
    several = {"action": "delete_selected", "post": "yes"}
    path = "accounts/apitoken/"
    assert told(path, _selected_action=other.pk, **several) == {bob.pk}
    assert told(f"auth/group/{group.pk}/delete/", post="yes") == {ann.pk, bob.pk}
    again = Group.objects.create(name="again")
    ann.groups.add(again)
    assert told("auth/group/", _selected_action=again.pk, **several) == {ann.pk}
    password = {"password1": "quite another", "password2": "quite another"}
    path = f"accounts/user/{ann.pk}/password/"
    assert told(path, usable_password="true", **password) == {ann.pk}
    ann_id, bob_id = ann.pk, bob.pk
    assert told(f"accounts/user/{ann_id}/delete/", post="yes") == {ann_id}
    assert told("accounts/user/", _selected_action=bob_id, **several) == {bob_id}
