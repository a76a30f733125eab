"""Slow files: the page shows that one is being made, lets it be stopped, and says what failed."""

from __future__ import annotations

import zipfile

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.conftest import Stage
from tests.e2e.test_page import violations

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

PROBLEM = '{"type": "about:blank", "status": 503, "detail": "Too many files are being made."}'


@pytest.mark.usefixtures("node_modules")
def test_a_slow_export(stage: Stage) -> None:
    """A PDF arrives under the document's name; one is stopped; one fails, and is made after all."""
    ann = stage.writer("ann")
    ann.text.click()
    ann.type("Words.")
    ann.is_saved()
    page = ann.page
    waiting: list[Route] = []
    page.route("**/export?format=pdf", lambda route: waiting.append(route))

    def ask(shown: str) -> None:
        page.locator("summary[aria-label='Export']").click()
        page.get_by_role("link", name=shown).click()
        page.keyboard.press("Escape")

    progress = page.get_by_role("progressbar", name="PDF (.pdf) is being made…")
    ask("PDF")
    expect(progress).to_be_visible()
    assert violations(page) == []
    page.locator(".download").get_by_role("button", name="Cancel").click()
    expect(progress).to_have_count(0)

    page.unroute("**/export?format=pdf")
    page.route(
        "**/export?format=pdf",
        lambda route: route.fulfill(
            status=503, content_type="application/problem+json", body=PROBLEM
        ),
        times=1,
    )
    ask("PDF")
    failed = page.get_by_role("alert").filter(has_text="PDF (.pdf) could not be made.")
    expect(failed).to_contain_text("Too many files are being made.")
    assert violations(page) == []
    with page.expect_download(timeout=60_000) as download:
        failed.get_by_role("button", name="Try again").click()
    assert download.value.suggested_filename == "Shared.pdf"
    assert download.value.path().read_bytes().startswith(b"%PDF")
    expect(page.locator(".download")).to_have_count(0)

    page.goto(f"{ann.url}/d/{stage.document}/history/")
    page.locator(".history-bar summary").click()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("link", name="Whole history (ZIP)").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        assert b'"records"' in archive.read("manifest.json")
