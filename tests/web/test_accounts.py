"""A person's own pages."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase
from PIL import Image
from pytest_django import Settings

from collab.accounts.models import ApiToken, User
from collab.accounts.selectors import person_find
from collab.accounts.tokens import token_create, user_for_token
from collab.audit.models import AuditEntry
from collab.documents import policy
from collab.documents.models import Role
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def ann() -> User:
    return make_user("ann", password=PASSWORD, email="ann@example.org", display_name="Ann")


def sign_in(name: str = "ann", password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/sign-in/", {"username": name, "password": password})
    return client


def sign_in_again() -> Client:
    """As before what cannot be undone: the password is asked once more."""
    client = sign_in()
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_in_by_user_name_or_address(ann: User) -> None:
    assert is_in(sign_in("ann"))
    assert is_in(sign_in("ANN@example.org"))
    assert not is_in(sign_in("ann", "wrong"))
    ann.is_active = False
    ann.save()
    assert not is_in(sign_in("ann"))


def test_guessing_is_slowed_down(ann: User, settings: Settings) -> None:
    """After a few wrong passwords the right one does not help for a while either."""
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/key"}
    cache.clear()
    for _ in range(3):
        assert not is_in(sign_in("ann", "wrong"))
    assert not is_in(sign_in("ann"))
    cache.clear()
    assert is_in(sign_in("ann"))


def test_nobody_is_locked_out_by_a_stranger(ann: User, settings: Settings) -> None:
    """Attempts are counted by the account and the network from which they come."""
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/key"}
    cache.clear()
    form = {"username": "ann", "password": "wrong"}
    stranger = Client(REMOTE_ADDR="198.51.100.7")
    for _ in range(4):
        stranger.post("/sign-in/", form)
    stranger.post("/sign-in/", form | {"password": PASSWORD})
    assert not is_in(stranger)
    assert is_in(sign_in("ann"))


@pytest.mark.parametrize("login", ["ann", "ann@example.org"])
def test_a_reset_of_the_password_ends_a_lock_out(ann: User, settings: Settings, login: str) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/key"}
    cache.clear()
    for _ in range(4):
        assert not is_in(sign_in(login, "wrong"))
    assert not is_in(sign_in(login))
    reset("ann@example.org")
    assert is_in(sign_in(login, "another good one"))
    cache.clear()


def test_a_password_is_reset_by_a_letter(ann: User) -> None:
    """The letter is plain text and HTML; other sessions end with the old password."""
    before = sign_in()
    visitor = Client()
    visitor.post("/account/password/reset/", {"email": "ann@example.org"})
    (letter,) = mail.outbox
    assert getattr(letter, "alternatives", None)
    found = re.search(r"http://testserver(/account/password/reset/\S+)", str(letter.body))
    assert found
    page = visitor.get(found[1], follow=True)
    path = page.redirect_chain[-1][0]
    visitor.post(path, {"password1": "another good one", "password2": "another good one"})
    assert is_in(sign_in(password="another good one"))
    assert not is_in(before)


def reset(email: str, host: str = "testserver") -> str:
    """Reset the password by the letter to ``email``; return the letter."""
    visitor = Client(HTTP_HOST=host)
    visitor.post("/account/password/reset/", {"email": email})
    letter = str(mail.outbox[-1].body)
    found = re.search(r"https?://[^/]+(/account/password/reset/\S+)", letter)
    assert found
    path = visitor.get(found[1], follow=True).redirect_chain[-1][0]
    visitor.post(path, {"password1": "another good one", "password2": "another good one"})
    return letter


@pytest.mark.parametrize("is_proved", [False, True])
def test_a_reset_ends_what_another_may_have_made(ann: User, is_proved: bool) -> None:
    """Somebody signed up with Ann's address: their token, session and passkey do not outlive it.

    Where an address was proved, second steps stay: they guard it against who reads the mailbox.
    """
    EmailAddress.objects.create(user=ann, email=ann.email, verified=is_proved)
    attacker, token = sign_in(), token_create(ann)
    TOTP.activate(ann, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert is_in(attacker)
    reset(ann.email)
    assert user_for_token(token) is None
    assert not is_in(attacker)
    assert Authenticator.objects.filter(user=ann).exists() == is_proved
    assert AuditEntry.objects.filter(action="password.reset", subject="ann").exists()


def test_letters_lead_to_the_configured_address(ann: User, settings: Settings) -> None:
    """Whatever ``Host`` says, its port too: letters of allauth's and of ours."""
    settings.PUBLIC_URL = "https://docs.example.org"
    letter = reset(ann.email, "testserver:6666")
    assert "https://docs.example.org/account/password/reset/" in letter
    document = make_document(ann)
    asking = Client(HTTP_HOST="testserver:6666")
    asking.force_login(make_user("bob", email="boss@example.org"))
    with TestCase.captureOnCommitCallbacks(execute=True):
        asking.post(f"/d/{document.pk}/ask/", {"message": "m" * 2_000_000})
    asked = str(mail.outbox[-1].body)
    assert f"https://docs.example.org/d/{document.pk}/" in asked
    # A page of text is no letter, and an address that is only claimed is nobody's name.
    assert len(asked) < 5_000
    assert "boss@example.org" not in asked
    assert not any(":6666" in str(each.message()) for each in mail.outbox)


