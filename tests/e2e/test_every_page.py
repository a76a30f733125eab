"""Every page, looked at: whether everybody can use it, and whether it speaks one language."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import NoReverseMatch, Resolver404, URLResolver, resolve, reverse
from playwright.sync_api import Browser, Page, expect

from collab.web.urls import urlpatterns
from tests.e2e.conftest import Stage
from tests.e2e.test_page import violations
from tests.e2e.walk import MORE, Walk
from tests.system.conftest import Server, World

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium", "node")]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
CHINESE = {"locale": "zh-CN"}


@pytest.fixture
def stage(tmp_path: Path, browser: Browser) -> Iterator[Stage]:
    server = Server(tmp_path)
    stage = Stage(World(server, MORE), browser)
    server.start()
    yield stage
    stage.close()


#: Routes that show no page of their own, or that somebody else looks at.
NO_PAGES = {
    # They take a form, or send a file or JSON.
    "account_logout",
    "attachment",
    "avatar",
    "document-ask",
    "document-rename",
    "document-restore",
    "document-trash",
    "impersonation-end",
    "language",
    "mfa_download_recovery_codes",
    "mfa_login_webauthn",
    "openid_connect_callback",
    "sign-out",
    "token-end",
    "trash-empty",
    "webhook-act",
    # Of a way to sign in that is not offered.
    "account_confirm_login_code",
    "socialaccount_signup",
    # They need a passkey or a provider: test_accounts.py.
    "account_set_password",
    "mfa_edit_webauthn",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "openid_connect_login",
}


def shown_at(path: str) -> set[str]:
    """Return the names of the routes that lead to a path; two may."""
    found = set()
    with suppress(Resolver404):
        found.add(str(resolve(path).url_name))
    for name in routes(urlpatterns):
        with suppress(NoReverseMatch):
            if reverse(name) == path:
                found.add(name)
    return found


def routes(patterns: list[Any]) -> set[str]:
    names = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            names |= routes(pattern.url_patterns)
        elif pattern.name:
            names.add(pattern.name)
    return names


@pytest.mark.usefixtures("node_modules")
@pytest.mark.parametrize(
    "options",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark", **CHINESE, **PHONE},
    ],
    ids=["light and wide", "dark, Chinese, on a phone"],
)
def test_everybody_can_use_every_page(stage: Stage, options: Any) -> None:
    """axe finds nothing, and no page is wider than the screen."""
    found: dict[str, Any] = {}
    seen: set[str] = set()
    for name, page in Walk(stage, **options).places():
        seen |= shown_at(urlsplit(page.url).path)
        wrong = violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append("wider than the screen")
        if wrong:
            found[name] = wrong
    assert found == {}
    assert routes(urlpatterns) - seen == NO_PAGES, "walk.py goes over every page"


@pytest.mark.usefixtures("node_modules")
def test_everybody_can_read_the_description_of_rest(stage: Stage) -> None:
    """Swagger's page with our colours; in English, as the description is."""
    page = stage.person("ann").page
    page.goto(f"{stage.people[0].url}/api/v1/docs")
    operations = page.locator(".opblock-summary-control")
    for number in (0, 3, 5):
        operations.nth(number).click()
        expect(operations.nth(number)).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".parameter__name").first).to_be_visible()
    assert violations(page) == []


