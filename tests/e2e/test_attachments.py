"""Pictures and files come in by drop, paste and picker, and the other person sees them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FileChooser, FilePayload, expect

from tests.attachments.pictures import png
from tests.e2e.conftest import PREPARE, Person, Stage
from tests.system.conftest import Server, World, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

GIVE_JS = """([kind, bytes, name, type]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type }));
  const box = document.querySelector(".ProseMirror");
  const { left, top } = box.getBoundingClientRect();
  const where = { clientX: left + 60, clientY: top + 60, bubbles: true, cancelable: true };
  box.dispatchEvent(
    kind === "drop"
      ? new DragEvent("drop", { ...where, dataTransfer: data })
      : new ClipboardEvent("paste", { ...where, clipboardData: data }),
  );
}"""
LOADED_JS = """() => [...document.querySelectorAll("img[src*='/files/']")]
  .every((image) => image.naturalWidth)"""


def test_a_picture_is_dropped_and_a_file_is_chosen(stage: Stage) -> None:
    ann, bob = stage.writer("ann"), stage.writer("bob")
    # From the start: a listener that is added just before is told too late.
    choosers: list[FileChooser] = []
    ann.page.on("filechooser", lambda chooser: choosers.append(chooser))
    ann.text.click()
    ann.page.evaluate(GIVE_JS, ["drop", list(png(40, 30)), "photo.png", "image/png"])
    expect(bob.text.locator("img[src*='/files/']")).to_have_count(1)
    for person in (ann, bob):
        eventually(partial(person.page.evaluate, LOADED_JS))
    ann.press("Control+End")
    ann.type("/upload")
    chosen = ann.page.get_by_role("option", name="Upload a file", selected=True)
    expect(chosen).to_be_visible()
    ann.press("Enter")
    eventually(lambda: ann.page.title() and choosers)
    plan = FilePayload(name="plan.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 plan")
    choosers[0].set_files(plan)
    expect(bob.text.get_by_role("link", name="plan.pdf")).to_be_visible()
    expect(ann.page.locator(".upload")).to_have_count(0)
    ann.is_saved()
    assert stage.all_equal()
    # Pasted into another document, both are copied: who reads that one alone sees them.
    old = f"/d/{stage.document}/files/"
    picture = ann.text.locator("img[src*='/files/']").get_attribute("src")
    link = ann.text.get_by_role("link", name="plan.pdf").get_attribute("href")
    other = json.loads(stage.rest("/documents", method="POST", body={"title": "other"}))["id"]
    ann.open(other)
    ann.text.click()
    ann.paste(text_html=f'<img src="{picture}"><p><a href="{link}">plan.pdf</a></p>')
    expect(ann.text.locator(f"img[src^='/d/{other}/files/']")).to_have_count(1)
    expect(ann.text.locator(f"a[href^='/d/{other}/files/']")).to_have_text("plan.pdf")
    eventually(partial(ann.page.evaluate, LOADED_JS))
    ann.is_saved()
    there = stage.rest(f"/documents/{other}/content?format=json")
    assert f"/d/{other}/files/" in there
    assert old not in there


def test_what_is_refused_is_said_and_changes_nothing(stage: Stage) -> None:
    ann = stage.writer("ann")
    ann.text.click()
    empty = ["paste", [], "empty.png", "image/png"]
    ann.page.evaluate(GIVE_JS, empty)
    box = ann.page.locator(".upload")
    expect(box.get_by_role("status")).to_have_text("empty.png: The server could not take the file.")
    box.get_by_role("button", name="Close").click()
    expect(box).to_have_count(0)
    ann.page.route("**/attachments", lambda route: route.abort())
    ann.page.evaluate(GIVE_JS, ["paste", list(png(4, 4)), "a.png", "image/png"])
    expect(box.get_by_role("status")).to_contain_text("The server cannot be reached")
    assert "image" not in stage.content("json")


#: Noise, which no format makes small: a PNG of about 500 KB.
NOISE_JS = """async () => {
  const canvas = new OffscreenCanvas(420, 400);
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(420, 400);
  for (let at = 0; at < pixels.data.length; at += 65536)
    crypto.getRandomValues(pixels.data.subarray(at, Math.min(at + 65536, pixels.data.length)));
  for (let at = 3; at < pixels.data.length; at += 4) pixels.data[at] = 255;
  context.putImageData(pixels, 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
  return [...bytes];
}"""


@pytest.fixture
def narrow(tmp_path: Path, browser: Browser) -> Iterator[Stage]:
    """A server that takes small files only."""
    server = Server(tmp_path, ATTACHMENT_MAX_BYTES="100000")
    stage = Stage(World(server, PREPARE), browser)
    server.start()
    yield stage
    stage.close()


def chooser_of(person: Person) -> FileChooser:
    choosers: list[FileChooser] = []
    person.page.on("filechooser", lambda chooser: choosers.append(chooser))
    person.text.click()
    person.type("/upload")
    expect(person.page.get_by_role("option", name="Upload a file", selected=True)).to_be_visible()
    person.press("Enter")
    eventually(lambda: person.page.title() and choosers)
    return choosers[0]


def test_a_refused_file_stays_to_be_seen_beside_one_that_is_taken(narrow: Stage) -> None:
    ann = narrow.writer("ann")
    chooser = chooser_of(ann)
    small = FilePayload(name="small.png", mimeType="image/png", buffer=png(40, 30))
    large = FilePayload(name="large.pdf", mimeType="application/pdf", buffer=b"x" * 100_001)
    other = FilePayload(name="other.png", mimeType="image/png", buffer=png(40, 30))
    chooser.set_files([large, small, other])
    expect(ann.text.locator("img[src*='/files/']")).to_have_count(2)
    refused = ann.page.locator(".upload-failed")
    expect(refused).to_contain_text("large.pdf")
    expect(refused).to_contain_text("too large")
    refused.get_by_role("button", name="Close").click()
    expect(ann.page.locator(".upload")).to_have_count(0)
    ann.is_saved()


def test_a_picture_above_the_limit_is_made_smaller(narrow: Stage) -> None:
    ann = narrow.writer("ann")
    noise = bytes(ann.page.evaluate(NOISE_JS))
    assert len(noise) > 400_000
    chooser = chooser_of(ann)
    chooser.set_files(FilePayload(name="noise.png", mimeType="image/png", buffer=noise))
    picture = ann.text.locator("img[src*='/files/']")
    expect(picture).to_be_visible()
    assert ann.page.locator(".upload-failed").count() == 0
    width = eventually(lambda: picture.evaluate("image => image.naturalWidth"))
    assert 50 < width < 420
