"""Children put into blocks that have very many, and taken out of them: by ids, in one pass.

yrs is told a place, and walks to it from the first child: so many changes among so many children
cost the product of both. A hundred thousand lines took minutes. Where the walk would be long, what
is put in is encoded, and what is taken out named by its ids: the cost is that of the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from collab.crdt.contents import read_contents
from collab.crdt.encode import Put, encode_changes
from collab.crdt.index import BODY
from collab.crdt.order import Order
from collab.crdt.update import TYPE, Id
from collab.richtext.tree import Node
from collab.types import ClientId, Update

#: Children that yrs may walk over for the changes in one block: some 30 ms.
MAX_WALKED = 1_000_000

#: The place of a block before the edit: of the child of the body, of that one's child, and so on.
Way = tuple[int, ...]


def walked_by(node: Node) -> int:
    """Return how many children yrs walks over to write a node child by child."""
    return len(node.content) ** 2 + sum(walked_by(child) for child in node.content)


class FarChanges:
    """Changes that are written by ids, when all others are.

    Args:
        state: of the document before the edit.
    """

    def __init__(self, state: Update) -> None:
        self._state = state
        self._children: dict[str | Id, list[Id]] = {}
        self._puts: list[Put] = []
        self._deleted: list[Id] = []

    def within(self, way: Way) -> FarList:
        """Return the children of the block that stands there.

        Raises:
            UpdateError: the state has something that yrs reads and we do not.
        """
        parent: str | Id = BODY
        for place in way:
            parent = self._children_of(parent)[place]
        return FarList(parent, self._children_of(parent))

    def add(self, changed: FarList) -> None:
        """Note what was put in and taken out."""
        puts, deleted = changed.changes()
        self._puts += puts
        self._deleted += deleted

    def update(self, client_id: ClientId, clock: int) -> Update | None:
        """Return the changes as this client makes them, from this clock on; None: there are none.

        They are to be applied: what is in an element that is deleted is not named.
        """
        if not self._puts and not self._deleted:
            return None
        return encode_changes(self._puts, self._deleted, client_id, clock)

    @cached_property
    def _order(self) -> Order:
        return Order(*read_contents(self._state))

    def _children_of(self, parent: str | Id) -> list[Id]:
        found = self._children.get(parent)
        if found is None:
            found = self._children[parent] = [
                item.id
                for item in self._order.list_of(parent)
                if item.ref == TYPE and not item.is_deleted
            ]
        return found


class FarList:
    """The children of one block; places are those before the edit."""

    def __init__(self, parent: str | Id, ids: list[Id]) -> None:
        self._parent = parent
        self._ids = ids
        self._put: dict[int, list[Sequence[Node]]] = {}
        self._taken: list[Id] = []

    def __len__(self) -> int:
        """Return how many children there are before the edit."""
        return len(self._ids)

    def put(self, place: int, nodes: Sequence[Node]) -> None:
        """Put nodes before the child at ``place``, and before those that were put there earlier."""
        self._put.setdefault(place, []).append(nodes)

    def take(self, place: int, width: int) -> None:
        """Take children out."""
        self._taken += self._ids[place : place + width]

    def changes(self) -> tuple[list[Put], list[Id]]:
        """Return what was put in, and what was taken out."""
        puts = []
        for place, groups in self._put.items():
            nodes = [node for group in reversed(groups) for node in group]
            origin = self._ids[place - 1] if place else None
            right_origin = self._ids[place] if place < len(self._ids) else None
            puts.append(Put(self._parent, nodes, origin, right_origin))
        return puts, self._taken
