"""A walk over every page that a person can come to, in the states in which it looks different.

``Walk.places()`` yields a name and the page that shows it; whoever walks looks at each. A new page
belongs here: ``test_every_page.py`` holds the routes to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from playwright.sync_api import Page

from tests.e2e.conftest import PREPARE, Stage
from tests.system.conftest import eventually

#: The people and things that the walk needs, beside those of every stage.
MORE = (
    """
from django.conf import settings
# A letter would be printed after what the world reads.
settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
"""
    + PREPARE
    + """
from allauth.account.models import EmailAddress
from collab.documents.folders import document_move, folder_create, folder_member_set
from collab.documents.marks import star_set, tags_set
from collab.documents.services import document_trash
from collab.documents.sharing import access_request_create, invitation_create, link_set
from collab.documents.models import Document, LinkReach, Role
from collab.documents.services import document_create
root = User(username="root", is_staff=True, is_superuser=True, email="root@example.org")
root.set_password("a long password")
root.save()
dora = User(username="dora", email="dora@example.org")
dora.set_password("a long password")
dora.save()
ann = User.objects.get(username="ann")
bob = User.objects.get(username="bob")
ann.email = "ann@example.org"
ann.save()
EmailAddress.objects.create(user=ann, email=ann.email, verified=True, primary=True)
EmailAddress.objects.create(user=ann, email="second@example.org")
folder = folder_create(owner=ann, name="Alpha")
folder_create(owner=ann, name="Beta", parent=folder)
folder_member_set(folder=folder, user=bob, role=Role.VIEWER)
document_move(document=document, folder=folder)
tags_set(document=document, names=["work"])
star_set(document=document, user=ann, is_starred=True)
gone = document_create(owner=ann, title="Gone")
document_trash(document=gone)
access_request_create(document=document, user=dora, message="...", base_url="http://localhost")
invitation_create(
    document=document, email="guest@example.org", role=Role.VIEWER, actor=ann,
    base_url="http://localhost",
)
closed = document_create(owner=bob, title="Closed")
linked = document_create(owner=bob, title="Linked")
link_set(
    document=linked, reach=LinkReach.ANYONE, role=Role.VIEWER, expires_at=None,
    password="sesame", actor=bob,
)
Document.objects.create(
    owner=bob, title="Expired", link_reach=LinkReach.ANYONE, link_expires_at="2020-01-01T00:00Z"
)
"""
)
#: Printed last, as the world reads it.
FIND = """
from collab.documents.models import Document, Folder
closed, linked, expired = (
    Document.objects.get(title=title) for title in ("Closed", "Linked", "Expired")
)
print(closed.pk, linked.pk, expired.pk, Folder.objects.get(name="Alpha").pk)
"""


#: What the pages cannot do by themselves: addresses that stand in letters, a draft without a story.
INVITATION = """
from collab.documents.models import Invitation
from collab.documents.sharing import invitation_token
print(f"/invitation/{invitation_token(Invitation.objects.get())}/")
"""
DRAFT = """
from collab.documents.models import Document
from collab.library.drafts import draft_fork
origin = Document.objects.get(title="Shared")
print(draft_fork(origin=origin, owner=origin.owner).document_id)
"""
CONFIRMATION = """
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
address = EmailAddress.objects.get(email="second@example.org")
print(f"/account/confirm-email/{EmailConfirmationHMAC(address).key}/")
"""


class Walk:
    """One person's way over all pages.

    Args:
        stage: with the data of ``MORE``.
        options: of the browser context: language, colours, size.
    """

    def __init__(self, stage: Stage, **options: Any) -> None:
        self.stage = stage
        self.options = options
        found = stage.world.server.manage("shell", "-v0", "-c", FIND).split()
        self.closed, self.linked, self.expired, self.folder = found
        self.ann = stage.person("ann", **options)
        self.url = self.ann.url

    def places(self) -> Iterator[tuple[str, Page]]:
        yield from self._at_home()
        yield from self._in_the_document()
        yield from self._account()
        yield from self._without_account()
        yield from self._second_step()
        yield from self._where_something_is_wrong()
        yield from self._administration()

    def _go(self, page: Page, *paths: str) -> Iterator[tuple[str, Page]]:
        for path in paths:
            page.goto(self.url + path)
            yield path, page

    def _stranger(self) -> Page:
        page = self.ann.context.browser.new_page(**{"locale": "en-US", **self.options})  # type: ignore[union-attr]  # it has one
        return page

    def _at_home(self) -> Iterator[tuple[str, Page]]:
        page = self.ann.page
        yield from self._go(
            page,
            "/",
            "/?as=cards",
            f"/?as=list&folder={self.folder}",
            "/?tag=work",
            "/?tag=nothing",
            "/?view=mine",
            "/?view=shared",
            "/?view=starred",
            "/?view=templates",
            "/?q=nothing",
            "/search/",
            "/search/?q=nothing",
            "/trash/",
        )
        page.locator(".pick").first.check()
        yield "/trash/ with a selection", page
        page.locator("[data-row-menu]").first.click()
        yield "/trash/ with a menu", page
        page.goto(self.url)
        page.locator("[data-row-menu]").first.click()
        yield "/ with a menu", page
        for number, name in enumerate(("rename", "tags", "move")):
            page.goto(self.url)
            page.locator("[data-row-menu]").first.click()
            page.get_by_role("menuitem").nth(1 + number).click()
            page.get_by_role("dialog").wait_for()
            yield f"/ with the dialog {name}", page
        page.goto(f"{self.url}/?folder={self.folder}")
        page.locator("[data-folder-menu]").click()
        yield "a folder with a menu", page
        page.get_by_role("menuitem").nth(2).click()
        page.locator("#share-who").wait_for()
        yield "a folder with its members", page
        page.goto(self.url)
        page.keyboard.press("Control+k")
        page.locator(".palette-input").wait_for()
        yield "the palette", page
        page.locator(".palette-input").fill("Shared")
        page.get_by_role("option").filter(has_text="Shared").first.wait_for()
        yield "the palette with hits", page
        page.goto(self.url)
        page.locator("details.menu summary").click()
        yield "/ with the account menu", page
        page.goto(self.url)
        with page.expect_file_chooser() as chooser:
            page.locator("[data-import]").click()
        chooser.value.set_files({"name": "x.json", "mimeType": "", "buffer": b"{"})
        page.locator(".import-failures").wait_for()
        yield "an import that failed", page

    def _in_the_document(self) -> Iterator[tuple[str, Page]]:
        ann = self.ann
        page = ann.page
        page.goto(f"{self.url}/d/{self.stage.document}/")
        page.locator(".status-badge[data-mood=ok]").wait_for()
        yield "the editor, empty", page
        page.locator(".ProseMirror").click()
        page.keyboard.type("# 1")
        page.keyboard.press("Enter")
        page.keyboard.type("- [ ] 2 `3` ==4==")
        yield "the editor", page
        for number, what in enumerate(("the document", "the account")):
            page.locator(".editor-header [aria-haspopup=menu]").nth(number).click()
            page.get_by_role("menu").wait_for()
            yield f"the menu of {what}", page
            page.keyboard.press("Escape")
        page.locator(".toolbar-end [aria-haspopup=menu]").first.click()
        yield "the menu of tools without room", page
        page.keyboard.press("Escape")
        page.get_by_role("textbox").last.press("/")
        page.keyboard.type("image")
        page.keyboard.press("Enter")
        page.get_by_role("dialog").wait_for()
        yield "the question for a picture", page
        page.keyboard.press("Escape")
        page.keyboard.press("Control+/")
        page.get_by_role("dialog").wait_for()
        yield "the shortcuts", page
        page.keyboard.press("Escape")
        page.locator(".share-button").click()
        page.locator("#share-who").wait_for()
        yield "the sharing dialog", page
        page.locator("#link-reach").select_option("anyone")
        page.locator("#link-password").wait_for()
        yield "the sharing dialog with a link", page
        page.locator("#link-reach").select_option("restricted")
        page.goto(f"{self.url}/d/{self.stage.document}/history/")
        page.get_by_role("slider").wait_for()
        yield "the history", page
        draft = self._said(DRAFT)
        page.goto(f"{self.url}/d/{draft}/")
        page.locator(".status-badge[data-mood=ok]").wait_for()
        yield "a draft", page
        page.goto(f"{self.url}/d/{draft}/review/")
        page.get_by_role("heading").first.wait_for()
        yield "the review of a draft", page

    def _account(self) -> Iterator[tuple[str, Page]]:
        page = self.ann.page
        page.goto(f"{self.url}/account/2fa/totp/activate/")
        yield "the password once more", page
        confirm(page)
        yield from self._go(
            page,
            "/account/",
            "/account/email/",
            "/account/password/change/",
            "/account/2fa/",
            "/account/2fa/totp/activate/",
            "/account/2fa/webauthn/",
            "/account/2fa/webauthn/add/",
            "/account/sessions/",
            "/account/tokens/",
            "/account/webhooks/",
            "/account/delete/",
            "/account/3rdparty/",
        )
        page.goto(f"{self.url}/account/tokens/")
        page.locator("#id_name").fill("x")
        page.locator(".form-actions button").click()
        page.locator(".token").wait_for()
        yield "a new token", page
        page.goto(f"{self.url}/account/password/change/")
        for field in ("oldpassword", "password1", "password2"):
            page.locator(f"#id_{field}").fill("12345")
        page.locator(".form-actions button").click()
        page.locator(".errorlist").first.wait_for()
        yield "a password that is refused", page

    def _without_account(self) -> Iterator[tuple[str, Page]]:
        page = self._stranger()
        yield from self._go(
            page,
            "/sign-in/",
            "/account/signup/",
            "/account/password/reset/",
            "/account/password/reset/key/1-bad/",
            "/account/password/reset/key/done/",
            "/account/confirm-email/",
            "/account/confirm-email/bad/",
            "/account/inactive/",
            "/account/3rdparty/login/cancelled/",
            "/account/3rdparty/login/error/",
            "/invitation/bad/",
            f"/d/{self.expired}/",
            f"/d/{self.linked}/",
        )
        page.locator("#name").fill("1")
        page.locator("#password").fill("wrong")
        page.locator("main button").click()
        yield "a link with a wrong password", page
        page.locator("#password").fill("sesame")
        page.locator("main button").click()
        page.locator(".ProseMirror").wait_for()
        yield "the editor of a guest", page
        page.context.clear_cookies()
        page.goto(f"{self.url}/sign-in/")
        page.fill("input[name=username]", "nobody")
        page.fill("input[name=password]", "wrong")
        page.press("input[name=password]", "Enter")
        page.locator("[role=alert]").wait_for()
        yield "a wrong password", page
        page.goto(f"{self.url}/account/signup/")
        page.fill("input[name=email]", "ann@example.org")
        page.fill("input[name=username]", "ann")
        page.fill("input[name=password1]", "12345")
        page.press("input[name=password1]", "Enter")
        page.locator(".errorlist").first.wait_for()
        yield "a sign-up that is refused", page
        page.goto(f"{self.url}/account/password/reset/")
        page.fill("input[name=email]", "ann@example.org")
        page.press("input[name=email]", "Enter")
        page.wait_for_url("**/done/")
        yield "a letter is on its way", page
        letter = r"(/account/password/reset/key/\S+/)"
        found = eventually(lambda: re.search(letter, self._letters()))
        page.goto(self.url + found[1])
        yield "another password", page
        page.goto(self.url + self._said(CONFIRMATION))
        yield "an address to prove", page
        page.goto(self.url + self._said(INVITATION))
        yield "an invitation", page
        page.close()

    def _letters(self) -> str:
        return self.stage.world.server.log.read_text("utf-8").replace("=\n", "")

    def _said(self, script: str) -> str:
        return self.stage.world.server.manage("shell", "-v0", "-c", script).strip()

    def _second_step(self) -> Iterator[tuple[str, Page]]:
        dora = self.stage.person("dora", **self.options)
        page = dora.page
        page.goto(f"{self.url}/d/{self.closed}/")
        yield "a document without access", page
        page.locator("main button").click()
        page.get_by_role("status").wait_for()
        yield "a document without access, asked", page
        page.goto(f"{self.url}/account/2fa/totp/activate/")
        confirm(page)
        secret = page.locator("#authenticator_secret").input_value()
        page.locator("input[name=code]").fill(code_of(secret))
        page.locator(".form-actions button, main button[type=submit]").first.click()
        page.wait_for_url("**/recovery-codes/")
        yield "recovery codes", page
        yield from self._go(
            page,
            "/account/2fa/",
            "/account/2fa/totp/deactivate/",
            "/account/2fa/recovery-codes/generate/",
            "/account/2fa/reauthenticate/",
        )
        page.context.clear_cookies()
        page.goto(f"{self.url}/sign-in/")
        page.fill("input[name=username]", "dora")
        page.fill("input[name=password]", "a long password")
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/2fa/authenticate/**")
        yield "the second step", page
        page.locator("input[name=code]").fill("000000")
        page.press("input[name=code]", "Enter")
        page.locator(".errorlist").first.wait_for()
        yield "a wrong code", page
        page.context.close()
        self.stage.people.remove(dora)

    def _where_something_is_wrong(self) -> Iterator[tuple[str, Page]]:
        page = self.ann.page
        yield from self._go(page, "/no-such-page/", f"/d/{self.closed}/history/")
        page.goto(self.url)
        page.evaluate(
            """() => {
              const form = document.createElement("form");
              Object.assign(form, { method: "post", action: "/new/" });
              document.body.append(form);
              form.submit();
            }"""
        )
        page.wait_for_url("**/new/")
        yield "a form from elsewhere", page
        yield "a fault of the server", self._broken(page)

    def _broken(self, page: Page) -> Page:
        """Show what a server says that has failed; a page cannot make one fail."""
        language = "zh-hans" if self.options.get("locale") == "zh-CN" else "en"
        script = (
            "from django.template.loader import render_to_string\n"
            "from django.utils.translation import override\n"
            f"with override({language!r}): print(render_to_string('500.html'))"
        )
        html = self.stage.world.server.manage("shell", "-v0", "-c", script)
        page.route("**/broken/", lambda route: route.fulfill(status=500, body=html))
        page.goto(f"{self.url}/broken/")
        return page

    def _administration(self) -> Iterator[tuple[str, Page]]:
        root = self.stage.person("root", **self.options)
        page = root.page
        self.ann.page.goto(f"{self.url}/d/{self.stage.document}/")
        page.goto(f"{self.url}/admin/operations/liveroom/")
        page.locator(".ops-people button").first.wait_for()
        yield "live rooms", page
        yield from self._go(
            page,
            "/admin/",
            "/admin/operations/liveroom/self-check/",
            "/admin/operations/serverprocess/",
            "/admin/audit/auditentry/",
            "/admin/documents/document/",
            f"/admin/documents/document/{self.stage.document}/change/",
            "/admin/documents/draft/",
            "/admin/accounts/user/",
            "/admin/accounts/user/add/",
            "/admin/accounts/apitoken/",
            "/admin/account/emailaddress/",
            "/admin/accounts/secondstep/",
            "/admin/socialaccount/socialaccount/",
            "/admin/auth/group/",
            "/admin/auth/group/add/",
        )
        for name in (
            "account/emailaddress",
            "accounts/apitoken",
            "accounts/user",
            "audit/auditentry",
            "documents/invitation",
            "history/clientbinding",
            "history/updaterecord",
            "operations/serverprocess",
        ):
            page.goto(f"{self.url}/admin/{name}/")
            page.locator("#result_list a[href*='/change/']").first.click()
            page.wait_for_url("**/change/**")
            yield f"one of {name}", page
        self.ann.page.goto(f"{self.url}/admin/")
        yield "the administration without a right", self.ann.page


def confirm(page: Page) -> None:
    """Give the password once more, as pages ask that change what one signs in with."""
    page.wait_for_url("**/reauthenticate/**")
    page.locator("input[name=password]").fill("a long password")
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "reauthenticate" not in url)


def code_of(secret: str) -> str:
    """Return what an authenticator app shows for ``secret`` now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))
