"""An administrator sees the pages as somebody else: where it is allowed, and only to look."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from collab.accounts.impersonation import IMPERSONATOR, may_impersonate
from collab.accounts.models import User
from collab.accounts.services import person_suspend
from collab.audit.models import AuditEntry
from collab.documents.models import Document, LinkReach, LinkVisit
from collab.realtime.admission import Admitted, Knock, admit_all, good_until
from collab.room.access import Access
from collab.types import UserId
from tests.factories import make_document, make_reader, make_user

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def allowed(settings: Settings) -> None:
    settings.ENV = replace(settings.ENV, impersonation=True)


@pytest.fixture
def ann() -> User:
    return make_user("ann", display_name="Ann")


@pytest.fixture
def clerk() -> User:
    """Staff who may change people and read text, and no superuser."""
    user = make_reader("clerk", display_name="Clerk")
    for name in ("change_user", "view_user"):
        user.user_permissions.add(Permission.objects.get(codename=name))
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def look(client: Client, target: User) -> str:
    form = {"action": "look_as", "_selected_action": str(target.pk)}
    return client.post(PEOPLE, form, follow=True).content.decode()


def test_it_is_off_unless_the_settings_say_so(clerk: User, ann: User) -> None:
    client = browser(clerk)
    assert "look_as" not in client.get(PEOPLE).content.decode()
    look(client, ann)
    assert IMPERSONATOR not in client.session
    assert not may_impersonate(make_user(is_staff=True, is_superuser=True), ann)


@pytest.mark.usefixtures("allowed")
def test_a_look_is_never_a_step_up(clerk: User, ann: User) -> None:
    root = make_reader("root", is_superuser=True)
    boss = make_user("boss", is_staff=True)
    guest, gone = make_user(is_guest=True), make_user(is_active=False)
    weak = make_reader()
    blind = make_user(is_staff=True, is_superuser=True)
    assert may_impersonate(clerk, ann)
    assert may_impersonate(root, boss)
    for actor, target in (
        *((clerk, each) for each in (root, boss, clerk, guest, gone)),
        (root, make_user(is_superuser=True)),
        (weak, ann),
        (blind, ann),
        (ann, weak),
    ):
        assert not may_impersonate(actor, target), (actor, target)
    client = browser(clerk)
    assert "Select one person who is active" in look(client, root)
    assert client.get("/").context["user"] == clerk


@pytest.mark.usefixtures("allowed")
def test_they_see_what_the_person_sees_and_change_nothing(clerk: User, ann: User) -> None:
    document = make_document(ann, "Diary")
    client = browser(clerk)
    page = look(client, ann)
    assert "You see the pages as Ann" in page
    assert "Diary" in page
    assert client.get(f"/d/{document.pk}/").status_code == 200
    assert client.get("/api/v1/documents").json()["count"] == 1
    assert client.get("/admin/").status_code == 302
    for path in ("/new/", f"/d/{document.pk}/trash/", "/sign-out/"):
        assert client.post(path).status_code == 403
    refused = client.delete(f"/api/v1/documents/{document.pk}")
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    # What Ann signs in with is not shown either.
    for path in ("/account/", "/account/tokens/", "/account/2fa/", "/api/v1/tokens"):
        assert client.get(path).status_code == 403
    assert Document.objects.get().trashed_at is None


@pytest.mark.usefixtures("allowed")
def test_a_look_writes_nothing(clerk: User, ann: User) -> None:
    """A link that Ann could come by is not come by: no visit is noted, no row is changed."""
    document = make_document(title="Open")
    document.link_reach = LinkReach.ANYONE
    document.save()
    client = browser(clerk)
    look(client, ann)
    paths = ("/", "/trash/", "/search/?q=a", f"/d/{document.pk}/", f"/d/{document.pk}/history/")
    for path in paths:
        client.get(path)  # the session notes the day, once
    with CaptureQueriesContext(connection) as asked:
        for path in (*paths, f"/api/v1/documents/{document.pk}", "/api/v1/documents"):
            client.get(path)
    written = [
        each["sql"]
        for each in asked
        if each["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")
        and "django_session" not in each["sql"]
    ]
    assert written == []
    assert not LinkVisit.objects.exists()


@pytest.mark.usefixtures("allowed")
def test_both_ends_are_noted_and_the_session_is_given_back(clerk: User, ann: User) -> None:
    client = browser(clerk)
    look(client, ann)
    assert client.get("/impersonation/end/").status_code == 405
    back = client.post("/impersonation/end/")
    assert back["Location"] == f"{PEOPLE}{ann.pk}/change/"
    assert client.get(back["Location"]).status_code == 200
    assert client.post("/impersonation/end/").status_code == 404
    noted = AuditEntry.objects.order_by("id").values_list("action", "actor_name", "subject")
    assert list(noted) == [
        ("person.impersonate", "clerk", "ann"),
        ("person.impersonate_end", "clerk", "ann"),
    ]


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("change", ["suspended", "password", "rights", "setting", "target"])
def test_it_ends_when_it_would_not_be_allowed_any_more(
    change: str, clerk: User, ann: User, settings: Settings
) -> None:
    client = browser(clerk)
    look(client, ann)
    if change == "suspended":
        person_suspend(user=clerk, actor=None)
    elif change == "password":
        clerk.set_password("another")
        clerk.save()
    elif change == "rights":
        clerk.user_permissions.clear()
    elif change == "setting":
        settings.ENV = replace(settings.ENV, impersonation=False)
    else:
        User.objects.filter(pk=ann.pk).update(is_superuser=True)
    assert client.get("/").status_code == 302
    assert client.get("/").status_code == 302
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("allowed")
def test_sockets_only_read_under_the_looker_s_name_and_end_with_it(clerk: User, ann: User) -> None:
    document = make_document(ann)
    client = browser(clerk)
    look(client, ann)
    key = client.session.session_key
    (admitted,) = admit_all([Knock(str(document.pk), session_key=key)])
    assert isinstance(admitted, Admitted)
    assert admitted.access is Access.READ
    assert admitted.credential.limit(Access.WRITE) is Access.READ
    assert admitted.identity.name == "Clerk (Ann)"
    held = [(UserId(ann.pk), admitted.credential)]
    assert good_until(held).keys() == {admitted.credential}
    client.post("/impersonation/end/")
    assert not Session.objects.filter(session_key=key).exists()
    assert good_until(held) == {}


def _addresses(document: Document) -> set[str]:
    """Every address of the URL conf but the administration's, about ``document`` where it can."""
    found = set()

    def walk(patterns: Iterable[URLPattern | URLResolver], prefix: str) -> None:
        for each in patterns:
            route = prefix + str(each.pattern)
            if route.startswith("admin/"):
                continue
            if isinstance(each, URLResolver):
                walk(each.url_patterns, route)
                continue
            filled = re.sub(r"<(?:int):\w+>", "1", route)
            filled = re.sub(r"\(\?P<\w+>[^)]*\)|<[^>]*>", str(document.pk), filled)
            found.add("/" + filled.replace("^", "").replace("/?$", "").replace("$", ""))

    walk(get_resolver().url_patterns, "")
    return found


def _rows() -> dict[str, list[tuple[object, ...]]]:
    """All that the database holds but sessions, whose time of use is noted once a day."""
    return {
        model._meta.label: sorted(model._base_manager.values_list(), key=repr)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and "Session" not in model._meta.label
    }


@pytest.mark.usefixtures("allowed")
def test_a_look_at_every_address_writes_nothing(clerk: User, ann: User) -> None:
    """Derived from the URL conf, so that a new page is looked at without being named here."""
    document = make_document(ann, "Diary")
    client = browser(clerk)
    client.raise_request_exception = False
    look(client, ann)
    client.get("/")
    addresses = _addresses(document)
    assert len(addresses) > 100
    before = _rows()
    answers = {address: client.get(address).status_code for address in sorted(addresses)}
    assert _rows() == before
    assert sum(status == 200 for status in answers.values()) > 20, answers
    assert not {address: s for address, s in answers.items() if s >= 500}
    assert IMPERSONATOR in client.session
