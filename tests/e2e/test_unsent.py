"""Words that the server does not have: what keeps them, how they are shown, what can be done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pycrdt import Doc, XmlElement, XmlFragment

from collab.protocol.codec import encode
from collab.protocol.messages import SyncUpdate
from collab.types import Update
from tests.e2e.conftest import PREPARE, Person, Stage
from tests.system.conftest import Server, World, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

#: While ``window.full`` is set, the writes of the store fail; and what is said of it.
FULL_JS = """
for (const name of METHODS) {
  const write = IDBObjectStore.prototype[name];
  IDBObjectStore.prototype[name] = function (...values) {
    if (window.full) FAILS;
    return write.apply(this, values);
  };
}
"""
QUOTA_JS = 'throw new DOMException("no room", "QuotaExceededError")'
FULL = {
    "aborted": ("['add']", "this.transaction.abort()", "does not take writes"),
    "throwing at words": ("['add']", QUOTA_JS, "storage is full"),
    "throwing at what is noted": ("['put']", QUOTA_JS, "storage is full"),
    "throwing at both": ("['add', 'put']", QUOTA_JS, "storage is full"),
}
#: How a store does not open, and what is said of it.
SHUT = {
    "throwing": (
        'IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError"); };',
        "keeps nothing on the device",
    ),
    "silent": ("IDBFactory.prototype.open = () => ({});", "storage does not answer"),
    "blocked": (
        """IDBFactory.prototype.open = () => {
          const request = {};
          setTimeout(() => request.onblocked());
          return request;
        };""",
        "storage does not answer",
    ),
}
#: Sends ``window.instead`` once in place of the next update, and holds what comes after it.
INSTEAD_JS = """
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (frame) {
  if (window.instead && frame[0] === 0 && frame[1] === 2) {
    const bytes = Uint8Array.from(window.instead);
    window.instead = null;
    return send.call(this, bytes);
  }
  return send.call(this, frame);
};
"""
#: More quotes in one another than a document holds.
DEEP = "<blockquote>" * 60 + "<p>deep</p>" + "</blockquote>" * 60


@pytest.fixture
def small(tmp_path: Path, browser: Browser) -> Iterator[Stage]:
    """A server that takes documents of 200,000 bytes, 20,000 in a frame."""
    limits = {"MAX_DOCUMENT_BYTES": "200000", "MAX_FRAME_BYTES": "20000"}
    server = Server(tmp_path, MAX_UPDATE_BYTES="10000", **limits)
    stage = Stage(World(server, PREPARE), browser)
    server.start()
    yield stage
    stage.close()


def notice_of(person: Person):  # type: ignore[no-untyped-def]  # a locator
    return person.page.locator(".unsent")


def role_of_bob(stage: Stage, role: str) -> None:
    members = f"/documents/{stage.document}/members"
    stage.rest(members, method="POST", body={"user": "bob", "role": role})


def goes_offline(person: Person, words: str) -> None:
    person.text.click()
    person.press("Control+End")
    person.context.set_offline(True)
    person.type(words)


@pytest.mark.parametrize("how", FULL)
def test_a_store_that_fails_is_said_at_once(stage: Stage, tmp_path: Path, how: str) -> None:
    """Full: nothing is called kept; the words can be downloaded; with room again they are kept."""
    methods, fails, said = FULL[how]
    ann = stage.person("ann")
    ann.page.add_init_script(FULL_JS.replace("METHODS", methods).replace("FAILS", fails))
    ann.open(stage.document)
    ann.is_saved()
    ann.page.evaluate("window.full = true")
    goes_offline(ann, "not kept")
    expect(notice_of(ann)).to_contain_text(said)
    expect(ann.status).to_contain_text("do not close this page", timeout=40_000)
    with ann.page.expect_download() as download:
        notice_of(ann).get_by_role("button", name="Download them").click()
    file = tmp_path / "words.txt"
    download.value.save_as(file)
    assert file.read_text("utf-8") == "not kept"
    ann.page.evaluate("window.full = false")
    expect(ann.status).to_contain_text("kept on this device")
    expect(notice_of(ann)).to_be_hidden()
    ann.context.set_offline(False)
    ann.is_saved()
    assert stage.content("text").strip() == "not kept"


@pytest.mark.parametrize("how", SHUT)
def test_a_store_that_does_not_open_stops_nothing(stage: Stage, how: str) -> None:
    """The page opens, says that the device keeps nothing, and saves."""
    script, said = SHUT[how]
    ann = stage.person("ann")
    ann.page.add_init_script(script)
    ann.open(stage.document)
    expect(notice_of(ann)).to_contain_text(said)
    ann.text.click()
    ann.type("saved all the same")
    ann.is_saved()
    notice_of(ann).get_by_role("button", name="OK").click()
    expect(notice_of(ann)).to_be_hidden()


def refused(stage: Stage) -> Person:
    """Ann, of whose words the server has the first, and has refused the others."""
    ann = stage.person("ann")
    ann.page.add_init_script(INSTEAD_JS)
    ann.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ann.open(stage.document)
    ann.is_saved()
    ann.text.click()
    ann.type("taken")
    ann.is_saved()
    deep: Doc[Any] = Doc()
    inner = XmlElement("blockquote")
    for _ in range(100):
        inner = XmlElement("blockquote", {}, [inner])
    deep.get("default", type=XmlFragment).children.append(inner)
    ann.page.evaluate("(frame) => { window.instead = frame; }", list(update_frame(deep)))
    ann.page.keyboard.insert_text(" refused")
    expect(ann.status).to_have_text("Not connected")
    return ann


def update_frame(doc: Doc[Any]) -> bytes:
    return encode(SyncUpdate(Update(doc.get_update())))


def test_refused_words_are_taken_along(stage: Stage, tmp_path: Path) -> None:
    """They can be copied and downloaded, at once and after a reload; then sent once more."""
    ann = refused(stage)
    for turn in range(2):
        expect(ann.text.locator(".is-unsent")).to_have_text(" refused")
        ann.page.evaluate("navigator.clipboard.writeText('')")
        notice_of(ann).get_by_role("button", name="Copy my unsent words").click()
        eventually(lambda: ann.page.evaluate("navigator.clipboard.readText()") == " refused")
        with ann.page.expect_download() as download:
            notice_of(ann).get_by_role("button", name="Download them").click()
        file = tmp_path / f"words-{turn}.txt"
        download.value.save_as(file)
        assert file.read_text("utf-8") == " refused"
        ann.page.reload()
        expect(notice_of(ann)).to_contain_text("The server refused them")
    assert stage.content("text").strip() == "taken"
    notice_of(ann).get_by_role("button", name="Send them").click()
    ann.is_saved()
    assert stage.content("text").strip() == "taken refused"


@pytest.mark.parametrize("reloads", [False, True])
def test_refused_words_can_be_thrown_away(stage: Stage, reloads: bool) -> None:
    """Discarded, they are gone, and the page goes on with what the server has."""
    ann = refused(stage)
    if reloads:
        ann.page.reload()
    notice_of(ann).get_by_role("button", name="Discard my copy").click()
    ann.page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    ann.is_saved()
    expect(ann.text).to_have_text("taken")
    expect(notice_of(ann)).to_be_hidden()
    ann.text.click()
    ann.press("Control+End")
    ann.type(" on")
    ann.is_saved()
    assert stage.content("text").strip() == "taken on"


def test_unsent_words_do_not_pass_for_the_document(stage: Stage) -> None:
    """An editor writes offline and is made a viewer: marked, after a reload too."""
    bob = stage.writer("bob")
    goes_offline(bob, "never sent")
    expect(bob.status).to_contain_text("kept on this device", timeout=40_000)
    role_of_bob(stage, "viewer")
    bob.context.set_offline(False)
    for _ in range(2):
        expect(bob.status).to_contain_text("changes not sent", timeout=40_000)
        expect(bob.text.locator(".is-unsent")).to_have_text("never sent")
        expect(notice_of(bob)).to_contain_text("You may only read this document now.")
        bob.page.reload()
    role_of_bob(stage, "editor")
    expect(bob.status).to_contain_text("wait for you")
    expect(bob.text).to_have_attribute("contenteditable", "false")
    assert stage.content("text").strip() == ""
    notice_of(bob).get_by_role("button", name="Send them").click()
    bob.is_saved()
    assert stage.content("text").strip() == "never sent"
    expect(bob.text.locator(".is-unsent")).to_have_count(0)


def test_unsent_words_can_be_thrown_away(stage: Stage) -> None:
    """Discarded, they are gone from the page and from the device, and the page goes on."""
    bob = stage.writer("bob")
    goes_offline(bob, "thrown away")
    expect(bob.status).to_contain_text("kept on this device", timeout=40_000)
    role_of_bob(stage, "viewer")
    bob.context.set_offline(False)
    expect(bob.status).to_contain_text("changes not sent", timeout=40_000)
    notice_of(bob).get_by_role("button", name="Discard my copy").click()
    bob.page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(bob.status).to_have_text("Read only")
    expect(bob.text).not_to_contain_text("thrown away")
    expect(notice_of(bob)).to_be_hidden()


def paste_letters(person: Person, count: int) -> None:
    person.page.evaluate(
        """(count) => {
          const data = new DataTransfer();
          const line = "many words ".repeat(900) + "\\n";
          data.setData("text/plain", line.repeat(count / line.length + 1).slice(0, count));
          document.activeElement.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        count,
    )


