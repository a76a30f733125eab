"""The law of merging, in browsers: one changes a block while another is in it.

All cases have the same two pages and the same server: a case is a text that Ann pastes over the
last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import PREPARE, Person, Stage
from tests.system.conftest import Server, World, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

Act = Callable[[Person], None]

THREE = "<p>first words</p><p>second ones</p><p>the third</p>"
SAME = "<p>same</p><p>same</p><p>same</p>"
LIST = "<ul><li><p>first words</p></li><li><p>second ones</p></li></ul><p>the third</p>"
NUMBERS = "<ol><li><p>first words</p></li><li><p>second ones</p></li></ol><p>the third</p>"
QUOTE = "<p>first words</p><blockquote><p>second ones</p></blockquote><p>the third</p>"
TABLE = (
    "<table><tbody><tr><td><p>a</p></td><td><p>b</p></td></tr>"
    "<tr><td><p>second ones</p></td><td><p>d</p></td></tr></tbody></table><p>the third</p>"
)

#: Put the caret into the text block number `block`, behind `offset` letters.
CARET_JS = """([block, offset]) => {
  const kinds = ".ProseMirror :is(p, h1, h2, h3, pre code, summary)";
  const blocks = [...document.querySelectorAll(kinds)];
  const walker = document.createTreeWalker(blocks[block], NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  range.selectNodeContents(blocks[block]);
  range.collapse(true);
  for (let node = walker.nextNode(), left = offset; node; node = walker.nextNode()) {
    if (node.parentElement.closest(".collaboration-carets__caret")) continue;
    if (left <= node.length) { range.setStart(node, left); range.collapse(true); break; }
    left -= node.length;
  }
  document.querySelector(".ProseMirror").focus();
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""

KEYS = "QWXYZ0123456789UVHJKL"
#: Type letter by letter, as fast as a fast typist's burst.
WRITE_JS = """(words) => {
  let at = 0;
  window.writing = setInterval(() => {
    document.execCommand("insertText", false, words[at++]);
    if (at === words.length) { clearInterval(window.writing); window.writing = null; }
  }, 15);
}"""


def caret(person: Person, block: int, offset: int) -> None:
    person.page.evaluate(CARET_JS, [block, offset])


def keys(*pressed: str) -> Act:
    return lambda person: person.press(*pressed)


def typed(words: str) -> Act:
    return lambda person: person.type(words)


def button(name: str) -> Act:
    def press(person: Person) -> None:
        person.page.get_by_role("toolbar").get_by_role("button", name=name, exact=True).click()

    return press


def slash(word: str) -> Act:
    """The menu opens behind a space, so what was asked for is taken away again by the menu."""

    def choose(person: Person) -> None:
        person.type(f"/{word}")
        expect(person.page.get_by_role("option").first).to_be_visible()
        person.press("Enter")

    return choose


@dataclass(frozen=True)
class Case:
    """Ann's act at the start of the text block ``block``; Bob writes behind its fifth letter."""

    html: str
    act: Act
    block: int = 1
    #: What tells on a page that the act has come.
    sign: str = ""


CASES = {
    "heading by keys": Case(THREE, keys("Control+Alt+2"), sign="h2"),
    "heading typed": Case(THREE, typed("## "), sign="h2"),
    "heading of three equal": Case(SAME, keys("Control+Alt+2"), sign="h2"),
    "code by keys": Case(THREE, keys("Control+Alt+c"), sign="pre"),
    "quote by keys": Case(THREE, keys("Control+Shift+b"), sign="blockquote"),
    "quote typed": Case(THREE, typed("> "), sign="blockquote"),
    "quote of three equal": Case(SAME, keys("Control+Shift+b"), sign="blockquote"),
    "unquote": Case(QUOTE, keys("Control+Shift+b"), sign=":not(:has(blockquote))"),
    "bullets by keys": Case(THREE, keys("Control+Shift+8"), sign="ul"),
    "bullets typed": Case(THREE, typed("- "), sign="ul"),
    "numbers by keys": Case(THREE, keys("Control+Shift+7"), sign="ol"),
    "tasks by keys": Case(THREE, keys("Control+Shift+9"), sign="ul[data-type=taskList]"),
    "bullets to numbers": Case(LIST, keys("Control+Shift+7"), sign="ol"),
    "numbers to bullets": Case(NUMBERS, keys("Control+Shift+8"), sign="ul"),
    "indent": Case(LIST, keys("Tab"), sign="ul ul"),
    "lift": Case(LIST, keys("Shift+Tab"), sign="ul + p"),
    "join": Case(THREE, keys("Backspace"), sign=":not(:has(> p:nth-of-type(3)))"),
    "new line before": Case(THREE, keys("Enter"), sign="> p:nth-of-type(4)"),
    "row deleted above": Case(TABLE, button("Delete row"), block=0, sign=":not(:has(tr + tr))"),
}

#: Cases of more than a restyled line, for who comes back.
CALLOUT = '<div data-type="callout" data-kind="tip"><p>second ones</p></div>'


def cut_and_pasted(person: Person) -> None:
    """The second line, behind the third."""
    person.context.grant_permissions(["clipboard-read", "clipboard-write"])
    person.press("Shift+End", "Control+x", "ArrowDown", "End", "Control+v")


def whole_line_deleted(person: Person) -> None:
    person.press("Shift+End", "Delete", "Backspace")


AWAY = CASES | {
    "callout": Case(THREE, slash("callout"), sign="[data-type=callout]"),
    "foldable section": Case(THREE, slash("foldable"), sign="[data-type=details]"),
    "out of a callout": Case(
        f"<p>first words</p>{CALLOUT}<p>the third</p>",
        keys("Backspace"),
        sign=":not(:has([data-type=callout]))",
    ),
    "split": Case(THREE, keys("ArrowRight", "Enter"), sign="> p:nth-of-type(4)"),
    "join the next": Case(THREE, keys("End", "Delete"), sign=":not(:has(> p:nth-of-type(3)))"),
}
#: Tried with both connected, too.
ONLINE = CASES | {name: AWAY[name] for name in ("callout", "out of a callout", "join the next")}
#: Ann takes the block away that Bob writes in: his words stay, hers go.
TAKEN = {
    "line": Case(THREE, whole_line_deleted, sign=":not(:has(> p:nth-of-type(3)))"),
    "cut and pasted": Case(THREE, cut_and_pasted, sign="p"),
    "row": Case(TABLE, button("Delete row"), block=2, sign=":not(:has(tr + tr))"),
    "column": Case(TABLE, button("Delete column"), block=2, sign=":not(:has(td + td))"),
    "table": Case(TABLE, button("Delete table"), block=2, sign=":not(:has(table))"),
    "quote": Case(QUOTE, whole_line_deleted, sign="p"),
    "all": Case(THREE, keys("Control+a", "Delete"), sign=":not(:has(> p + p))"),
}


@pytest.fixture(scope="module")
def two(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[tuple[Stage, Person, Person]]:
    server: Server = Server(tmp_path_factory.mktemp("merging"))
    stage = Stage(World(server, PREPARE), browser)
    server.start()
    yield stage, stage.writer("ann"), stage.writer("bob")
    stage.close()


def begin(stage: Stage, html: str) -> None:
    ann, bob = stage.people
    ann.text.focus()
    ann.press("Control+a", "Delete", "Control+Alt+0")
    ann.paste(text_html=html)
    ann.press("Control+End")
    ann.is_saved()
    stage.all_equal()
    bob.is_saved()


def shown(person: Person, sign: str) -> None:
    expect(
        person.page.locator(
            f".ProseMirror {sign}" if sign[0] != ":" else f".ProseMirror{sign}"
        ).first
    ).to_be_visible()


@pytest.mark.parametrize("name", ONLINE)
def test_the_caret_goes_along(two: tuple[Stage, Person, Person], name: str) -> None:
    """What Bob types after Ann's act stands where he was."""
    stage, ann, bob = two
    case = ONLINE[name]
    begin(stage, case.html)
    target = "same" if case.html == SAME else "second ones"
    bob_block = 2 if case.html == TABLE else 1
    caret(bob, bob_block, 3)
    bob.type("Q")
    ann.shows(f"{target[:3]}Q{target[3:]}")
    caret(ann, case.block, 0)
    case.act(ann)
    shown(bob, case.sign)
    bob.type("Z")
    ann.shows("QZ")
    text = stage.all_equal()
    assert text.count("QZ") == 1
    if case.html != SAME:
        assert f"{target[:3]}QZ{target[3:]}" in text, text


@pytest.mark.parametrize("name", ONLINE)
def test_no_key_is_lost(two: tuple[Stage, Person, Person], name: str) -> None:
    """Bob types while Ann acts; whichever is first, all his keys stand in their words, in order."""
    stage, ann, bob = two
    case = ONLINE[name]
    begin(stage, case.html)
    caret(bob, 2 if case.html == TABLE else 1, 3)
    caret(ann, case.block, 0)
    bob.page.evaluate(WRITE_JS, KEYS)
    case.act(ann)
    shown(bob, case.sign)
    eventually(lambda: bob.page.evaluate("!window.writing"))
    target = "same" if case.html == SAME else "second ones"
    eventually(lambda: all(letter in ann.plain for letter in KEYS))
    text = stage.all_equal()
    assert f"{target[:3]}{KEYS}{target[3:]}" in text, text


def away(stage: Stage, case: Case) -> None:
    """Bob writes offline, Ann acts meanwhile, Bob comes back."""
    ann, bob = stage.people
    begin(stage, case.html)
    caret(bob, 2 if case.html == TABLE else 1, 3)
    bob.context.set_offline(True)
    bob.type("OFFLINE")
    caret(ann, case.block, 0)
    case.act(ann)
    shown(ann, case.sign)
    ann.is_saved()
    bob.context.set_offline(False)
    ann.shows("OFFLINE")
    bob.is_saved()


@pytest.mark.parametrize("name", AWAY)
def test_words_written_offline_stand_in_their_line(
    two: tuple[Stage, Person, Person], name: str
) -> None:
    """Whatever became of the line meanwhile, they stand where they were written, once."""
    stage, _, _ = two
    case = AWAY[name]
    away(stage, case)
    text = stage.all_equal()
    assert text.count("OFFLINE") == 1, text
    if case.html != SAME:
        assert "secOFFLINEond ones" in text.replace("\n", ""), text


@pytest.mark.parametrize("name", TAKEN)
def test_words_written_offline_outlive_their_block(
    two: tuple[Stage, Person, Person], name: str
) -> None:
    """Ann has taken the block away without having seen them."""
    stage, _, _ = two
    away(stage, TAKEN[name])
    assert stage.all_equal().count("OFFLINE") == 1


def reunited(stage: Stage, html: str, does: Act, act: Act, sign: str) -> str:
    """Bob does something in the second line offline, Ann acts on it meanwhile; Bob comes back."""
    ann, bob = stage.people
    begin(stage, html)
    bob.context.set_offline(True)
    expect(bob.status).to_contain_text("Offline")
    does(bob)
    caret(ann, 1, 0)
    act(ann)
    shown(ann, sign)
    ann.is_saved()
    bob.context.set_offline(False)
    shown(bob, sign)
    bob.is_saved()
    return stage.all_equal()


def test_what_was_deleted_offline_is_carried_along(two: tuple[Stage, Person, Person]) -> None:
    """The words that Bob took away are not there again because Ann has made the line a heading."""
    stage, ann, _ = two

    def takes_away(bob: Person) -> None:
        caret(bob, 1, 6)
        bob.press(*["Backspace"] * 4)

    reunited(stage, THREE, takes_away, keys("Control+Alt+2"), "h2")
    eventually(lambda: ann.plain == "first words\nse ones\nthe third")
    assert stage.all_equal() == "first words\nse ones\nthe third"


def test_typing_offline_at_the_end_of_a_line_that_is_split(
    two: tuple[Stage, Person, Person],
) -> None:
    """It stays at the end of the words; once he has seen the split, at the end of the first."""
    stage, ann, bob = two

    def types_at_the_end(bob: Person) -> None:
        caret(bob, 1, 11)
        bob.type("!")

    def splits(ann: Person) -> None:
        caret(ann, 1, 6)
        ann.press("Enter")

    reunited(stage, THREE, types_at_the_end, splits, "> p:nth-of-type(4)")
    eventually(lambda: ann.plain == "first words\nsecond\n ones!\nthe third")
    caret(bob, 1, 6)
    bob.type("?")
    eventually(lambda: ann.plain == "first words\nsecond?\n ones!\nthe third")
    bob.is_saved()
    assert stage.all_equal() == "first words\nsecond?\n ones!\nthe third"


def test_undo_takes_rescued_words_that_are_mine(two: tuple[Stage, Person, Person]) -> None:
    stage, ann, bob = two
    away(stage, Case(THREE, keys("Control+Alt+2"), sign="h2"))
    eventually(lambda: "OFFLINE" in bob.plain)
    bob.press("Control+z")
    eventually(lambda: ann.plain == "first words\nsecond ones\nthe third")
    bob.press("Control+Shift+z")
    eventually(lambda: ann.plain == "first words\nsecOFFLINEond ones\nthe third")
    bob.is_saved()
    stage.all_equal()


def test_twenty_changes_of_type_while_another_types(two: tuple[Stage, Person, Person]) -> None:
    """All keys are there, in the paragraph in which they were typed."""
    stage, ann, bob = two
    begin(stage, THREE)
    caret(bob, 1, 3)
    caret(ann, 1, 0)
    words = KEYS * 6
    bob.page.evaluate(WRITE_JS, words)
    for turn in range(20):
        ann.press(f"Control+Alt+{1 + turn % 3}")
    eventually(lambda: bob.page.evaluate("!window.writing"))
    for person in (ann, bob):
        person.is_saved()
    eventually(lambda: len(ann.plain) == len(bob.plain) >= len(words))
    first, second, third = stage.all_equal().split("\n")
    assert (first, third) == ("first words", "the third")
    assert sorted(second) == sorted("second ones" + words)
