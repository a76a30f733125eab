"""What a rescuer knows, as bytes: a log need not be read again from its first record.

The form is private to one version of this code: JSON, in zlib, of lists of plain values. Items are
told list by list, in their order, so that nothing has to be put in order again.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from collab.crdt.rescue_items import Item, Items
from collab.crdt.rescue_ranges import RangeMap
from collab.crdt.rescue_seen import Witnesses
from collab.crdt.update import STRING, Id

#: Changes with what a dump means.
VERSION = 3


class DumpError(ValueError):
    """The bytes are no dump of this version: the log is to be read from its first record."""


def dumped(
    seq: int, items: Items, targets: RangeMap, instead: dict[Id, Id], witnesses: Witnesses
) -> bytes:
    """Return all that a rescuer knows."""
    whole = {
        "version": VERSION,
        "seq": seq,
        "lists": [
            [parent, key, [_row(item) for item in _in_a_row(first)]]
            for (parent, key), first in items.first.items()
        ],
        # What was collected before it came here stands in no list.
        "loose": [
            _row(item)
            for found in items.of_client.values()
            for item in found
            if item.parent is None
        ],
        "keys": [[parent, keys] for parent, keys in items.keys.items()],
        "targets": list(targets.entries()),
        "instead": list(instead.items()),
        "witnesses": [
            witnesses.seqs,
            witnesses.clients,
            witnesses.clocks,
            witnesses.waiting,
            witnesses.told,
            list(witnesses.again.entries()),
            witnesses.killers,
            list(witnesses.killed.entries()),
        ],
    }
    return zlib.compress(json.dumps(whole, separators=(",", ":")).encode(), 1)


def undumped(dump: bytes) -> tuple[int, Items, RangeMap, dict[Id, Id], Witnesses]:
    """Return what ``dumped`` was given.

    Raises:
        DumpError: the bytes are something else.
    """
    try:
        whole = json.loads(zlib.decompress(dump))
        if whole["version"] != VERSION:
            raise DumpError("another version")
        return _read(whole)
    except (zlib.error, ValueError, KeyError, TypeError, IndexError) as error:
        raise DumpError(f"no dump: {error}") from error


def _read(whole: dict[str, Any]) -> tuple[int, Items, RangeMap, dict[Id, Id], Witnesses]:
    items = Items()
    found: list[Item] = [_item(row, None, None) for row in whole["loose"]]
    for parent, key, rows in whole["lists"]:
        place = tuple(parent) if isinstance(parent, list) else parent
        last: Item | None = None
        for row in rows:
            item = _item(row, place, key)
            if last is None:
                items.first[place, key] = item
            else:
                last.right, item.left = item, last.last
            last = item
            found.append(item)
        if last is not None:
            items.last[place, key] = last
    found.sort(key=lambda item: (item.client, item.clock))
    for item in found:
        items.of_client.setdefault(item.client, []).append(item)
        items.starts.setdefault(item.client, []).append(item.clock)
    for parent, keys in whole["keys"]:
        items.keys[tuple(parent) if isinstance(parent, list) else parent] = keys
    targets = RangeMap()
    for client, clock, length, other, at in whole["targets"]:
        targets.put((client, clock), length, (other, at))
    instead = {(a, b): (c, d) for (a, b), (c, d) in whole["instead"]}
    witnesses = Witnesses()
    (
        witnesses.seqs,
        witnesses.clients,
        witnesses.clocks,
        witnesses.waiting,
        told,
        again,
        killers,
        killed,
    ) = whole["witnesses"]
    witnesses.told = [tuple(each) for each in told]
    witnesses.killers = [(rescuer, tuple(at) if at else None) for rescuer, at in killers]
    for client, clock, length, other, at in again:
        witnesses.again.put((client, clock), length, (other, at))
    for client, clock, length, other, at in killed:
        witnesses.killed.put((client, clock), length, (other, at))
    return whole["seq"], items, targets, instead, witnesses


def _in_a_row(item: Item | None) -> Iterator[Item]:
    while item is not None:
        yield item
        item = item.right


def _row(item: Item) -> list[Any]:
    value = item.text if item.ref == STRING else item.content.decode("latin-1")
    return [
        item.client,
        item.clock,
        item.length,
        item.ref,
        *_flat((item.origin, item.right_origin)),
        item.by,
        value,
        item.kind,
        item.name,
    ]


def _flat(ids: Iterable[Id | None]) -> Iterator[int]:
    for each in ids:
        yield from each if each is not None else (-1, -1)


def _item(row: list[Any], parent: str | Id | None, key: str | None) -> Item:
    client, clock, length, ref, one, at, other, there, by, value, kind, name = row
    item = Item(client, clock, length, ref)
    if one >= 0:
        item.origin = (one, at)
    if other >= 0:
        item.right_origin = (other, there)
    item.parent, item.key, item.by, item.kind, item.name = parent, key, by, kind, name
    item.value = value if ref == STRING else value.encode("latin-1")
    return item
