"""What staff can reach by the admin: each permission alone, and all of them together.

Every page and form of every registered model is opened and filled in with what an attacker wants.
Whoever registers a model, adds a field, an inline or an action is in this test without a word.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import html5lib
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from collab.accounts.models import ApiToken, User
from collab.accounts.shown_admin import ShownAdmin
from collab.accounts.tokens import token_create
from collab.audit.models import AuditEntry
from collab.documents import policy
from collab.documents.models import Document, Role
from collab.documents.sharing import group_set, invitation_create
from collab.history.models import Checkpoint, HistoryCheckpoint, UpdateRecord
from collab.history.services import document_seed
from collab.history.update_log import DatabaseUpdateLog
from collab.library.drafts import draft_fork
from collab.operations.models import LiveRoom, QuarantinedUpdate, ServerProcess
from collab.richtext.formats import parse
from collab.room.ports import PendingUpdate
from collab.types import ClientId, DocumentId, Update, UserId
from collab.webhooks.models import Webhook
from tests.documents.ways import undone
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db
SECRET = b"mandrake"
READ_TEXT = "accounts.read_text"


class World:
    """A document with words in it, people of each kind, and somebody who wants more."""

    def __init__(self) -> None:
        self.root = make_user("root", is_staff=True, is_superuser=True, email="root@example.org")
        self.boss = make_user("boss", is_staff=True, email="boss@example.org", password="b")
        self.ann = make_user("ann", email="ann@example.org", password="a")
        self.friend = make_user("friend")
        self.attacker = make_user("attacker", is_staff=True, password="x")
        self.group = Group.objects.create(name="writers")
        self.ann.groups.add(self.group)
        for person in (self.boss, self.ann):
            TOTP.activate(person, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
            token_create(person)
            EmailAddress.objects.create(user=person, email=person.email, verified=True)
            SocialAccount.objects.create(user=person, provider="oidc", uid=person.username)
        EmailAddress.objects.create(user=self.friend, email="bid@example.org", verified=False)
        self.document = make_document(self.ann, "Plan")
        document_seed(
            document=self.document, author=self.ann, content=parse(SECRET.decode(), "markdown")
        )
        group_set(document=self.document, group=self.group, role=Role.EDITOR, actor=self.ann)
        invitation_create(
            document=self.document,
            email="bid@example.org",
            role=Role.EDITOR,
            actor=self.ann,
            base_url="http://testserver",
        )
        key, now = DocumentId(self.document.pk), timezone.now()
        typed = PendingUpdate(
            document_id=key,
            update=Update(b"\x01\x01\x07\x00" + SECRET),
            author_id=UserId(self.ann.pk),
            client_ids=(ClientId(7),),
            is_relayed=False,
            binds=(ClientId(7),),
            created_at=now,
        )
        DatabaseUpdateLog().append([typed])
        state = {"document": self.document, "state": SECRET}
        Checkpoint.objects.update_or_create(document=self.document, defaults={**state, "seq": 1})
        HistoryCheckpoint.objects.create(**state, seq=1, origins=b"")
        QuarantinedUpdate.objects.create(
            document=self.document,
            author=self.ann,
            after_seq=1,
            update=SECRET,
            size_bytes=len(SECRET),
            error=f"PanicException: byte 3 is not in `{SECRET.decode()}`",
        )
        #: The bytes of the first document are no state; this one can be read.
        self.sound = make_document(self.ann, "Other")
        document_seed(
            document=self.sound, author=self.ann, content=parse(SECRET.decode(), "markdown")
        )
        draft_fork(origin=self.sound, owner=self.ann)
        process = ServerProcess.objects.create(
            id="one", host="h", pid=1, started_at=now, seen_at=now
        )
        LiveRoom.objects.create(process=process, document=self.document, opened_at=now)
        Webhook.objects.create(owner=self.ann, url="https://example.org/hook", events=[])
        self.as_root = signed_in(self.root)
        self._pages: dict[type[Model], list[tuple[str, str, dict[str, list[str]]]]] = {}

    def pages(self, model: type[Model]) -> list[tuple[str, str, dict[str, list[str]]]]:
        """Return what can be asked of a model's pages; found out once."""
        if model not in self._pages:
            self._pages[model] = [*pages(self, model)]
        return self._pages[model]

    def held(self) -> dict[str, Any]:
        """Return what must be as it was, whatever staff without the rights have sent."""
        staff = list(User.objects.filter(is_staff=True).order_by("pk"))
        roles = policy.roles_of([*staff, self.friend], list(Document.objects.all()))
        of_boss = {"user": self.boss}
        return {
            "powers": User.objects.filter(is_superuser=True).count(),
            "rights": [
                set(through.objects.values_list())
                for through in (Group.permissions.through, User.user_permissions.through)
            ],
            "groups": set(User.groups.through.objects.values_list()),
            "staff": [(each.pk, each.username, each.password, each.email) for each in staff],
            "suspended": [each.pk for each in staff if not each.is_active],
            "addresses": set(EmailAddress.objects.filter(user__in=staff).values_list()),
            "second steps": Authenticator.objects.filter(**of_boss).count(),
            "tokens": ApiToken.objects.filter(**of_boss).count(),
            "joined": SocialAccount.objects.filter(**of_boss).count(),
            "may read": roles,
            "log": UpdateRecord.objects.count(),
        }

    def sign_ins(self) -> set[tuple[Any, ...]]:
        """Return what people sign in with; some of it may be taken away, nothing may be new."""
        passwords = User.objects.exclude(password__startswith="!").values_list("pk", "password")
        addresses = EmailAddress.objects.values_list("user", "email", "verified")
        return {*passwords, *addresses, *User.objects.values_list("pk", "email")}


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def fields_of(page: str) -> dict[str, list[str]]:
    """Return what the page's form would send."""
    sent: dict[str, list[str]] = {}
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    for element in tree.iter():
        name = element.get("name") if isinstance(element.tag, str) else None
        if not name or name == "csrfmiddlewaretoken":
            continue
        if element.tag == "select":
            chosen = [o.get("value") for o in element.iter("option") if "selected" in o.attrib]
            sent[name] = [value for value in chosen if value]
        elif element.tag == "textarea":
            sent[name] = ["".join(element.itertext())]
        elif element.tag == "input":
            kind = element.get("type")
            is_off = kind in ("checkbox", "radio") and "checked" not in element.attrib
            if not is_off and kind not in ("submit", "file"):
                sent[name] = [element.get("value") or ""]
    return sent


