"""Who is here: the awareness entries of a room. Held in memory only, never stored.

A stock client sends back every state that it received, so an entry for an id that is not the
sender's own is passed over, never a reason to close. The server says who a person is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from collab.lib0 import MAX_UINT
from collab.protocol.messages import AwarenessEntry
from collab.room.session import Identity, Session
from collab.types import ClientId, PeerId, UserId

#: The state of a client that has left.
GONE = "null"
#: Departures that a room remembers; who comes back later than so many others is shown at its next
#: renewal but one.
MAX_GONE = 1_000
#: How far what a client says of itself may be ahead of what the room knows of it. Programs count in
#: steps of one; one leap to the largest number would leave us, and whoever comes back under that
#: id, none to go on with.
MAX_LEAP = 2**31


@dataclass(frozen=True, slots=True)
class _Present:
    entry: AwarenessEntry
    user_id: UserId
    #: The peer in this process that announced it; None: a peer of another process.
    peer: PeerId | None
    seen_at: float


class Presence:
    """The awareness entries of one room."""

    def __init__(
        self, *, max_state_bytes: int, max_ids_per_peer: int, remote_timeout_s: float
    ) -> None:
        self._max_state_bytes = max_state_bytes
        self._max_ids_per_peer = max_ids_per_peer
        self._remote_timeout_s = remote_timeout_s
        self._present: dict[ClientId, _Present] = {}
        #: The clock of each departure that was told, the oldest first.
        self._gone: dict[ClientId, int] = {}

    def entries(self) -> tuple[AwarenessEntry, ...]:
        """Return the entry of everyone who is here."""
        return tuple(present.entry for present in self._present.values())

    def local_entries(self) -> tuple[tuple[AwarenessEntry, UserId], ...]:
        """Return the entries of this process's peers, with whose they are."""
        return tuple((p.entry, p.user_id) for p in self._present.values() if p.peer is not None)

    def has(self, client: ClientId) -> bool:
        """Return whether a connected replica shows itself under this id."""
        return client in self._present

    def announce(
        self, session: Session, entries: Iterable[AwarenessEntry], now: float
    ) -> list[AwarenessEntry]:
        """Take what ``session`` says of itself; return the entries to pass on."""
        changed = []
        # Of one client the last word counts: each costs a look into JSON.
        for entry in {entry.client_id: entry for entry in entries}.values():
            client = ClientId(entry.client_id)
            if not self._is_own(session, client):
                continue
            before = self._present.get(client)
            known = before.entry.clock if before is not None else self._gone.get(client, 0)
            said = min(entry.clock, known + MAX_LEAP)
            if entry.state == GONE:
                if before is not None:
                    changed.append(self._remove(client, said))
                continue
            state = self._stamped(entry.state, session.identity)
            if before is not None and said <= known:
                if before.entry.state == state and before.peer == session.peer:
                    continue  # what we told it of itself comes back
                clock = _after(known)
            else:
                clock = max(said, _after(self._gone.pop(client, -1)))
            stamped = AwarenessEntry(entry.client_id, clock, state)
            self._present[client] = _Present(stamped, session.identity.user_id, session.peer, now)
            changed.append(stamped)
        return changed

    def _is_own(self, session: Session, client: ClientId) -> bool:
        held = self._present.get(client)
        if client in session.own_ids:
            return held is None or held.peer in (session.peer, None)
        if held is not None and held.user_id != session.identity.user_id:
            return False
        if held is not None and held.peer is not None and session.own_ids:
            # The same person's other connection holds it, and this one has an id: it echoes.
            return False
        if len(session.own_ids) >= self._max_ids_per_peer:
            return False
        session.own_ids.append(client)
        return True

    def _stamped(self, state: str, identity: Identity) -> str:
        """Return ``state`` with the server's word on who this is.

        What is too large, or no object, is left out: the person is here all the same.
        """
        try:
            value = json.loads(state) if len(state.encode()) <= self._max_state_bytes else {}
            if not isinstance(value, dict):
                value = {}
            value["user"] = identity.shown()
            stamped = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            # "\ud800" and NaN are JSON for Python only: what browsers cannot read, none is given.
            stamped.encode()
        except (ValueError, RecursionError):
            return self._stamped("{}", identity)
        return stamped

    def leave(self, session: Session) -> list[AwarenessEntry]:
        """Remove what ``session`` announced; return the entries that say so."""
        return [
            self._remove(client)
            for client in session.own_ids
            if client in self._present and self._present[client].peer == session.peer
        ]

    def receive_remote(
        self, entries: Iterable[tuple[AwarenessEntry, UserId]], now: float
    ) -> list[AwarenessEntry]:
        """Take what another process says of its peers; return the entries to pass on."""
        changed = []
        for entry, user_id in entries:
            client = ClientId(entry.client_id)
            before = self._present.get(client)
            if before is not None and before.entry.clock > entry.clock:
                continue
            if entry.state == GONE:
                # A peer that moved here from there is present; its departure there is old news.
                if before is None or before.peer is not None:
                    continue
                del self._present[client]
                self._note_gone(client, entry.clock)
            else:
                self._present[client] = _Present(entry, user_id, None, now)
            changed.append(entry)
        return changed

    def expire(self, now: float) -> list[AwarenessEntry]:
        """Remove peers of other processes that were not heard of for too long."""
        return [
            self._remove(client)
            for client, present in list(self._present.items())
            if present.peer is None and now - present.seen_at > self._remote_timeout_s
        ]

    def _remove(self, client: ClientId, clock: int = 0) -> AwarenessEntry:
        entry = self._present.pop(client).entry
        told = AwarenessEntry(entry.client_id, max(clock, _after(entry.clock)), GONE)
        self._note_gone(client, told.clock)
        return told

    def _note_gone(self, client: ClientId, clock: int) -> None:
        """Remember what everybody was told: who comes back does not know it.

        A client that lost its network goes on with its own clock, and what it says of itself would
        be older for the others than its departure. It is told with the clock after that.
        """
        self._gone.pop(client, None)
        self._gone[client] = clock
        if len(self._gone) > MAX_GONE:
            del self._gone[next(iter(self._gone))]


def _after(clock: int) -> int:
    """Return the next clock; behind the largest that can be sent there is none."""
    return min(clock + 1, MAX_UINT)