def _hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count what the password hasher is asked to do."""
    asked: list[str] = []
    real = MD5PasswordHasher.encode

    def encode(self: MD5PasswordHasher, password: str, salt: str) -> str:
        asked.append(password)
        return real(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    return asked


def test_signing_in_costs_the_same_whoever_is_named(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in calls of the hasher: known or not, by name or address, suspended, without one."""
    make_user("gone", password=PASSWORD, email="gone@example.org", is_active=False)
    make_user("keyless", email="keyless@example.org")
    for number in range(2):
        make_user(f"twin{number}", password=PASSWORD, email="twin@example.org")
    asked, pages = _hashes(monkeypatch), set()
    names = ("ann", "gone", "keyless", "nobody")
    for name in (*names, *(f"{each}@example.org" for each in (*names, "twin"))):
        asked.clear()
        page = Client().post("/sign-in/", {"username": name, "password": "wrong"})
        said = str(page.context["form"].errors.as_data())
        # What was typed, a name or an address, is named; whether it is somebody's is not.
        pages.add(("@" in name, page.status_code, said, len(asked)))
    assert len(pages) == 2, pages


def test_signing_up_says_the_same_of_every_address(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known and proved, known, unknown: the same answer, and the same work."""
    EmailAddress.objects.create(user=ann, email=ann.email, verified=True)
    make_user("bob", email="bob@example.org")
    asked, answers = _hashes(monkeypatch), []
    for number, name in enumerate(("ann", "bob", "nobody")):
        asked.clear()
        form = {"email": f"{name}@example.org", "username": f"new{number}"}
        answer = Client().post(
            "/account/signup/", {**form, "password1": PASSWORD, "password2": PASSWORD}
        )
        answers.append((answer.status_code, answer.get("Location"), len(asked)))
    assert len(set(answers)) == 1, answers
    assert person_find("ann@example.org") == ann


def test_an_address_is_proved_by_a_letter(ann: User) -> None:
    client = sign_in()
    client.post("/account/email/", {"action_add": "", "email": "second@example.org"})
    found = re.search(r"http://testserver(/account/confirm-email/\S+/)", str(mail.outbox[-1].body))
    assert found
    client.post(found[1])
    assert EmailAddress.objects.get(email="second@example.org").verified


def test_the_second_step(ann: User) -> None:
    """With an authenticator app the password alone opens nothing."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(ann, secret)
    client = Client()
    answer = client.post("/sign-in/", {"username": "ann", "password": PASSWORD})
    assert answer["Location"].startswith("/account/2fa/authenticate/")
    assert not is_in(client)
    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value(secret, counter))
    client.post("/account/2fa/authenticate/", {"code": code})
    assert is_in(client)


def test_every_page_of_the_account_opens(ann: User) -> None:
    """And none needs an exception of the content security policy."""
    client = sign_in_again()
    for path in (
        "/account/",
        "/account/email/",
        "/account/password/change/",
        "/account/2fa/",
        "/account/2fa/totp/activate/",
        "/account/2fa/webauthn/",
        "/account/2fa/webauthn/add/",
        "/account/sessions/",
        "/account/tokens/",
        "/account/delete/",
    ):
        response = client.get(path)
        assert response.status_code == 200, path
        page = response.content.decode()
        scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page)
        assert all("application/json" in script for script in scripts), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page), path
        assert "account-nav" in page, path


def picture(kind: str = "PNG", size: tuple[int, int] = (600, 300)) -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", size, "#336699").save(out, kind)
    return SimpleUploadedFile("me.bin", out.getvalue())


