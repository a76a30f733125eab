"""Signing in by other ways than a password, in a real browser: provider, passkey, second step."""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PREPARE, Stage
from tests.e2e.test_page import violations
from tests.e2e.walk import code_of, confirm
from tests.system.conftest import HERE, Server, World, eventually, free_port

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium", "node")]

ADDRESSES = """
from allauth.account.models import EmailAddress
for name, verified in (("ann", True), ("bob", False)):
    user = User.objects.get(username=name)
    EmailAddress.objects.create(
        user=user, email=f"{name}@example.org", verified=verified, primary=True
    )
"""
CALLBACK = "/account/oidc/oidc/login/callback/"


class House:
    """A server, and a provider of OpenID Connect that it knows by its settings."""

    def __init__(self, stage: Stage, browser: Browser) -> None:
        self.stage = stage
        self._browser = browser
        self.url = f"http://127.0.0.1:{stage.world.server.port}"

    def visitor(self) -> Page:
        return self._browser.new_context(locale="en-US").new_page()

    def come_by_the_provider(self, page: Page, name: str) -> None:
        """From our sign-in page to the provider, there as ``name``, and back."""
        page.goto(f"{self.url}/sign-in/")
        page.get_by_role("link", name="Our house").click()
        page.get_by_role("button", name="Continue").click()
        self.at_the_provider(page, name)

    def at_the_provider(self, page: Page, name: str) -> None:
        page.locator("input[name=login]").fill(name)
        page.locator("input[name=password]").fill("any")
        page.get_by_role("button", name="Sign-in").click()
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(f"{self.url}/**")


@pytest.fixture
def house(
    tmp_path: Path, browser: Browser, node_modules: None, request: pytest.FixtureRequest
) -> Iterator[House]:
    issuer = f"http://127.0.0.1:{free_port()}"
    server = Server(
        tmp_path,
        OIDC_ISSUER=issuer,
        OIDC_CLIENT_ID="scriptorium",
        OIDC_CLIENT_SECRET="a secret of both",
        OIDC_NAME="Our house",
        **getattr(request, "param", {}),
    )
    callback = f"http://127.0.0.1:{server.port}{CALLBACK}"
    port = issuer.rpartition(":")[2]
    provider = subprocess.Popen(
        ["node", "provider.mjs", port, callback], cwd=HERE, stderr=subprocess.DEVNULL
    )

    def answers() -> bool:
        with (
            suppress(OSError),
            urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration") as answer,
        ):
            return bool(answer.status == 200)
        return False

    try:
        stage = Stage(World(server, PREPARE + ADDRESSES), browser)
        server.start()
        eventually(answers)
        yield House(stage, browser)
        stage.close()
    finally:
        provider.kill()
        provider.wait()


def me(page: Page) -> str:
    """Return whom the page's session names; nothing where nobody is signed in."""
    return str(
        page.evaluate("async () => (await (await fetch('/api/v1/users/me')).json()).username ?? ''")
    )


def test_somebody_new_comes_by_the_provider(house: House) -> None:
    """An account is made, its address counts as proved, and the next time it is the same one."""
    page = house.visitor()
    house.come_by_the_provider(page, "carol")
    page.wait_for_url(f"{house.url}/")
    assert me(page) == "carol"
    expect(page.get_by_label("Account menu of Carol Example")).to_be_visible()
    page.goto(f"{house.url}/account/password/set/")
    expect(page.get_by_role("heading", name="Set Password")).to_be_visible()
    assert violations(page) == []
    page.goto(f"{house.url}/account/email/")
    expect(page.get_by_text("carol@example.org")).to_be_visible()
    expect(page.get_by_text("Verified", exact=True)).to_be_visible()
    again = house.visitor()
    house.come_by_the_provider(again, "carol")
    again.wait_for_url(f"{house.url}/")
    assert me(again) == "carol"
    # A member by the address that the provider has verified.
    body = {"user": "carol@example.org", "role": "editor"}
    house.stage.rest(f"/documents/{house.stage.document}/members", method="POST", body=body)
    again.goto(f"{house.url}/d/{house.stage.document}/")
    again.get_by_role("textbox", name="Document content").click()
    again.keyboard.type("by carol")
    eventually(lambda: "by carol" in house.stage.content("text"))


def test_an_account_is_not_taken_over_by_its_address(house: House) -> None:
    """Whoever has ann's address at the provider is not ann here, unless ann connects it herself."""
    page = house.visitor()
    house.come_by_the_provider(page, "ann")
    assert me(page) == ""
    ann = house.stage.person("ann").page
    ann.goto(f"{house.url}/account/")
    ann.get_by_role("link", name="Connected accounts").click()
    ann.get_by_role("main").get_by_role("link", name="Our house").click()
    expect(ann.get_by_role("heading", name="Connect Our house")).to_be_visible()
    assert violations(ann) == []
    ann.get_by_role("button", name="Continue").click()
    house.at_the_provider(ann, "ann")
    expect(ann.get_by_role("radio", name="Our house")).to_be_visible()
    assert violations(ann) == []
    page = house.visitor()
    house.come_by_the_provider(page, "ann")
    page.wait_for_url(f"{house.url}/")
    assert me(page) == "ann"


