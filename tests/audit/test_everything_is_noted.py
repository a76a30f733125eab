"""Whatever a form of the administration or an account page changes stands in the audit log."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver
from pytest_django import DjangoCaptureOnCommitCallbacks

from collab.accounts.models import ApiToken, User
from collab.accounts.tokens import token_create
from collab.audit.models import AuditEntry
from collab.web.urls import urlpatterns
from tests.documents.ways import undone
from tests.factories import make_user
from tests.operations.test_admin_rights import World, registered, signed_in

pytestmark = pytest.mark.django_db
WRITE = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
#: What is written besides by any request, and what is no act of a person's.
BESIDES = {
    "django_session",
    "django_admin_log",
    "audit_auditentry",
    "accounts_counter",
    "usersessions_usersession",
}
PASSWORD = "correct horse battery"


def test_every_form_of_the_administration() -> None:
    """As a superuser, filled in so that everything changes; an act without an entry is a fault."""
    world = World()
    world.root.user_permissions.add(Permission.objects.get(codename="read_text"))
    client = signed_in(world.root)
    silent, noted = [], 0
    for model in registered():
        for method, path, body in world.pages(model):
            if method == "get":
                continue
            with undone():
                before = AuditEntry.objects.count()
                with CaptureQueriesContext(
                    connection,
                ) as queries:
                    client.post(path, body)
                written = {
                    found[1] for each in queries if (found := WRITE.match(each["sql"]))
                } - BESIDES
                if not written:
                    continue
                noted += 1
                if AuditEntry.objects.count() == before:
                    silent.append((path, body.get("action"), written))
    assert silent == []
    assert noted >= 20


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ({"is_staff": "on"}, {"is_staff": [False, True]}),
        ({"is_superuser": "on"}, {"is_superuser": [False, True]}),
        ({"groups": "writers"}, {"groups": [[], ["writers"]]}),
        ({"user_permissions": "view_user"}, {"permissions": [[], ["view_user"]]}),
    ],
)
def test_power_is_noted_with_what_it_was(field: dict[str, str], expected: dict[str, Any]) -> None:
    world = World()
    path = f"/admin/accounts/user/{world.friend.pk}/change/"
    (sent,) = (body for m, p, body in world.pages(User) if m == "post" and p == path)
    form = {k: v for k, v in sent.items() if k not in POWERS} | {"is_active": "on"}
    ((name, value),) = field.items()
    if name == "groups":
        value = str(Group.objects.get(name=value).pk)
    if name == "user_permissions":
        value = str(Permission.objects.get(codename=value).pk)
    world.as_root.post(path, form | {name: value})
    entry = AuditEntry.objects.get(action="person.power")
    assert (entry.actor_name, entry.subject) == ("root", "friend")
    assert entry.details == expected


POWERS = {"is_staff", "is_superuser", "groups", "user_permissions"}


def test_a_suspension_and_its_end_are_acts_of_their_own() -> None:
    world = World()
    path = f"/admin/accounts/user/{world.friend.pk}/change/"
    (sent,) = (body for m, p, body in world.pages(User) if m == "post" and p == path)
    form = {k: v for k, v in sent.items() if k not in POWERS | {"is_active"}}
    world.as_root.post(path, form)
    world.as_root.post(path, form | {"is_active": "on"})
    acts = [a for a in actions() if a.startswith("person.") and "suspend" in a]
    assert acts == ["person.suspend", "person.unsuspend"]
    page = world.as_root.get("/admin/audit/auditentry/").content.decode()
    assert "ended a suspension" in page
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", page)


# -- account pages --------------------------------------------------------------------------------


class Account:
    """Ann, signed in, and what she does."""

    def __init__(self) -> None:
        self.ann = make_user("ann", password=PASSWORD, email="ann@example.org")
        EmailAddress.objects.create(
            user=self.ann, email=self.ann.email, verified=True, primary=True
        )
        self.client = Client()
        self.sign_in()
        self.client.post("/account/reauthenticate/", {"password": PASSWORD})

    def sign_in(self, password: str = PASSWORD, name: str = "ann") -> None:
        self.client.post("/sign-in/", {"username": name, "password": password})

    def code(self, secret: str) -> str:
        counter = next(iter(yield_hotp_counters_from_time()))
        return str(format_hotp_value(hotp_value(secret, counter)))

    def totp(self) -> None:
        page = self.client.get("/account/2fa/totp/activate/")
        secret = page.context["form"].secret
        self.client.post("/account/2fa/totp/activate/", {"code": self.code(secret)})

    def address(self, **action: str) -> None:
        body = {"email": "second@example.org", **action}
        self.client.post("/account/email/", body)

    def second(self) -> EmailAddress:
        return EmailAddress.objects.create(user=self.ann, email="second@example.org", verified=True)


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def _sign_in(a: Account) -> None:
    Client().post("/sign-in/", {"username": "ann", "password": PASSWORD})


def _sign_up(a: Account) -> None:
    body = {"username": "new", "email": "new@example.org", "password1": PASSWORD}
    Client().post("/account/signup/", body)


def _confirm(a: Account) -> None:
    address = EmailAddress.objects.create(user=a.ann, email="third@example.org")
    a.client.post(f"/account/confirm-email/{EmailConfirmationHMAC(address).key}/")


def _reset(a: Account) -> None:
    visitor = Client()
    visitor.post("/account/password/reset/", {"email": "ann@example.org"})
    found = re.search(r"/account/password/reset/key/\S+", str(mail.outbox[-1].body))
    assert found
    path = visitor.get(found[0], follow=True).redirect_chain[-1][0]
    visitor.post(path, {"password1": "another good one", "password2": "another good one"})


def _second_step_fails(a: Account) -> None:
    TOTP.activate(a.ann, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    visitor = Client()
    visitor.post("/sign-in/", {"username": "ann", "password": PASSWORD})
    visitor.post("/account/2fa/authenticate/", {"code": "000000"})


def _remove_totp(a: Account) -> None:
    TOTP.activate(a.ann, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    a.client.post("/account/2fa/totp/deactivate/")


def _recovery(a: Account) -> None:
    TOTP.activate(a.ann, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(a.ann)
    a.client.post("/account/2fa/recovery-codes/generate/")


def _primary(a: Account) -> None:
    a.second()
    a.address(action_primary="")


def _remove_address(a: Account) -> None:
    a.second()
    a.address(action_remove="")


def _token_end(a: Account) -> None:
    token_create(a.ann)
    a.client.post(f"/account/tokens/{ApiToken.objects.get().short_id}/end/")


def _others(a: Account) -> None:
    Client().post("/sign-in/", {"username": "ann", "password": PASSWORD})
    a.client.post("/account/sessions/")


def _change(a: Account) -> None:
    body = {
        "oldpassword": PASSWORD,
        "password1": "another good one",
        "password2": "another good one",
    }
    a.client.post("/account/password/change/", body)


def _delete(a: Account) -> None:
    body = {"username": "ann", "documents": "delete"}
    a.client.post("/account/delete/", body)


#: By the name of the route: what is done there, and the entries that it makes.
ACTS: dict[str, tuple[Callable[[Account], Any], set[str]]] = {
    "account_signup": (_sign_up, {"account.sign_up", "sign_in.success"}),
    "sign-in": (_sign_in, {"sign_in.success"}),
    "account_login": (
        lambda a: Client().post("/sign-in/", {"username": "ann", "password": "no"}),
        {"sign_in.fail"},
    ),
    "account_reauthenticate": (
        lambda a: a.client.post("/account/reauthenticate/", {"password": "no"}),
        {"sign_in.fail"},
    ),
    "sign-out": (lambda a: a.client.post("/sign-out/"), {"sign_out"}),
    "account_change_password": (_change, {"password.change"}),
    "account_reset_password_from_key": (_reset, {"password.reset"}),
    "account_email": (lambda a: a.address(action_add=""), {"address.add"}),
    "account_email primary": (_primary, {"address.primary"}),
    "account_email remove": (_remove_address, {"address.remove"}),
    "account_confirm_email": (_confirm, {"address.confirm"}),
    "mfa_activate_totp": (lambda a: a.totp(), {"second_step.add"}),
    "mfa_deactivate_totp": (_remove_totp, {"second_step.remove"}),
    "mfa_authenticate": (_second_step_fails, {"second_step.fail"}),
    "mfa_generate_recovery_codes": (_recovery, {"second_step.renew"}),
    "usersessions_list": (_others, {"session.end_others"}),
    "tokens": (
        lambda a: a.client.post("/account/tokens/", {"name": "x", "scope": "read", "days": "30"}),
        {"token.create"},
    ),
    "token-end": (_token_end, {"token.withdraw"}),
    "account-delete": (_delete, {"person.anonymise"}),
}


@pytest.mark.parametrize("name", ACTS)
def test_every_account_page(
    name: str, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    account = Account()
    before = len(actions())
    do, expected = ACTS[name]
    with django_capture_on_commit_callbacks(execute=True):  # allauth tells some of it then
        do(account)
    assert expected <= set(actions()[before:]), actions()[before:]
    told = str(list(AuditEntry.objects.values_list("subject", "details")))
    assert PASSWORD not in told


def test_a_name_that_nobody_has_is_not_noted() -> None:
    """Somebody may have typed a password there."""
    Client().post("/sign-in/", {"username": "hunter2", "password": "x"})
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_name, entry.subject) == ("sign_in.fail", "visitor", "")
    assert "hunter2" not in str(entry.details)


#: Account pages that change nothing that stands there, and those that need a passkey, an
#: OpenID provider or a password that is not there: tests/e2e/test_accounts.py comes to them.
OTHERS = {
    "account_confirm_login_code",
    "account_email_verification_sent",
    "account_inactive",
    "account_logout",
    "account_reauthenticate",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_set_password",
}


def test_no_account_page_is_forgotten() -> None:
    def names(patterns: list[Any]) -> set[str]:
        found = set()
        for each in patterns:
            if isinstance(each, URLResolver):
                found |= names(each.url_patterns)
            elif each.name:
                found.add(each.name)
        return found

    ours = {n for n in names(urlpatterns) if n.startswith("account_")}
    assert ours - set(ACTS) - OTHERS == set()
