"""Three people type into one paragraph while a program edits it by REST: every word stays, once."""

from __future__ import annotations

import os
import random
import re
import secrets
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.e2e.conftest import Person, Stage
from tests.system.conftest import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

ROUNDS = 6
#: A run that failed is repeated by the seed that it printed.
SEED = int(os.environ.get("TEST_SEED", "0")) or secrets.randbits(32)
BEGIN = "The quick red brown fox jumps high over the lazy old dog and goes home."
#: Each person has a word to write behind, key by key; whoever puts the caret into a word that is
#: being typed parts it, by REST as by hand.
PLACES = ("quick", "jumps", "lazy")
#: The program's are in front of these.
PROGRAM_PLACES = ("brown", "fox", "over", "the", "dog", "and", "goes", "home")
CARET_JS = """(word) => {
  const page = document.querySelector(".ProseMirror");
  const walk = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const at = walk.currentNode.data.indexOf(word);
    if (at >= 0) return getSelection().collapse(walk.currentNode, at + word.length);
  }
  throw new Error(`no ${word}`);
}"""


class Program:
    """Reads the document as Markdown, changes it, sends it back on the base that it read."""

    def __init__(self, stage: Stage, dice: random.Random) -> None:
        self._stage, self._dice = stage, dice
        self._url = (
            f"http://127.0.0.1:{stage.world.server.port}/api/v1/documents/{stage.document}/content"
        )
        self.written: list[str] = []
        self.changed = "brown"
        self._read: tuple[str, str] | None = None

    def _ask(self, method: str, body: str = "", **headers: str) -> tuple[str, str]:
        request = urllib.request.Request(
            f"{self._url}?format=markdown",
            method=method,
            data=body.encode() if body else None,
            headers={
                "Authorization": f"Bearer {self._stage.world.tokens['ann']}",
                "Content-Type": "text/markdown",
                **headers,
            },
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode(), answer.headers["ETag"]

    def begin(self) -> None:
        self._ask("PATCH", BEGIN, **{"If-Match": "*"})

    def read(self) -> None:
        self._read = self._ask("GET")

    def write(self) -> None:
        """Add a word and change another one, in what was read some while ago."""
        assert self._read
        content, etag = self._read
        new, changed = (f"{stem}{len(self.written)}" for stem in ("rest", "brown"))
        before = self._dice.choice(PROGRAM_PLACES).replace("brown", self.changed)
        wanted, added = re.subn(rf"\b{before}\b", f"{new} {before}", content)
        wanted, replaced = re.subn(rf"\b{self.changed}\b", changed, wanted)
        assert added == replaced == 1, content
        self._ask("PATCH", wanted, **{"If-Match": etag})
        self.written.append(new)
        self.changed = changed


def type_keys(person: Person, word: str, dice: random.Random, place: str) -> None:
    """Type a word key by key behind the person's place."""
    person.page.evaluate(CARET_JS, place)
    person.page.keyboard.type(f" {word}", delay=dice.choice([0, 5, 30]))


def put_anywhere(person: Person, word: str, dice: random.Random, _place: str) -> None:
    """Put a whole word, as an input method does, between any two words of anybody."""
    person.press(dice.choice(["Control+Home", "Control+End"]))
    for _ in range(dice.randrange(8)):
        person.press(dice.choice(["Control+ArrowLeft", "Control+ArrowRight"]))
    person.page.keyboard.insert_text(f" {word} ")


def words_of(text: str) -> Counter[str]:
    return Counter(re.findall(r"[A-Za-z]+[0-9]+[a-z]*", text))


@pytest.mark.parametrize("repetition", range(2))
@pytest.mark.parametrize("enter", [type_keys, put_anywhere])
def test_every_word_of_all_of_them_is_there_once(
    stage: Stage, enter: Callable[[Person, str, random.Random, str], None], repetition: int
) -> None:
    seed = SEED + repetition
    print(f"TEST_SEED={seed}")  # noqa: T201  # to repeat a run that failed
    dice = random.Random(seed)
    people = [stage.writer(name) for name in ("ann", "bob", "ann")]
    program = Program(stage, dice)
    program.begin()
    for person in people:
        person.shows("goes home")
        person.text.click()
    typed: list[str] = []
    for turn in range(ROUNDS):
        program.read()
        turns = [*range(len(people)), -1]
        dice.shuffle(turns)
        for who in turns:
            people[0].page.wait_for_timeout(dice.uniform(0, 80))
            if who < 0:
                program.write()
            else:
                typed.append(f"{'abc'[who]}{turn}{'xyz'[who]}")
                enter(people[who], typed[-1], dice, PLACES[who])
    wanted = Counter([*typed, *program.written, program.changed])
    with suppress(AssertionError):
        eventually(lambda: all(words_of(person.plain) == wanted for person in people))
    for person in people:
        assert words_of(person.plain) == wanted, person.plain
        person.is_saved()
    text = stage.all_equal()
    assert "\n" not in text.strip(), "one paragraph it was, and stays"
    assert words_of(stage.content("markdown")) == wanted
    assert stage.content("text").strip() == text.strip()
    for person in people:
        person.page.reload()
        person.is_saved()
    assert stage.all_equal() == text
