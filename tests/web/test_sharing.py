"""The ways into a document: link, password, guest, request, invitation."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from collab.accounts.models import User
from collab.documents import policy
from collab.documents.models import Document, Invitation, LinkReach, Role
from collab.documents.policy import Action
from collab.documents.sharing import (
    guest_create,
    invitation_create,
    invitation_token,
    link_set,
)
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


def open_link(
    reach: LinkReach = LinkReach.ANYONE, role: Role = Role.EDITOR, password: str = ""
) -> Document:
    cache.clear()  # the counters of attempts
    document = make_document(title="Secret plan")
    link_set(
        document=document,
        reach=reach,
        role=role,
        expires_at=None,
        password=password,
        actor=document.owner,
    )
    return document


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_guest_chooses_a_name_and_sees_this_document_only() -> None:
    """An author without a password, to whom nothing else is open: elsewhere they are nobody."""
    document = open_link()
    visitor = Client()
    page = visitor.get(f"/d/{document.pk}/").content.decode()
    assert "Your name" in page
    assert "Secret plan" not in page
    assert visitor.post(f"/d/{document.pk}/enter/", {"name": "  "}).status_code == 400
    entered = visitor.post(f"/d/{document.pk}/enter/", {"name": " Mia \x00 Li "})
    assert entered["Location"] == f"/d/{document.pk}/"
    guest = User.objects.get(is_guest=True)
    assert (guest.shown_name, guest.has_usable_password()) == ("Mia Li", False)
    assert '"isByLink": true' in visitor.get(f"/d/{document.pk}/").content.decode()
    other = make_document()
    for path in ("/", "/trash/", "/account/", "/account/tokens/", f"/d/{other.pk}/", "/admin/"):
        assert (
            "/login/" in visitor.get(path)["Location"]
            or "/sign-in/" in visitor.get(path)["Location"]
        )
    assert "Sign in" in visitor.get("/sign-in/").content.decode()
    api = f"/api/v1/documents/{document.pk}"
    assert visitor.get(api).status_code == 200
    for path in (
        "/api/v1/documents",
        "/api/v1/tokens",
        "/api/v1/users?search=ab",
        f"{api}/members",
    ):
        assert visitor.get(path).status_code == 403
    assert visitor.post("/new/").status_code == 302
    assert not Document.objects.filter(owner=guest).exists()


def test_guests_of_one_name_come_at_the_same_moment() -> None:
    """A class of which half call themselves the same: each is somebody of their own."""
    made = [guest_create(name="Guest", language="") for _ in range(30)]
    assert len({guest.username for guest in made}) == 30
    assert {guest.shown_name for guest in made} == {"Guest"}


def test_a_guest_is_out_when_the_link_closes() -> None:
    document = open_link()
    visitor = Client()
    visitor.post(f"/d/{document.pk}/enter/", {"name": "Mia"})
    link_set(
        document=document,
        reach=LinkReach.SIGNED_IN,
        role=Role.EDITOR,
        expires_at=None,
        password=None,
        actor=document.owner,
    )
    assert visitor.get(f"/d/{document.pk}/")["Location"].startswith("/sign-in/")


def test_a_link_with_a_password_asks_everybody() -> None:
    """A guest and a person; another password asks again; attempts are counted."""
    document = open_link(password="open sesame")
    ann = make_user()
    person = signed_in(ann)
    page = person.get(f"/d/{document.pk}/").content.decode()
    assert "Password of the link" in page
    assert "Your name" not in page
    wrong = person.post(f"/d/{document.pk}/enter/", {"password": "sesame"})
    assert wrong.status_code == 403
    assert "not the password" in wrong.content.decode()
    assert policy.role_of(ann, document) is None
    assert person.post(f"/d/{document.pk}/enter/", {"password": "open sesame"}).status_code == 302
    assert policy.role_of(ann, document) is Role.EDITOR
    link_set(
        document=document,
        reach=LinkReach.ANYONE,
        role=Role.EDITOR,
        expires_at=None,
        password="another",
        actor=document.owner,
    )
    document.refresh_from_db()
    assert policy.role_of(ann, document) is None
    visitor = Client()
    answers = [
        visitor.post(f"/d/{document.pk}/enter/", {"name": "Mia", "password": "no"}).status_code
        for _ in range(12)
    ]
    assert answers.count(429) >= 2
    assert not User.objects.filter(is_guest=True).exists()


def test_only_a_link_for_all_lets_guests_in() -> None:
    """One for people who are signed in sends a stranger to sign in, and lets a person in."""
    document = open_link(LinkReach.SIGNED_IN, Role.VIEWER)
    visitor = Client()
    assert visitor.get(f"/d/{document.pk}/")["Location"].startswith("/sign-in/")
    visitor.post(f"/d/{document.pk}/enter/", {"name": "Mia"})
    assert not User.objects.filter(is_guest=True).exists()
    ann = make_user()
    assert signed_in(ann).get(f"/d/{document.pk}/").status_code == 200
    assert not policy.may(ann, Action.WRITE, document)
    assert Document.objects.filter(policy.readable_by(ann)).exists()  # it stands in the list now


def test_a_member_needs_no_password_and_gets_nothing_by_it() -> None:
    """Opening a document as a member leaves no way in by the link once the membership is gone."""
    document = open_link(password="open sesame")
    ann = make_user()
    document.memberships.create(user=ann, role=Role.VIEWER)
    assert signed_in(ann).get(f"/d/{document.pk}/").status_code == 200
    document.memberships.all().delete()
    assert policy.role_of(ann, document) is None


def test_somebody_without_access_asks_for_it() -> None:
    """The page offers it once, then says that the owner has the request."""
    document, ann = make_document(), make_user("ann")
    person = signed_in(ann)
    page = person.get(f"/d/{document.pk}/")
    assert page.status_code == 404
    assert "Ask for access" in page.content.decode()
    person.post(f"/d/{document.pk}/ask/", {"message": "please\x00"})
    page = person.get(f"/d/{document.pk}/")
    assert "has your request" in page.content.decode()
    (request,) = document.access_requests.all()
    assert (request.user, request.message) == (ann, "please")


def invite(document: Document, email: str = "carol@example.org") -> Invitation:
    return invitation_create(
        document=document,
        email=email,
        role=Role.EDITOR,
        actor=document.owner,
        base_url="http://testserver",
    )


@pytest.mark.parametrize("is_open", [True, False])
def test_who_is_invited_signs_up_and_is_in(is_open: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where sign-up is closed: the letter is the key. The address counts as proved."""
    monkeypatch.setattr(settings, "ENV", replace(settings.ENV, sign_up_open=is_open))
    assert (
        "Accounts by invitation" in Client().get("/account/signup/").content.decode()
    ) != is_open
    document = make_document()
    invitation = invite(document)
    visitor = Client()
    page = visitor.get(f"/invitation/{invitation_token(invitation)}/").content.decode()
    assert "Make an account" in page
    wanted = f"/d/{document.pk}/"
    page = visitor.get(f"/account/signup/?next={wanted}").content.decode()
    assert 'value="carol@example.org"' in page
    body = {
        "email": "carol@example.org",
        "username": "carol",
        "password1": "a long password",
        "next": wanted,
    }
    assert visitor.post("/account/signup/", body)["Location"] == wanted
    carol = User.objects.get(username="carol")
    assert policy.role_of(carol, document) is Role.EDITOR
    assert carol.emailaddress_set.get().verified  # type: ignore[attr-defined]  # allauth's
    assert not Invitation.objects.exists()
    assert visitor.get(wanted).status_code == 200


