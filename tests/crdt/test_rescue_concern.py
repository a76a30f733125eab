"""Which updates the law of merging is asked about, by the gate's index alone."""

from __future__ import annotations

import pytest

from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.rescue_concern import MAX_DYING, concern
from collab.crdt.update import decode_update
from collab.types import Update
from tests.crdt.sessions import Writer
from tests.history.merging import restyle
from tests.history.scenes import line, paragraph


class Log:
    """A gate that lets in what writers send, and says what is of concern."""

    def __init__(self) -> None:
        self.gate = Gate(GateLimits())
        for _ in self.gate.index(Update(b"\0\0")):
            pass
        self.ann, self.bob = Writer(3_000_000_000), Writer(3_000_000_001)
        self.ann.body.children.append(paragraph("hello world"))
        self.send(self.ann, is_heard=True)

    def send(self, writer: Writer, *, is_heard: bool = False) -> list[bool]:
        """Let in what somebody did; return of each update whether it is of concern."""
        updates = list(writer.sent)
        writer.sent.clear()
        for update in updates if is_heard else ():
            other = self.bob if writer is self.ann else self.ann
            other.hear(update)
        return [self._take(update) for update in updates]

    def _take(self, update: Update) -> bool:
        decoded = decode_update(update)
        verdict = self.gate.check(decoded)
        assert isinstance(verdict, Accepted)
        is_asked = concern(decoded, verdict, self.gate.structs)
        self.gate.admit(verdict)
        return is_asked


def test_what_meets_no_deletion_is_of_none() -> None:
    log = Log()
    line(log.ann).insert(5, "x")
    line(log.bob).insert(5, "y")
    del line(log.ann)[0:2]
    log.ann.body.children.append(paragraph("more"))
    assert not any(log.send(log.ann) + log.send(log.bob))


@pytest.mark.parametrize("is_restyled_first", [True, False])
def test_a_letter_in_a_block_that_another_makes_anew_is(is_restyled_first: bool) -> None:
    """Whichever of the two comes later."""
    log = Log()
    restyle(log.ann)
    line(log.bob).insert(5, "y")
    if is_restyled_first:
        log.send(log.ann)
        assert log.send(log.bob) == [True]
    else:
        log.send(log.bob)
        assert log.send(log.ann) == [True]


def test_a_block_in_one_that_is_gone_is() -> None:
    log = Log()
    del log.ann.body.children[0]
    block = log.bob.body.children[0]
    block.children.append(paragraph("inside"))  # type: ignore[union-attr]
    log.send(log.ann)
    assert log.send(log.bob) == [True]


def test_a_deletion_of_what_another_has_carried_away_is() -> None:
    log = Log()
    restyle(log.ann)
    del line(log.bob)[0:5]
    log.send(log.ann)
    assert log.send(log.bob) == [True]


def test_a_letter_between_two_that_are_gone_is() -> None:
    log = Log()
    del line(log.ann)[0:11]
    line(log.bob).insert(5, "y")
    log.send(log.ann)
    assert log.send(log.bob) == [True]


def test_what_is_dead_is_found_anew_after_each_deletion() -> None:
    """The index remembers which types are alive."""
    log = Log()
    line(log.bob).insert(5, "y")
    assert log.send(log.bob) == [False]
    line(log.bob).insert(6, "z")
    restyle(log.ann)
    log.send(log.ann)
    assert log.send(log.bob) == [True]


def test_a_deletion_of_very_many_blocks_is_left_to_the_look() -> None:
    """The question is asked on the event loop; to look into ten thousand blocks takes 50 ms."""
    log = Log()
    with log.ann.doc.transaction():
        for _ in range(MAX_DYING):
            log.ann.body.children.append(paragraph("x"))
    log.send(log.ann)
    with log.ann.doc.transaction():
        del log.ann.body.children[1 : MAX_DYING // 4]
    assert log.send(log.ann) == [False]
    with log.ann.doc.transaction():
        del log.ann.body.children[1 : MAX_DYING // 2 + 100]
    assert log.send(log.ann) == [True]
