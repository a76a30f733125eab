"""What another program or a newer version of the page wrote is kept, shown, and never rewritten."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from tests.e2e.conftest import Person, Stage

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]


def written(
    stage: Stage,
    *blocks: Any,
    version: int | None = None,
    roots: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Another program writes ``blocks`` at the start of the body, and roots of its own."""
    doc: Doc[Any] = Doc()
    body = doc.get("default", type=XmlFragment)
    for block in blocks:
        body.children.append(block)
    for name, value in roots.items():
        doc[name] = value
    if version is not None:
        doc.get("schema", type=Map)["version"] = version
    request = urllib.request.Request(
        f"http://127.0.0.1:{stage.world.server.port}/api/v1/documents/{stage.document}/updates",
        method="POST",
        data=doc.get_update(),
        headers={
            "Authorization": f"Bearer {stage.world.tokens['bob']}",
            "Content-Type": "application/octet-stream",
        },
    )
    urllib.request.urlopen(request).close()


def block(name: str, *children: Any, **attributes: Any) -> XmlElement:
    return XmlElement(name, attributes, list(children))


def records(stage: Stage) -> list[Any]:
    answer = json.loads(stage.rest(f"/documents/{stage.document}/updates?since=0"))
    return list(answer["records"])


def stored(stage: Stage) -> list[Any]:
    """The blocks as they are in the log; REST's JSON is of the schema."""
    doc: Doc[Any] = Doc()
    for record in records(stage):
        doc.apply_update(base64.b64decode(record["update"]))
    return list(doc.get("default", type=XmlFragment).children)


def strange() -> list[Any]:
    """An unknown block, a paragraph in a list, a list without items, a level that is none."""
    return [
        block("chart", XmlText("words of a chart"), points="1,2"),
        block("bulletList", block("paragraph", XmlText("bare in a list"))),
        block("blockquote"),
        block("heading", XmlText("not a level"), level=float("nan"), future="kept"),
        block("paragraph", XmlText("an address at the end https://a.example")),
    ]


def test_opening_changes_nothing(stage: Stage) -> None:
    """Two people open it, click about and leave: no record comes, and each word is on the page."""
    written(stage, *strange())
    before = records(stage)
    ann = stage.writer("ann")
    for words in ("words of a chart", "bare in a list", "not a level", "an address at the end"):
        expect(ann.text).to_contain_text(words)
    label = "This version of the page cannot show: chart"
    expect(ann.text.get_by_role("group", name=label)).to_be_visible()
    ann.text.get_by_text("not a level").click()
    ann.press("ArrowDown", "ArrowUp", "Control+a", "ArrowLeft")
    bob = stage.writer("bob")
    bob.text.get_by_text("an address").click()
    ann.is_saved()
    assert records(stage) == before
    stage.all_equal()


def test_writing_beside_it_leaves_it_as_it_is(stage: Stage) -> None:
    """What is typed in one block is all that changes; attributes that are not shown stay."""
    written(stage, *strange())
    ann = stage.writer("ann")
    heading = ann.text.get_by_text("not a level")
    heading.click()
    ann.press("End")
    ann.type(" but words")
    ann.is_saved()
    blocks = {block.tag: block for block in stored(stage)}
    title = blocks["heading"]
    assert dict(blocks["chart"].attributes) == {"points": "1,2"}
    assert [child.tag for child in blocks["bulletList"].children] == ["paragraph"]
    assert len(blocks["blockquote"].children) == 0
    assert dict(title.attributes)["future"] == "kept"
    assert str(title.children[0]) == "not a level but words"


def test_what_another_writes_comes_and_can_be_moved(stage: Stage) -> None:
    """Unknown content arrives in an open page; wrapped in a quote it is still what it was."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    written(stage, block("chart", XmlText("late words"), points="3"))
    for person in (ann, bob):
        expect(person.text).to_contain_text("late words")
    ann.text.focus()
    ann.press("Control+a")
    ann.press("Control+Shift+b")
    ann.is_saved()
    bob.shows("late words")
    quote = stored(stage)[0]
    assert quote.tag == "blockquote"
    moved = {block.tag: block for block in quote.children}
    assert dict(moved["chart"].attributes) == {"points": "3"}


def test_a_newer_version_is_told(stage: Stage) -> None:
    """The document says that a newer schema wrote in it: the page asks to reload."""
    ann = stage.writer("ann")
    expect(ann.page.get_by_role("alert")).to_be_hidden()
    written(stage, block("chart", XmlText("new")), version=99)
    expect(ann.page.get_by_role("alert")).to_contain_text("newer version")
    expect(ann.page.get_by_role("button", name="Reload")).to_be_visible()


def test_text_without_a_block_is_shown_and_not_edited(stage: Stage) -> None:
    """A form that the editor has no place for, when opened and when it comes later."""
    ann = stage.writer("ann")
    written(stage, XmlText("words without a block"))
    words = ann.page.get_by_role("document", name="Document content")
    expect(words).to_contain_text("words without a block")
    expect(ann.page.get_by_role("alert")).to_contain_text("cannot be edited here")
    before = records(stage)
    ann.page.reload()
    expect(words).to_contain_text("words without a block")
    assert records(stage) == before


def other_content(person: Person) -> Locator:
    return person.page.locator(".banner.calm")


def test_other_content_is_told_and_shown(stage: Stage) -> None:
    """In both languages, while the page is open and after a reload; nothing is written."""
    ann = stage.writer("ann")
    expect(other_content(ann)).to_be_hidden()
    long = "\n".join(f"note {line}" for line in range(100))
    written(
        stage,
        version=1,
        roots={
            "notes": Text(long),
            "tasks": Array([{"title": "one"}, 2.5]),
            "meta": Map({"colour": "red"}),
        },
    )
    expect(other_content(ann)).to_contain_text("does not show: 3 parts")
    before = records(stage)
    ann.page.reload()
    other_content(ann).get_by_role("button", name="Show").click()
    dialog = ann.page.get_by_role("dialog", name="Other content")
    for words in (
        "List, elements: 2 · by bob",
        '[{"title": "one"}, 2.5]',
        "Map, entries: 1",
        '{"colour": "red"}',
        f"Text, characters: {len(long)}",
        "note 0",
    ):
        expect(dialog).to_contain_text(words)
    expect(dialog).not_to_contain_text("note 99")
    dialog.get_by_role("button", name="Show all").click()
    expect(dialog).to_contain_text("note 99")
    dialog.get_by_role("button", name="Close").click()
    other_content(ann).get_by_role("button", name="OK").click()
    expect(other_content(ann)).to_be_hidden()
    assert records(stage) == before
    cai = stage.person("bob", locale="zh-CN")
    cai.page.goto(f"{cai.url}/d/{stage.document}/")
    expect(other_content(cai)).to_contain_text("此文档还有编辑器不显示的其他内容：3 项。")
    other_content(cai).get_by_role("button", name="显示").click()
    expect(cai.page.get_by_role("dialog", name="其他内容")).to_contain_text("列表，2 个元素")