def hostile(world: World, sent: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the same form as an attacker fills it in."""
    wanted = dict(sent)
    everything = [str(each) for each in Permission.objects.values_list("pk", flat=True)]
    for name in [*sent, "is_staff", "is_superuser", "is_active", "verified", "primary"]:
        match name.rpartition("-")[2]:
            case "is_staff" | "is_superuser" | "is_active" | "verified" | "primary":
                wanted[name] = ["on"]
            case "user" | "owner":
                wanted[name] = [str(world.attacker.pk)]
            case "email":
                wanted[name] = ["attacker@example.net"]
            case "password1" | "password2":
                wanted[name] = ["taken over 123"]
            case "role":
                wanted[name] = ["editor"]
    wanted |= {"user_permissions": everything, "permissions": everything}
    wanted["groups"] = [str(world.group.pk)]
    wanted["usable_password"] = ["true"]
    for prefix, fields in (
        ("memberships", {"user": str(world.attacker.pk)}),
        ("group_memberships", {"group": str(world.group.pk)}),
    ):
        count = int((sent.get(f"{prefix}-TOTAL_FORMS") or ["0"])[0])
        wanted[f"{prefix}-TOTAL_FORMS"] = [str(count + 1)]
        for name, value in {**fields, "role": "editor"}.items():
            wanted[f"{prefix}-{count}-{name}"] = [value]
    return wanted


def pages(world: World, model: type[Model]) -> Iterator[tuple[str, str, dict[str, list[str]]]]:
    """Yield method, path and body of whatever can be asked of a model's pages."""
    kind = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    rows = list(model._default_manager.all())
    changelist = reverse(f"{kind}_changelist")
    yield "get", changelist, {}
    request = RequestFactory().get("/")
    request.user = world.root
    for action in admin.site._registry[model].get_actions(request):
        keys = [str(row.pk) for row in rows]
        chosen = {"action": [action], "_selected_action": keys}
        yield "post", changelist, chosen
        yield "post", changelist, {**chosen, "post": ["yes"], "confirmed": ["yes"]}
    forms = [reverse(f"{kind}_add")]
    for row in rows:
        forms.append(reverse(f"{kind}_change", args=[row.pk]))
        yield "post", reverse(f"{kind}_delete", args=[row.pk]), {"post": ["yes"]}
        if model is User:
            path = reverse("admin:auth_user_password_change", args=[row.pk])
            passwords = {"password1": ["taken over 123"], "password2": ["taken over 123"]}
            yield "post", path, {**passwords, "usable_password": ["true"]}
    for path in forms:
        yield "get", path, {}
        shown = world.as_root.get(path)
        sent = fields_of(shown.content.decode()) if shown.status_code == 200 else {}
        yield "post", path, hostile(world, sent)


def read(answer: Any) -> bytes:
    """Return what the answer says; of a zip, what it holds."""
    said: bytes = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if answer.get("Content-Type") == "application/zip":
        with zipfile.ZipFile(io.BytesIO(said)) as packed:
            return b"\n".join(packed.read(name) for name in packed.namelist())
    return said


def tells(said: bytes) -> bool:
    """Return whether the secret stands there, in one of the forms that bytes are shown in."""
    forms = (SECRET, SECRET.hex().encode(), SECRET.hex(" ").encode(), base64.b64encode(SECRET)[:-2])
    return any(form in said for form in forms)


def attack(world: World, client: Client, models: list[type[Model]]) -> list[str]:
    """Ask for everything; return what was got that must not be."""
    before, found = world.held(), []
    sign_ins, known = world.sign_ins(), set(User.objects.values_list("pk", flat=True))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    for model in models:
        for method, path, body in world.pages(model):
            with undone():
                # A session that the request changed is rolled back with the rest.
                client.cookies[settings.SESSION_COOKIE_NAME] = session
                answer = getattr(client, method)(path, body, follow="action" in body)
                what = f"{method} {path} {body.get('action', '')}"
                if answer.status_code >= 500:
                    found.append(f"{what}: {answer.status_code}")
                if tells(read(answer)):
                    found.append(f"{what}: the text")
                if method == "get":
                    continue
                after = world.held()
                found += [f"{what}: {name}" for name in before if after[name] != before[name]]
                got = {row for row in world.sign_ins() - sign_ins if row[0] in known and row[1]}
                found += [f"{what}: {row}" for row in got]
    return found


@pytest.fixture
def world() -> World:
    return World()


def registered() -> list[type[Model]]:
    return list(admin.site._registry)


def test_each_permission_alone(world: World) -> None:
    """Of every registered model: no more rights, nobody's account, and no word of what is typed."""
    found, tried = [], 0
    for model in registered():
        here = Permission.objects.filter(
            content_type__app_label=model._meta.app_label,
            content_type__model=model._meta.model_name,
        )
        for permission in here.exclude(codename="read_text"):
            world.attacker.user_permissions.set([permission])
            got = attack(world, signed_in(world.attacker), [model])
            found += [f"{permission.codename}: {each}" for each in got]
            tried += 1
    assert tried > 60
    assert not found, "\n".join(found)


def test_all_permissions_together_but_the_one_to_read_text(world: World) -> None:
    """Staff who may do everything in the admin still make nobody staff, and read nothing."""
    everything = Permission.objects.exclude(codename="read_text")
    world.attacker.user_permissions.set(everything)
    found = attack(world, signed_in(world.attacker), registered())
    assert not found, "\n".join(found)


def test_a_superuser_reads_nothing_until_they_have_the_right(world: World) -> None:
    """The right is given by name; whatever shows text by it stands in the audit log."""
    client = signed_in(world.root)

    def shown() -> set[str]:
        """Return the models whose pages show the secret."""
        told = set()
        for model in registered():
            for method, path, body in world.pages(model):
                with undone():
                    if method == "get" and tells(read(client.get(path, body))):
                        told.add(model.__name__)
                        assert AuditEntry.objects.filter(action="text.read").exists(), path
        chosen = {"action": "export", "_selected_action": str(world.sound.pk)}
        with undone():
            if tells(read(client.post("/admin/documents/document/", chosen))):
                told.add("export")
                assert AuditEntry.objects.filter(action="document.export").exists()
        return told

    assert shown() == set()
    world.root.user_permissions.add(Permission.objects.get(codename="read_text"))
    records = {"UpdateRecord", "Checkpoint", "HistoryCheckpoint", "QuarantinedUpdate"}
    assert shown() == records | {"export"}


def test_no_list_is_filtered_by_what_it_does_not_show(world: World) -> None:
    """A hidden value cannot be found out letter by letter: secrets, hashes, bytes, errors."""
    for model, pages_of in admin.site._registry.items():
        # The audit log shows all that it has, in columns made of several fields.
        if model is AuditEntry:
            continue
        assert isinstance(pages_of, ShownAdmin)
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        request = RequestFactory().get(path)
        request.user = world.root
        offered = (each[0] if isinstance(each, tuple) else each for each in pages_of.list_filter)
        listed = {*pages_of.get_list_display(request), *pages_of.get_fields(request), *offered}
        hidden = [each for each in model._meta.fields if each.name not in listed]
        for field in hidden:
            if field.primary_key or field.is_relation:
                continue
            answer = world.as_root.get(path, {f"{field.name}__contains": "x"})
            refused = answer.status_code in (400, 403) or "e=1" in answer.get("Location", "")
            assert refused, (path, field.name, answer.status_code)
