"""Who has how many sockets in this process: no person and no address takes the others' places.

A share of the places, in each room and in the process, is kept for people who belong to the
document: guests and others who came by a link cannot take the last of them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from collab.protocol.close_codes import CloseCode
from collab.realtime.admission import Admitted, Turned
from collab.types import DocumentId, UserId

if TYPE_CHECKING:
    from collab.realtime.config import RealtimeConfig

#: A person by number, or an address by its text; with a room's id, in that room.
_Key = tuple[object, ...]


class Crowd:
    """Counts the sockets of one process. Each look is a few dictionary reads."""

    def __init__(self, config: RealtimeConfig) -> None:
        self._config = config
        self._counts: Counter[_Key] = Counter()
        #: Sockets in all rooms.
        self.size = 0

    def refusal_at_door(self, address: str) -> Turned | None:
        """Return why there is no place for anybody, or anybody from there; asks nothing else."""
        config = self._config
        if self.size >= config.max_peers:
            return _turned("too many connections to this server")
        if self._counts[address,] >= config.max_peers_per_address:
            return _turned("too many connections from your network")
        return None

    def refusal(self, admitted: Admitted, in_room: int) -> Turned | None:
        """Return why there is no place for this peer, in the process or in its room.

        Args:
            in_room: sockets in the room.
        """
        config = self._config
        if (turned := self.refusal_at_door(admitted.address)) is not None:
            return turned
        if in_room >= config.max_peers_per_room:
            return _turned("too many connections to this document")
        if not admitted.is_member:
            if self.size >= _without_share(config.max_peers, config.members_share):
                return _turned("the last places on this server are for members")
            if in_room >= _without_share(config.max_peers_per_room, config.members_share):
                return _turned("the last places in this document are for its members")
        room, person, address = admitted.document_id, admitted.identity.user_id, admitted.address
        for key, most, reason in (
            ((person,), config.max_peers_per_person, "you have too many connections"),
            (
                (room, person),
                config.max_room_peers_per_person,
                "you have too many connections to this document",
            ),
            (
                (room, address),
                config.max_room_peers_per_address,
                "too many connections to this document from your network",
            ),
        ):
            if self._counts[key] >= most:
                return _turned(reason)
        return None

    def add(self, room: DocumentId, person: UserId, address: str) -> None:
        """A peer has joined its room."""
        self.size += 1
        self._counts.update(_keys(room, person, address))

    def remove(self, room: DocumentId, person: UserId, address: str) -> None:
        """A peer that was added is gone."""
        self.size -= 1
        for key in _keys(room, person, address):
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]


def _keys(room: DocumentId, person: UserId, address: str) -> tuple[_Key, ...]:
    """Return under what a peer is counted: its person and its address, here and in the room."""
    return ((person,), (address,), (room, person), (room, address))


def _without_share(places: int, share: float) -> int:
    """Return how many of the places are for anybody."""
    return max(1, int(places * (1 - share)))


def _turned(reason: str) -> Turned:
    return Turned(CloseCode.TRY_AGAIN, reason)
