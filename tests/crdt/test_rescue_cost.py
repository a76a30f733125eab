"""What a record costs the law of merging grows with the record, and not with the block it is in.

Counted, not timed. The block was written in many pieces, of each of which something is erased.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from pycrdt import XmlText

from collab.crdt.rescue import RescueInput, Rescuer
from collab.types import Seq, Update
from tests.cost import growth_of
from tests.crdt.test_rescue import DOCUMENT, Person

Act = Callable[[XmlText, XmlText], None]
#: A logarithm of the size, and what is now and then done in between.
NEARLY_NOTHING = 0.25
SIZES = (64, 256, 1024)


def erase(text: XmlText, other: XmlText) -> None:
    """Backspace in the middle."""
    at = len(text) // 2
    del text[at : at + 1]


def replace(text: XmlText, other: XmlText) -> None:
    """A letter in the place of another."""
    at = len(text) // 2
    del text[at : at + 1]
    text.insert(at, "!")


def many(text: XmlText, other: XmlText) -> None:
    """What gathers while a line is slow: here and there some are typed and erased."""
    for at in (2, len(text) // 2, len(text) - 4):
        text.insert(at, "abc")
        del text[at + 1 : at + 2]
        text.insert(at + 1, "d")


def between_dead(text: XmlText, other: XmlText) -> None:
    """Typed, and what is on the right erased: it stands between what is dead."""
    at = len(text) // 2
    del text[at - 1 : at]
    text.insert(at - 1, "?")
    del text[at : at + 1]


def in_two_blocks(text: XmlText, other: XmlText) -> None:
    """Erased in one, typed in another: it could have been carried."""
    at = len(text) // 2
    del text[at + 9 : at + 12]
    del text[at : at + 1]
    other.insert(3, "uvw")


def written(size: int, *, has_break: bool, act: Act) -> tuple[bytes, Update]:
    """Return what the law knows of a block in so many pieces, and what ``act`` does in it."""
    ann, rescuer = Person(1), Rescuer(DOCUMENT)
    ann.write(0, "paragraph", "begin and end")
    ann.write(1, "paragraph", "another")
    text = ann.text(0)
    with ann.doc.transaction():
        for _ in range(size):
            text.insert(len(text) - 4, "xyz")
    with ann.doc.transaction():
        for place in range(size):
            del text[6 + 2 * place : 7 + 2 * place]
    if has_break:
        # What stood at the end is carried away: letters could have to go after it.
        with ann.doc.transaction():
            del text[len(text) - 4 :]
            ann.write(2, "paragraph", " end")
    for seq, update in enumerate(ann.sent, start=1):
        rescuer.take(RescueInput(Seq(seq), update))
    ann.sent.clear()
    with ann.doc.transaction():
        act(text, ann.text(1))
    return rescuer.dump(), ann.sent[0]


def take(dump: bytes, update: Update) -> Callable[[], object]:
    rescuer = Rescuer.restored(DOCUMENT, dump)
    return partial(rescuer.take, RescueInput(Seq(rescuer.seq + 1), update))


@pytest.mark.parametrize("has_break", [False, True])
@pytest.mark.parametrize("act", [erase, replace, many, between_dead, in_two_blocks])
def test_a_record_costs_what_it_touches(act: Act, has_break: bool) -> None:
    def make(size: int) -> list[Callable[[], object]]:
        known = written(size, has_break=has_break, act=act)
        return [take(*known) for _ in range(3)]

    found, costs = growth_of(make, lambda works: works.pop()(), SIZES)
    assert found <= NEARLY_NOTHING or costs[-1] < 2 * costs[0], (found, costs)
