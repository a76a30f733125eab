"""Two people write one document in two browsers."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from collab.richtext.tree import Node
from tests.e2e.conftest import Person, Stage
from tests.system.conftest import Server, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]


def carets(person: Person) -> list[str]:
    return person.page.locator(".collaboration-carets__label").all_text_contents()


def write_at_one_place(ann: Person, bob: Person) -> None:
    """Turn by turn, key by key, both in the same empty paragraph."""
    for person in (ann, bob):
        person.text.click()
        person.press("Control+End")
    for mine, its in zip("ann写作😀", "bob你好🖋", strict=False):
        ann.page.keyboard.insert_text(mine)
        bob.page.keyboard.insert_text(its)


def test_they_write_at_one_place(stage: Stage) -> None:
    """Each sees the other's words, caret and face; both pages, REST and a reload are equal."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    write_at_one_place(ann, bob)
    text = stage.all_equal()
    assert sorted(text.strip()) == sorted("ann写作😀bob你好🖋")
    assert carets(ann) == ["bob"]
    assert carets(bob) == ["ann"]
    for person, faces in ((ann, ["ann (you)", "bob"]), (bob, ["bob (you)", "ann"])):
        people = person.page.get_by_role("list", name="People here").get_by_role("img")
        assert [face.get_attribute("aria-label") for face in people.all()] == faces
        person.is_saved()
    assert stage.content("text").strip() == text.strip()
    ann.page.reload()
    ann.is_saved()
    assert stage.all_equal() == text
    bob.context.close()
    stage.people.remove(bob)
    expect(ann.page.locator(".collaboration-carets__label")).to_have_count(0)


def test_they_write_in_a_new_paragraph(stage: Stage) -> None:
    """A paragraph that one has just made takes the first keys of both, each once."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    ann.text.click()
    for turn in range(4):
        ann.type(f"line {turn}")
        ann.press("Enter")
        expect(bob.text.locator("> p")).to_have_count(turn + 2)
        write_at_one_place(ann, bob)
        stage.all_equal()
    lines = stage.all_equal().split("\n")
    assert sorted("".join(lines)) == sorted("ann写作😀bob你好🖋" * 4 + "line 0line 1line 2line 3")


def test_they_format_and_undo_only_their_own(stage: Stage) -> None:
    ann, bob = stage.writer("ann"), stage.writer("bob")
    ann.text.click()
    ann.type("# Plan")
    ann.press("Enter")
    ann.type("- milk")
    ann.press("Enter", "Enter")
    ann.type("**strong** word")
    ann.press("Enter")
    ann.type("[ ] task")
    bob.shows("task")
    ann.is_saved()
    assert [block["type"] for block in stage.json()["content"]] == [
        "heading",
        "bulletList",
        "paragraph",
        "taskList",
    ]
    bob.page.locator(".ProseMirror h1").click()
    bob.press("End")
    bob.type(" by bob")
    ann.shows("Plan by bob")
    ann.type(" done")
    bob.shows("task done")
    bob.press("Control+z", "Control+z")  # word by word
    expect(ann.text).not_to_contain_text("by bob")
    ann.shows("task done")
    bob.press("Control+Shift+z", "Control+Shift+z")
    ann.shows("Plan by bob")
    bob.press("Home", "Shift+End")
    bob.page.get_by_role("toolbar", name="Format the selection").get_by_label("Italic").click()
    stage.all_equal()
    for person in (ann, bob):
        person.is_saved()
    document = Node.from_json(stage.json())
    assert document.content[0].plain == "Plan by bob"
    assert all(run.has("italic") for run in document.content[0].content)
    assert stage.content("markdown").startswith("# *Plan by bob*\n\n- milk\n\n**strong** word\n")


def test_one_goes_offline_and_comes_back(stage: Stage) -> None:
    """What is written meanwhile, on both sides, is kept; the status is true at each step."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    ann.text.click()
    ann.type("together ")
    bob.shows("together")
    ann.is_saved()
    ann.context.set_offline(True)
    ann.type("alone")
    expect(ann.status).to_contain_text("kept on this device", timeout=40_000)
    bob.text.click()
    bob.press("Control+Home")
    bob.type("meanwhile ")
    bob.is_saved()
    ann.context.set_offline(False)
    ann.is_saved()
    assert stage.all_equal().strip() == "meanwhile together alone"
    assert stage.content("text").strip() == "meanwhile together alone"


def test_the_server_is_killed_while_they_write(stage: Stage) -> None:
    """Both write on; nothing is lost, nothing doubled; also with a page closed while it is down."""
    ann, bob = stage.writer("ann"), stage.writer("bob")
    ann.text.click()
    ann.type("before ")
    bob.shows("before")
    stage.world.server.kill()
    ann.type("during-a ")
    bob.text.click()
    bob.press("Control+Home")
    bob.type("during-b ")
    for person in (ann, bob):
        expect(person.status).to_contain_text("kept on this device")
    stage.world.server.start()
    for person in (ann, bob):
        person.is_saved()
    assert stage.all_equal().split() == ["during-b", "before", "during-a"]
    ann.page.reload()
    ann.is_saved()
    assert stage.all_equal().split() == ["during-b", "before", "during-a"]
    assert stage.content("text").split() == ["during-b", "before", "during-a"]


def test_words_wait_on_the_device_over_a_closed_page(stage: Stage) -> None:
    """Written with the server down, page closed, opened again: they arrive."""
    ann = stage.writer("ann")
    ann.text.click()
    ann.type("one ")
    ann.is_saved()
    stage.world.server.kill()
    ann.type("two")
    expect(ann.status).to_contain_text("kept on this device")
    ann.page.wait_for_timeout(1000)
    ann.page.close()
    stage.world.server.start()
    ann.page = ann.context.new_page()
    ann.open(stage.document)
    ann.is_saved()
    eventually(lambda: stage.content("text").split() == ["one", "two"])


@pytest.mark.needs("postgresql", "redis")
def test_on_two_processes(cluster: tuple[Stage, Callable[[], Server]]) -> None:
    """One person on each of two processes, on PostgreSQL and Redis; one process is killed."""
    stage, make = cluster
    other = make()
    ann, bob = stage.writer("ann"), stage.writer("bob", other)
    write_at_one_place(ann, bob)
    text = stage.all_equal()
    assert sorted(text.strip()) == sorted("ann写作😀bob你好🖋")
    assert carets(ann) == ["bob"]
    for person in (ann, bob):
        person.is_saved()
    assert stage.content("text") == stage.content("text", other)
    other.kill()
    bob.type(" from-bob")
    expect(bob.status).to_contain_text("kept on this device")
    ann.type(" from-ann")
    ann.is_saved()
    other.start()
    bob.is_saved()
    text = stage.all_equal()
    assert text.count("from-bob") == text.count("from-ann") == 1
    one, two = (json.loads(stage.content("json", server)) for server in (None, other))
    assert one == two
