"""Numbers that yrs hands on as others: what ``manage.py verify`` counts is what happens."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from pycrdt import Doc

from collab.crdt.changed import changed_values
from collab.crdt.contents import BigInt, NegativeZero, read_contents
from collab.lib0 import string, uint
from collab.types import Update

BIG = [0, 1, -1, 2**31, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**60, 2**60 + 1]
BIG += [2**63 - 1, 2**63 - 2, 2**63 - 1024, -(2**63), -(2**63) + 1]
VALUES = [b"\x7a" + struct.pack(">q", value) for value in BIG]
VALUES += [b"\x7b" + struct.pack(">d", x) for x in (-0.0, 1e300, 2.0**53 + 2, 2.0**60, math.nan)]
VALUES += [b"\x7c" + struct.pack(">f", x) for x in (-0.0, 0.5, -math.inf)]
VALUES += [
    b"\x7d\x40",
    b"\x7d\x00",
    b"\x7d\x45",
    b"\x77\x02z@",
    b"\x75\x01\x7d\x40",
    b"\x76\x01\x01a\x7d\x40",
]


def kinds(value: Any) -> str:
    """A value with what JavaScript would tell apart."""
    if isinstance(value, list):
        return str([kinds(each) for each in value])
    if isinstance(value, dict):
        return str({key: kinds(each) for key, each in value.items()})
    if isinstance(value, BigInt | str):
        return repr((type(value), value))
    number = -0.0 if isinstance(value, NegativeZero) else float(value)
    return repr((number, math.copysign(1, number)))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.hex())
def test_a_value_is_counted_exactly_where_it_changes(value: bytes) -> None:
    """In a list; what comes out is read from the bytes of pycrdt's state."""
    sent = Update(
        uint(1) + uint(1) + uint(5) + uint(0) + b"\x08\x01" + string("t") + b"\x01" + value + b"\0"
    )
    doc: Doc[Any] = Doc()
    doc.apply_update(sent)
    (before,), _deletes = read_contents(sent)
    (after,), _deletes = read_contents(Update(doc.get_update()))
    assert changed_values(sent) == (kinds(before.value) != kinds(after.value))