#: What all languages write in Latin letters: names, formats, keys and units; and what people wrote.
NAMES = re.compile(
    r"""(?<![A-Za-z])(?:
    Shared[ ]\(draft\) | Ann[ ]·[ ]x
    | Scriptorium | English | Ann | ann | bob | dora | eve | root | guest | Alpha | Beta | Shared
    | Expired
    | Gone | Closed | Linked | work | nothing | server
    | API | REST | LDAP | Id | OR
    | OpenID(?:[ ]Connect)? | TOTP | HTML | Markdown | Word | PDF | DOCX | ODT | EPUB
    | LaTeX | JSON | Yjs | PNG | JPE?G | WebP | GIF | ZIP | URL | ID | IP | MB | KB | bytes | ms
    | Control | Command | Mac | Vm
    | Ctrl | Alt | Shift | Enter | Esc | Tab | Del | Delete | Home | End | Backspace | Cmd | F\d+
    | Chrome | Linux | macOS | HeadlessChrome | Redis | PostgreSQL | SQLite | WebSocket
    | DEBUG | Cookie | Python | Django | channels | pycrdt | uvicorn | sqlite | console | HTTPS?
    | scrollable[ ]content  # of the administration's sidebar, in a library without languages
    )(?![A-Za-z])""",
    re.VERBOSE,
)
#: Addresses, paths, settings, long keys: nobody translates them.
CODES = re.compile(
    r"\S+@\S+|https?://\S+|\S*/\S*/\S*|\b[A-Z]+_[A-Z_]+\b|\b[a-z_]+\.[a-z_]+\b|#\w+|\w+\*{9,}"
    r"|\b(?=[\w-]*\d)\w+(?:[-.:]\w+)*\b|" + re.escape(socket.gethostname())
)
SHOWN_JS = """() => {
  const said = [];
  const attributes = ["aria-label", "title", "placeholder", "alt", "aria-description"];
  const foreign = `script, style, noscript, code, pre, kbd, [translate=no], [lang=en] *,
    .material-symbols-outlined`;
  const { SHOW_ELEMENT, SHOW_TEXT } = NodeFilter;
  const walker = document.createTreeWalker(document.body, SHOW_ELEMENT | SHOW_TEXT);
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      const element = node.parentElement;
      if (element.closest(foreign)) continue;
      if (!element.checkVisibility()) continue;
      said.push(node.data.trim());
    } else if (node.checkVisibility()) {
      for (const name of attributes)
        if (node.hasAttribute(name)) said.push(node.getAttribute(name).trim());
      if (node.matches("input[type=submit], input[type=button]")) said.push(node.value);
    }
  }
  said.push(document.title);
  return [...new Set(said)].filter(Boolean);
}"""


def english_on(page: Page) -> list[str]:
    """Return what the page says in words of Latin letters that are no names."""
    texts = page.evaluate(SHOWN_JS)
    assert any(re.search("[\u4e00-\u9fff]", text) for text in texts), "no Chinese on this page"
    return [t for t in texts if re.search("[A-Za-z]{2,}", NAMES.sub("", CODES.sub("", t)))]


def test_no_english_is_left_for_a_chinese_reader(stage: Stage) -> None:
    found = {}
    for name, page in Walk(stage, **CHINESE).places():
        assert page.locator("html").get_attribute("lang") == "zh-hans", name
        if left := english_on(page):
            found[name] = left
    assert found == {}


def test_the_language_is_switched_in_the_menu(stage: Stage) -> None:
    """At once, on the page where one is; words, dates and numbers follow, the editor too."""
    page = stage.person("ann").page
    url = stage.people[0].url

    def switch(to: str) -> None:
        page.locator("details.menu summary").click()
        page.get_by_role("button", name=to).click()

    def says(language: str, day: str, moment: str, heading: str) -> None:
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page).to_have_url(f"{url}/trash/?sort=title")
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        row = page.locator("tr[data-document]")
        assert re.search(day, row.inner_text())
        shown = row.locator("time").get_attribute("title")
        assert re.fullmatch(moment, shown or ""), shown

    page.goto(f"{url}/trash/?sort=title")
    english = ("en", r"erased on \d\d/\d\d/\d{4}", r"\d+/\d+/\d{4}, \d+:\d+:\d+.[AP]M", "Trash")
    says(*english)
    switch("简体中文")
    says("zh-hans", r"\d{4}年\d+月\d+日", r"\d{4}/\d+/\d+ \d\d:\d\d:\d\d", "回收站")
    page.goto(f"{url}/d/{stage.document}/")
    expect(page.locator(".status-badge")).to_have_text("已保存")
    page.goto(f"{url}/trash/?sort=title")
    switch("English")
    says(*english)