def test_an_invitation_is_accepted_by_who_is_signed_in() -> None:
    """A weaker role than one has already does not take the stronger away."""
    document, ann = make_document(), make_user()
    document.memberships.create(user=ann, role=Role.EDITOR)
    invitation = invite(document)
    Invitation.objects.update(role=Role.VIEWER)
    person, path = signed_in(ann), f"/invitation/{invitation_token(invitation)}/"
    assert "Open it as" in person.get(path).content.decode()
    assert Invitation.objects.exists()  # a look alone accepts nothing
    assert person.post(path)["Location"] == f"/d/{document.pk}/"
    assert policy.role_of(ann, document) is Role.EDITOR
    over = person.get(path)
    assert over.status_code == 404
    assert "is over" in over.content.decode()


def test_signing_up_with_an_invited_address_alone_gives_nothing() -> None:
    """Whoever types another's address has not read the letter."""
    document = make_document()
    invite(document)
    body = {"email": "carol@example.org", "username": "thief", "password1": "a long password"}
    assert Client().post("/account/signup/", body).status_code == 302
    assert policy.role_of(User.objects.get(username="thief"), document) is None


def test_the_pages_need_no_exception_of_the_policy() -> None:
    document = open_link(password="x")
    paths = [f"/d/{document.pk}/", "/sign-in/", "/account/signup/", "/account/password/reset/"]
    for path in paths:
        page = Client().get(path).content.decode()
        scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page)
        assert all("application/json" in script for script in scripts), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page), path


def test_a_guest_who_only_reads_needs_no_name() -> None:
    """Who could write does: the others see it at their words."""
    document = open_link(role=Role.VIEWER)
    visitor = Client()
    assert "Your name (not required)" in visitor.get(f"/d/{document.pk}/").content.decode()
    assert visitor.post(f"/d/{document.pk}/enter/", {"name": ""}).status_code == 302
    assert visitor.get(f"/d/{document.pk}/").status_code == 200
    assert User.objects.get(is_guest=True).shown_name == "Guest"
    for role in (Role.COMMENTER, Role.EDITOR):
        written = open_link(role=role)
        assert Client().post(f"/d/{written.pk}/enter/", {"name": ""}).status_code == 400


@pytest.mark.parametrize("reach", [LinkReach.ANYONE, LinkReach.SIGNED_IN])
def test_a_link_that_has_expired_says_so(reach: LinkReach) -> None:
    """To whom it would have let in; neither of one in the trash, nor of one without a link."""
    document = open_link(reach=reach)
    Document.objects.update(link_expires_at=timezone.now() - timedelta(minutes=1))
    path = f"/d/{document.pk}/"
    stranger, person = Client().get(path), signed_in(make_user()).get(path)
    assert person.status_code == 404
    assert "This link has expired" in person.content.decode()
    assert "Ask for access" in person.content.decode()
    if reach is LinkReach.ANYONE:
        assert stranger.status_code == 410
        assert "This link has expired" in stranger.content.decode()
        assert "Secret plan" not in stranger.content.decode()
    else:
        assert stranger["Location"].startswith("/sign-in/")
    for change in ({"link_reach": LinkReach.RESTRICTED}, {"trashed_at": timezone.now()}):
        Document.objects.update(link_reach=reach, trashed_at=None)
        Document.objects.update(**change)
        assert Client().get(path).status_code == 302
        answer = signed_in(make_user()).get(path).content.decode()
        assert "This link has expired" not in answer
        assert "You need access" in answer