def test_what_would_be_refused_is_not_done(small: Stage) -> None:
    """Too deep, too much: a sentence, no refusal; the page goes on, loaded again as well."""
    ann = small.writer("ann")
    ann.text.click()
    for html in (DEEP, "<ul><li>" * 40 + "deep" + "</li></ul>" * 40):
        ann.paste(text_html=html)
        expect(ann.page.get_by_role("alert")).to_contain_text("as deep as a document can hold")
    paste_letters(ann, 250_000)
    expect(ann.page.get_by_role("alert")).to_contain_text("larger than it may be")
    for turn in range(4):
        paste_letters(ann, 60_000)
        expect(ann.text).to_contain_text("many words")
        ann.type(str(turn))
    expect(ann.page.get_by_role("alert")).to_contain_text("larger than it may be")
    ann.is_saved()
    ann.page.reload()
    ann.is_saved()
    ann.text.focus()
    ann.press("Control+a", "Delete")
    ann.type("on")
    ann.is_saved()
    assert small.content("text").strip() == "on"


def test_nine_megabytes_are_sent_in_pieces(stage: Stage) -> None:
    """More than a frame holds; loaded again, all is there, and the page goes on."""
    ann = stage.writer("ann")
    ann.text.click()
    paste_letters(ann, 9_000_000)
    expect(ann.status).to_have_text("Saved", timeout=120_000)
    ann.page.reload()
    expect(ann.status).to_have_text("Saved", timeout=120_000)
    pasted = (("many words " * 900 + "\n") * 909)[:9_000_000]
    assert stage.content("text").count("many words") == pasted.count("many words")
    ann.text.focus()
    ann.press("Control+Home")
    ann.type("on ")
    ann.is_saved()
    assert stage.content("text").startswith("on many words")


def test_a_large_paste_is_sent(stage: Stage) -> None:
    """1.5 MB is more than one live update may hold."""
    ann = stage.writer("ann")
    ann.text.click()
    ann.paste(text_plain="many words " * 140_000)
    ann.is_saved()
    assert len(stage.content("text")) > 1_500_000


def test_people_are_seen_again_after_a_short_drop(stage: Stage) -> None:
    """Both see each other as soon as the one is back."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    faces = ".people li"
    for person in (ann, bob):
        expect(person.page.locator(faces)).to_have_count(2)
    ann.context.set_offline(True)
    ann.type("x")
    expect(ann.status).to_contain_text("Offline", timeout=40_000)
    expect(ann.page.locator(faces)).to_have_count(1)
    ann.context.set_offline(False)
    ann.is_saved()
    for person in (ann, bob):
        expect(person.page.locator(faces)).to_have_count(2, timeout=2_000)
