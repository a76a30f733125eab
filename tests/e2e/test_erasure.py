"""An owner erases a secret from the history while browsers have the document open, or are away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from tests.e2e.conftest import PREPARE, Stage
from tests.e2e.test_attachments import GIVE_JS
from tests.e2e.test_page import violations
from tests.system.conftest import Server, World, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

SECRET = "hunter2-very-secret"
#: Whether a device keeps some words in any of its stores.
KEEPS_JS = """async (words) => {
  const wait = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const latin = new TextDecoder("latin1");
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith("scriptorium:")) continue;
    const database = await wait(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const rows = await wait(database.transaction(store).objectStore(store).getAll());
      const said = (row) => row instanceof Uint8Array ? latin.decode(row) : String(row);
      if (rows.some((row) => said(row).includes(words))) { database.close(); return true; }
    }
    database.close();
  }
  return false;
}"""


@pytest.fixture
def stage(tmp_path: Path, browser: Browser) -> Iterator[Stage]:
    """A server that erases in the background whatever the length of the log."""
    server = Server(tmp_path, ERASE_AT_ONCE_RECORDS="1")
    stage = Stage(World(server, PREPARE), browser)
    server.start()
    yield stage
    stage.close()


def holding(data: Path, words: str) -> list[str]:
    """Return the files of the server's data that hold some words."""
    files = [path for path in data.rglob("*") if path.is_file()]
    return [str(path) for path in files if words.encode() in path.read_bytes()]


def was_loaded_again(page: Page) -> bool:
    with suppress(Error):  # it loads just now
        return page.evaluate("window.isOld === undefined") is True
    return False


def forgot(page: Page) -> bool:
    return page.evaluate(KEEPS_JS, SECRET) is False


@pytest.mark.usefixtures("node_modules")
def test_a_secret_is_erased_for_good(stage: Stage) -> None:
    """Gone from the server's data, exports and search, and from every device, offline ones too."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    eve = stage.person("eve").open(stage.document)
    ann.text.click()
    ann.type("Roses. ")
    ann.is_saved()
    ann.page.keyboard.insert_text(f"password {SECRET}")  # in one piece, to be looked for
    secret_file = [*SECRET.encode()]
    ann.page.evaluate(GIVE_JS, ["paste", secret_file, "secret.txt", "text/plain"])
    expect(ann.text.locator("a[href*='/files/']")).to_have_count(1)
    ann.is_saved()
    for person in (bob, eve):
        person.shows(SECRET)
    assert len(holding(stage.world.server.data, SECRET)) > 1  # the database, and the file
    eventually(lambda: bob.page.evaluate(KEEPS_JS, SECRET))
    bob.context.set_offline(True)
    bob.text.focus()
    bob.press("Control+Home")
    bob.type("Away. ")
    expect(bob.status).to_contain_text("kept on this device", timeout=40_000)
    ann.press("Control+a", "Delete")
    ann.type("Roses.")
    ann.is_saved()
    for person in (bob, eve):
        person.page.evaluate("window.isOld = true")

    page = ann.page
    page.goto(f"{ann.url}/d/{stage.document}/history/")
    page.locator(".history-bar summary").click()
    page.get_by_role("button", name="Erase deleted text…").click()
    page.get_by_label("Reason (shown with the gap)").fill("A pasted password.")
    page.get_by_role("dialog").get_by_role("button", name="Erase").click()
    expect(page.get_by_role("progressbar", name="Text is being erased…")).to_be_visible()
    revision = page.locator(".revision-main").first
    expect(revision).to_contain_text("erased by ann")
    expect(revision).to_contain_text("A pasted password.")
    expect(page.locator(".scrubber .gap")).to_have_count(1)
    assert violations(page) == []

    # Open pages load again, without the text; who was away does at once on coming back.
    eventually(lambda: was_loaded_again(eve.page))
    eve.shows("Roses.")
    bob.context.set_offline(False)
    eventually(lambda: was_loaded_again(bob.page))
    bob.is_saved()
    for person in (bob, eve):
        person.shows("Away. ")
        assert SECRET not in person.html
        eventually(partial(forgot, person.page))
    bob.type("Back. ")
    bob.is_saved()

    url = f"/documents/{stage.document}"
    gaps = json.loads(stage.rest(f"{url}/history/erasures"))
    assert [(gap["reason"], gap["by"]["name"]) for gap in gaps] == [("A pasted password.", "ann")]
    head = json.loads(stage.rest(f"{url}/attribution"))["seq"]
    for path in (
        f"{url}/content?format=json",
        f"{url}/history/export?format=ndjson",
        f"{url}/diff?from=0&format=text",
        f"{url}/attribution?deleted=1",
        *(f"{url}/at?seq={seq}&format=text" for seq in range(1, head + 1)),
    ):
        assert SECRET not in stage.rest(path)
    assert json.loads(stage.rest(f"/search?q={SECRET}"))["results"] == []
    for words in (SECRET, "hunter2"):  # the search keeps single words, too
        eventually(partial(lambda one: not holding(stage.world.server.data, one), words))