@pytest.mark.parametrize("house", [{"OIDC_LINK_BY_EMAIL": "true"}], indirect=True)
def test_accounts_are_joined_by_address_where_the_settings_say_so(house: House) -> None:
    """Only by an address that is proved on both sides."""
    page = house.visitor()
    house.come_by_the_provider(page, "ann")
    page.wait_for_url(f"{house.url}/")
    assert me(page) == "ann"
    page = house.visitor()
    house.come_by_the_provider(page, "bob")  # bob has only claimed his address here
    assert me(page) == ""
    script = (
        "from allauth.account.models import EmailAddress\n"
        "from collab.accounts.models import User\n"
        "eve = User.objects.get(username='eve')\n"
        "EmailAddress.objects.create(user=eve, email='unproved@example.org', verified=True)"
    )
    house.stage.world.server.manage("shell", "-v0", "-c", script)
    page = house.visitor()
    house.come_by_the_provider(page, "unproved")  # and the provider has not verified this one
    assert me(page) == ""


@pytest.mark.parametrize("house", [{"SIGN_UP_OPEN": "false"}], indirect=True)
def test_a_closed_server_takes_whom_the_provider_knows(house: House) -> None:
    page = house.visitor()
    house.come_by_the_provider(page, "carol")
    page.wait_for_url(f"{house.url}/")
    assert me(page) == "carol"


@pytest.mark.usefixtures("node_modules")
def test_a_passkey_is_made_and_signs_in(stage: Stage) -> None:
    """By the browser's own authenticator: enrolled, signed out, in again without a password."""
    ann = stage.person("ann")
    page = ann.page
    # Passkeys need a name as their domain, and localhost is a secure context.
    url = f"http://localhost:{stage.world.server.port}"
    devtools = ann.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto(f"{url}/sign-in/")
    page.fill("input[name=username]", "ann")
    page.fill("input[name=password]", "a long password")
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/account/2fa/webauthn/add/")
    confirm(page)
    page.get_by_label("Name").fill("My laptop")
    passwordless = page.get_by_label("Passwordless")
    if not passwordless.is_checked():
        passwordless.check()
    page.get_by_role("main").get_by_role("button").click()
    page.wait_for_url("**/2fa/recovery-codes/**")
    page.goto(f"{url}/account/2fa/webauthn/")
    expect(page.get_by_text("My laptop")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Name").fill("My old laptop")
    assert violations(page) == []
    page.get_by_role("main").get_by_role("button").first.click()
    expect(page.get_by_text("My old laptop")).to_be_visible()
    page.get_by_role("link", name="Remove").click()
    assert violations(page) == []
    page.goto(url)
    page.get_by_label("Account menu of ann").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{url}/")
    assert me(page) == "ann"


def test_a_second_step_is_set_up_and_asked_for(stage: Stage) -> None:
    """By an authenticator app's codes, then by a recovery code, of which each works once."""
    page = stage.person("ann").page
    url = stage.people[0].url
    page.goto(f"{url}/account/2fa/")
    page.get_by_role("link", name="Activate").click()
    confirm(page)
    secret = page.get_by_label("Authenticator secret").input_value()
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Activate").click()
    page.wait_for_url("**/2fa/recovery-codes/")
    codes = page.get_by_label("Unused codes").input_value().split()
    assert len(codes) == 10

    def password() -> None:
        page.context.clear_cookies()
        page.goto(f"{url}/sign-in/")
        page.fill("input[name=username]", "ann")
        page.fill("input[name=password]", "a long password")
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/2fa/authenticate/**")
        assert me(page) == ""  # the password alone opens nothing

    def answer(code: str) -> None:
        page.locator("input[name=code]").fill(code)
        page.locator("input[name=code]").press("Enter")

    password()
    answer("000000")
    expect(page.locator(".errorlist")).to_be_visible()
    answer(codes[0])
    page.wait_for_url(f"{url}/")
    assert me(page) == "ann"
    password()
    answer(codes[0])
    expect(page.locator(".errorlist")).to_be_visible()
    answer(codes[1])
    page.wait_for_url(f"{url}/")
    assert me(page) == "ann"


def test_the_administration_asks_for_the_second_step_too(stage: Stage) -> None:
    """Django's admin has a sign-in of its own, which would not: ours stands before it."""
    make = """
from allauth.mfa.totp.internal.auth import TOTP
from collab.accounts.models import User
root = User(username="root", is_staff=True, is_superuser=True)
root.set_password("a long password")
root.save()
TOTP.activate(root, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
"""
    stage.world.server.manage("shell", "-v0", "-c", make)
    page = stage.person("ann").page
    url = stage.people[0].url
    page.context.clear_cookies()
    for path in ("/admin/", "/admin/login/"):
        page.goto(url + path)
        page.wait_for_url("**/sign-in/**")
    page.goto(f"{url}/admin/")
    page.fill("input[name=username]", "root")
    page.fill("input[name=password]", "a long password")
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/2fa/authenticate/**")
    page.locator("input[name=code]").fill(code_of("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"))
    page.locator("input[name=code]").press("Enter")
    page.wait_for_url(f"{url}/admin/")
    expect(page.get_by_text("in the last 24 hours")).to_be_visible()
