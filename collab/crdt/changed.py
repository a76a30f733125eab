"""Values that yrs hands on as others than were sent; docs/protocol.md names them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from collab.crdt.contents import BigInt, NegativeZero, read_contents
from collab.crdt.update import ANY, DOC, UpdateError
from collab.types import Update

#: Bytes that such an update has: of a BigInt, of the integer -0, of the options of a subdocument.
_SIGNS = (b"\x7a", b"\x7d\x40", b"meta")


def changed_values(update: Update) -> int:
    """Return how many values of an update yrs hands on as others."""
    if not any(update.find(sign) >= 0 for sign in _SIGNS):
        return 0
    try:
        contents, _deletes = read_contents(update)
    except UpdateError:
        return 0
    count = 0
    for each in contents:
        if each.ref == ANY:
            count += sum(_is_changed(value) for value in _flat(each.value))
        elif each.ref == DOC and isinstance(each.value[1], dict):
            count += "meta" in each.value[1]
    return count


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _flat(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _flat(each)
    else:
        yield value


def _is_changed(value: Any) -> bool:
    if isinstance(value, BigInt):
        # It becomes a number where a float of 64 bits is as large. Rust's conversion back ends at
        # the largest integer, so that this one passes for exact.
        return min(int(float(value)), 2**63 - 1) == value
    # Only an integer is -0 here: a float keeps its sign.
    return isinstance(value, NegativeZero)
