"""Marks that are on nothing: what deleted text leaves behind, with the address of its link.

Yjs deletes the text and keeps the items that switch its marks on and off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collab.crdt.contents import read_contents
from collab.crdt.order import Item, Order
from collab.crdt.update import EMBED, FORMAT, STRING, TYPE, XML_TEXT, Id
from collab.lib0 import uint
from collab.types import Update


def idle_formats(state: Update) -> Iterator[Id]:
    """Yield the items that switch a mark on over no text at all.

    Raises:
        UpdateError: the state is none that the gate has let in.
    """
    contents, deletes = read_contents(state)
    order = Order(contents, deletes)
    for content in contents:
        if content.ref == TYPE and content.value[0] == XML_TEXT:
            yield from _idle(order.list_of((content.client, content.clock)))


def _idle(items: Iterable[Item]) -> Iterator[Id]:
    waiting: dict[str, Item] = {}
    for item in items:
        if item.is_deleted:
            continue
        if item.ref in (STRING, EMBED):
            waiting.clear()
        elif item.ref == FORMAT:
            name, value = item.value
            if name in waiting:
                yield waiting.pop(name).id
            if value is not None:
                waiting[name] = item
    yield from (item.id for item in waiting.values())


def deletion_of(ids: Iterable[Id]) -> Update:
    """Return the update that deletes single elements."""
    by_client: dict[int, list[int]] = {}
    for client, clock in sorted(ids):
        by_client.setdefault(client, []).append(clock)
    parts = [uint(0), uint(len(by_client))]
    for client, clocks in by_client.items():
        parts += [uint(client), uint(len(clocks))]
        parts += [uint(clock) + uint(1) for clock in clocks]
    return Update(b"".join(parts))
