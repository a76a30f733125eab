"""Real browsers: people with a page each, on real servers."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.conftest import require
from tests.parts import CHROMIUM, REDIS_URL
from tests.system.conftest import (
    Server,
    World,
    eventually,
    node_modules,
    postgresql_url,
)

__all__ = ["node_modules", "postgresql_url"]  # fixtures

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: The text as the page shows it, without the carets of the others.
TEXT_JS = """() => {
  const copy = document.querySelector(".ProseMirror")?.cloneNode(true);
  if (!copy) return "";  // the page has come, its editor has not yet
  const drawn = ".collaboration-carets__caret, .ProseMirror-separator, .ProseMirror-trailingBreak";
  for (const one of copy.querySelectorAll(drawn)) one.remove();
  for (const one of copy.querySelectorAll(".collaboration-carets__selection"))
    one.replaceWith(...one.childNodes);
  for (const one of copy.querySelectorAll("[class]")) one.removeAttribute("class");
  for (const one of copy.querySelectorAll("[data-placeholder]"))
    one.removeAttribute("data-placeholder");
  copy.normalize();
  return copy.innerHTML.replaceAll("\\u2060", "");
}"""
#: Its blocks as lines, without the names that stand at the carets.
PLAIN_JS = """() => {
  const copy = document.querySelector(".ProseMirror")?.cloneNode(true);
  if (!copy) return "";
  for (const one of copy.querySelectorAll(".collaboration-carets__caret")) one.remove();
  return [...copy.children].map((block) => block.textContent).join("\\n");
}"""
#: A paste as the browser sends it; a page cannot fill the real clipboard with what Word puts there.
PASTE_JS = """(clipboard) => {
  const data = new DataTransfer();
  for (const [media, words] of Object.entries(clipboard)) data.setData(media, words);
  const target = document.activeElement;
  target.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
PREPARE = """
from collab.accounts.models import User
for user in User.objects.all():
    user.set_password("a long password")
    user.save()
from collab.documents.models import Document
from collab.history.services import document_seed
document = Document.objects.get()
document_seed(document=document, author=document.owner)
"""
expect.set_options(timeout=30_000)


class Person:
    """A person with a browser of their own, signed in."""

    def __init__(self, browser: Browser, name: str, server: Server, **options: Any) -> None:
        self.server = server
        self.url = f"http://127.0.0.1:{server.port}"
        self.context: BrowserContext = browser.new_context(**{"locale": "en-US", **options})
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on(
            "console",
            lambda message: (
                self.faults.append(message.text)
                if (message.type == "error" and "Content Security Policy" in message.text)
                or "tiptap warn" in message.text
                else None
            ),
        )
        self.page.goto(f"{self.url}/sign-in/")
        self.page.fill("input[name=username]", name)
        self.page.fill("input[name=password]", "a long password")
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(f"{self.url}/")

    def open(self, document: str) -> Self:
        self.page.goto(f"{self.url}/d/{document}/")
        expect(self.text).to_be_visible()
        return self

    @property
    def text(self) -> Locator:
        return self.page.get_by_role("textbox", name="Document content")

    @property
    def status(self) -> Locator:
        return self.page.locator(".status-badge")

    @property
    def html(self) -> str:
        return str(self.page.evaluate(TEXT_JS))

    @property
    def plain(self) -> str:
        return str(self.page.evaluate(PLAIN_JS))

    def shows(self, words: str) -> None:
        eventually(lambda: words in self.plain)

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)

    def paste(self, **data: str) -> None:
        """Paste what a clipboard holds, by media type; ``_`` stands for the stroke."""
        clipboard = {media.replace("_", "/"): words for media, words in data.items()}
        self.page.evaluate(PASTE_JS, clipboard)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def is_saved(self) -> None:
        expect(self.status).to_have_text("Saved")


class Stage:
    """A world with browsers; closes what it opened, and says whether a page failed."""

    def __init__(self, world: World, browser: Browser) -> None:
        self.world = world
        self._browser = browser
        self.people: list[Person] = []

    @property
    def document(self) -> str:
        return self.world.document

    def person(self, name: str, server: Server | None = None, **options: Any) -> Person:
        person = Person(self._browser, name, server or self.world.server, **options)
        self.people.append(person)
        return person

    def writer(self, name: str, server: Server | None = None) -> Person:
        person = self.person(name, server).open(self.document)
        person.is_saved()
        return person

    def rest(
        self,
        path: str,
        server: Server | None = None,
        method: str = "GET",
        body: Any = None,
        name: str = "ann",
    ) -> str:
        request = urllib.request.Request(
            f"http://127.0.0.1:{(server or self.world.server).port}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.world.tokens[name]}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request) as answer:
            return str(answer.read().decode())

    def content(self, wanted: str, server: Server | None = None) -> str:
        return self.rest(f"/documents/{self.document}/content?format={wanted}", server)

    def json(self) -> Any:
        return json.loads(self.content("json"))

    def all_equal(self) -> str:
        """Wait until all pages show the same; return the text."""
        first, *rest = self.people
        with suppress(AssertionError):
            eventually(lambda: all(other.html == first.html for other in rest))
        for other in rest:
            assert other.html == first.html  # shows where they differ
        return first.plain

    def close(self) -> None:
        faults = [fault for person in self.people for fault in person.faults]
        for person in self.people:
            person.context.close()
        self.world.close()
        assert not faults


# Of the package: while Playwright runs, its loop stands in the way of tests that are coroutines.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    require("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def stage(tmp_path: Path, browser: Browser) -> Iterator[Stage]:
    """One server on SQLite."""
    server = Server(tmp_path)
    stage = Stage(World(server, PREPARE), browser)
    server.start()
    yield stage
    stage.close()


@pytest.fixture
def cluster(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser, postgresql_url: str
) -> Iterator[tuple[Stage, Callable[[], Server]]]:
    """Processes on one PostgreSQL and one Redis; the second is made on demand."""
    require("redis")
    environment = {"DATABASE_URL": postgresql_url, "REDIS_URL": REDIS_URL}
    one = Server(tmp_path_factory.mktemp("one"), **environment)
    stage = Stage(World(one, PREPARE), browser)
    others: list[Server] = []

    def other() -> Server:
        server = Server(tmp_path_factory.mktemp("other"), **environment)
        others.append(server)
        server.start()
        return server

    stage.world.server.start()
    yield stage, other
    stage.close()
    for server in others:
        server.kill()