def test_the_profile_is_changed(ann: User) -> None:
    """Name, colour, language at once, picture as a small square; the old picture goes."""
    client = sign_in()
    body = {"display_name": "安", "color": "#112233", "language": "zh-hans", "theme": "dark"}
    saved = client.post("/account/", {**body, "picture": picture()})
    assert saved.status_code == 302
    assert saved.cookies["django_language"].value == "zh-hans"
    ann.refresh_from_db()
    assert (ann.shown_name, ann.color, ann.theme) == ("安", "#112233", "dark")
    answer = client.get(ann.avatar_url)
    shown = Image.open(BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    assert (shown.format, shown.size) == ("WEBP", (256, 256))
    assert Client().get(ann.avatar_url).status_code == 302
    assert client.get("/avatars/none.webp").status_code == 404
    page = client.get("/account/").content.decode()
    assert 'data-user-theme="dark"' in page
    assert "个人资料" in page
    client.post("/account/", {**body, "remove_picture": "on"})
    ann.refresh_from_db()
    assert not ann.avatar


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("a.png", b"<svg onload='alert(1)'/>"),
        SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50),
        picture("BMP"),
        picture(size=(12_000, 4_000)),
        SimpleUploadedFile("a.png", b"x" * (5 * 1024 * 1024 + 1)),
    ],
    ids=["svg", "broken", "other kind", "too many pixels", "too large"],
)
def test_what_is_no_picture_is_refused(ann: User, file: SimpleUploadedFile) -> None:
    file.seek(0)
    body = {"display_name": "Ann", "color": "#112233", "picture": file}
    page = sign_in().post("/account/", body)
    assert page.status_code == 200
    assert "errorlist" in page.content.decode()
    ann.refresh_from_db()
    assert not ann.avatar


def test_sign_out_everywhere_else(ann: User) -> None:
    here, there = sign_in(), sign_in()
    page = here.get("/account/sessions/").content.decode()
    assert page.count("<li>") == 2
    here.post("/account/sessions/")
    assert is_in(here)
    assert not is_in(there)


def test_tokens_are_made_and_withdrawn(ann: User) -> None:
    """Shown once."""
    client = sign_in()
    page = client.post("/account/tokens/", {"name": "backup", "scope": "read", "days": "30"})
    found = re.search(r'class="input token" readonly value="(\w+)"', page.content.decode())
    assert found
    assert user_for_token(found[1]) == ann
    assert found[1] not in client.get("/account/tokens/").content.decode()
    row = ApiToken.objects.get()
    assert (row.name, row.scope) == ("backup", "read")
    stranger = Client()
    stranger.force_login(make_user())
    assert stranger.post(f"/account/tokens/{row.short_id}/end/").status_code == 404
    client.post(f"/account/tokens/{row.short_id}/end/")
    assert user_for_token(found[1]) is None


def test_an_account_is_deleted(ann: User) -> None:
    """Documents are handed over, the name is gone, the words keep their author."""
    bob = make_user("bob")
    mine, shared = make_document(ann), make_document(bob, members={ann: Role.EDITOR})
    token = token_create(ann)
    assert "/reauthenticate/" in sign_in().get("/account/delete/")["Location"]
    client = sign_in_again()
    body = {"documents": "hand over", "heir": "nobody", "username": "ann"}
    assert "no such person" in client.post("/account/delete/", body).content.decode()
    wrong = {**body, "heir": "bob", "username": "an"}
    assert "not your user name" in client.post("/account/delete/", wrong).content.decode()
    assert client.post("/account/delete/", {**body, "heir": "bob"}).status_code == 302
    assert policy.role_of(bob, mine.__class__.objects.get(pk=mine.pk)) is Role.OWNER
    ann.refresh_from_db()
    nameless = f"deleted-{ann.pk}"
    assert (ann.username, ann.email, ann.shown_name) == (nameless, "", nameless)
    assert policy.role_of(ann, shared) is None
    assert user_for_token(token) is None
    assert not is_in(client)
    assert not Session.objects.exists()


def test_documents_of_a_deleted_account_can_go_to_the_trash(ann: User) -> None:
    mine = make_document(ann)
    sign_in_again().post("/account/delete/", {"documents": "delete", "username": "ann"})
    mine.refresh_from_db()
    assert mine.is_trashed


def test_an_openid_provider_is_offered_where_the_settings_name_one(settings: Settings) -> None:
    """The button leads to the provider named; nothing is offered where there is none."""
    assert "/account/oidc/" not in Client().get("/sign-in/").content.decode()
    app = {
        "provider_id": "oidc",
        "name": "Our house",
        "client_id": "scriptorium",
        "secret": "s",
        "settings": {"server_url": "http://127.0.0.1:1"},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    page = Client().get("/sign-in/").content.decode()
    assert "/account/oidc/oidc/login/" in page
    assert "Our house" in page


def test_one_session_is_ended_in_the_page(ann: User) -> None:
    """The others go on; somebody else's stays, whatever is sent."""
    here, there, elsewhere = sign_in(), sign_in(), sign_in()
    bob = make_user("bob", password=PASSWORD)
    of_bob = sign_in("bob")
    page = here.get("/account/sessions/")
    assert page.content.decode().count('name="session"') == 2
    key = there.session.session_key
    row = UserSession.objects.get(session_key=key)
    foreign = UserSession.objects.get(user=bob)
    for number in (row.pk, foreign.pk, "x"):
        assert here.post("/account/sessions/", {"session": number}).status_code == 302
    assert [is_in(each) for each in (here, there, elsewhere, of_bob)] == [True, False, True, True]
