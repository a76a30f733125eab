"""A log that has what the CRDT library cannot read: it opens, with all else that is in it."""

from __future__ import annotations

import pytest
from pycrdt import Doc, Text

from collab.crdt.doc import CrdtFailure, LiveDoc
from collab.crdt.past import advance
from collab.crdt.reader import read_updates
from collab.crdt.unreadable import NOTHING, sifted, without_unreadable
from collab.crdt.update import UpdateError, decode_update
from collab.lib0 import array, string, uint
from collab.types import Update
from tests.crdt.test_doc import typed


def formatted(value: bytes, client: int = 5) -> Update:
    """``x`` with a format of this JSON before it and ``y`` behind, in the text ``t``."""
    first = b"\x04\x01" + string("t") + string("x")
    mark = b"\xc6" if False else b"\x86"
    structs = [
        first,
        mark + uint(client) + uint(0) + string("id") + array(value),
        b"\x84" + uint(client) + uint(1) + string("y"),
    ]
    return Update(uint(1) + uint(3) + uint(client) + uint(0) + b"".join(structs) + uint(0))


def text_of(updates: list[Update]) -> str:
    document = LiveDoc.load_readable(updates)
    replica: Doc[Text] = Doc()
    text = replica.get("t", type=Text)
    replica.apply_update(document.diff())
    return str(text)


TOO_LARGE = [b"9223372036854775808", b"18446744073709551615", b'[1,{"a":9223372036854775808}]']
#: Integers that fit, or that yrs takes for floats.
TAKEN = [b"9223372036854775807", b"-9223372036854775808", b"-9223372036854775809", b"-0"]
TAKEN += [b"18446744073709551616", b"123456789012345678901234567890", b"1e19"]


@pytest.mark.parametrize("value", TOO_LARGE)
def test_integers_that_yrs_has_no_place_for_are_refused(value: bytes) -> None:
    """One of them, in 60 bytes, would end a document."""
    with pytest.raises(UpdateError):
        decode_update(formatted(value))
    with pytest.raises(CrdtFailure):
        LiveDoc.load([formatted(value)])


@pytest.mark.parametrize("value", TAKEN)
def test_integers_that_yrs_reads_are_taken(value: bytes) -> None:
    """Large ones are honest, too."""
    decode_update(formatted(value))
    assert text_of([formatted(value)]) == "xy"


@pytest.mark.parametrize("value", [*TOO_LARGE, b"NaN", b"[" * 200 + b"]" * 200, b'"\\ud800"'])
def test_what_cannot_be_read_is_deleted_and_all_else_is_there(value: bytes) -> None:
    """The words beside it, and what leans on them."""
    bad = formatted(value)
    later = Update(uint(1) + uint(1) + uint(5) + uint(3) + b"\x84\x05\x02" + string("z") + uint(0))
    before, after = typed("ab")[:1][0], formatted(b"1", client=6)
    log = [before, bad, later, after]
    taken, lost = sifted(log)
    assert lost == [1]
    assert taken[0] is before
    assert taken[2] is later
    assert sorted(text_of(log)) == sorted("a" + "xyz" + "xy")
    assert read_updates(log).content == ()
    assert advance(log)


def test_what_is_no_update_at_all_is_left_out() -> None:
    """Bytes that nothing can be read of."""
    log = [typed("a")[0], Update(b"\xff\xff\xff"), Update(b"")]
    assert sifted(log) == ([log[0], NOTHING, NOTHING], [1, 2])
    assert without_unreadable(Update(b"\x01\x01\x05\x00\x02\x01\x01t\x01\x011\x00")) != NOTHING
