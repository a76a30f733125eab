"""The messages of the document socket, as values."""

from __future__ import annotations

from dataclasses import dataclass

from collab.types import StateVector, Update


@dataclass(frozen=True, slots=True)
class SyncStep1:
    """What the sender has seen."""

    state_vector: StateVector


@dataclass(frozen=True, slots=True)
class SyncStep2:
    """What the receiver lacked, by its sync step 1."""

    update: Update


@dataclass(frozen=True, slots=True)
class SyncUpdate:
    """A live update."""

    update: Update


@dataclass(frozen=True, slots=True)
class AwarenessEntry:
    """One client's state, as JSON text; ``null`` when it has left."""

    client_id: int
    clock: int
    state: str


@dataclass(frozen=True, slots=True)
class Awareness:
    """States of clients."""

    entries: tuple[AwarenessEntry, ...]


@dataclass(frozen=True, slots=True)
class QueryAwareness:
    """Asks for all states."""


@dataclass(frozen=True, slots=True)
class PermissionDenied:
    """A write was not taken."""

    reason: str


@dataclass(frozen=True, slots=True)
class Saved:
    """The first ``frames`` update-carrying frames of this connection are committed."""

    frames: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks for a pong with the same token."""

    token: int


@dataclass(frozen=True, slots=True)
class Pong:
    """Answers a ping."""

    token: int


@dataclass(frozen=True, slots=True)
class Event:
    """JSON text from the server to the page."""

    payload: str


@dataclass(frozen=True, slots=True)
class Signal:
    """JSON text between browsers that set up a direct channel."""

    payload: str


@dataclass(frozen=True, slots=True)
class Chat:
    """JSON text of the chat."""

    payload: str


@dataclass(frozen=True, slots=True)
class EditNote:
    """What a page says of its updates: how far it has seen the log, and whether one is an undo.

    ``upto`` holds for all frames behind it, ``is_undo`` for the next update-carrying one.
    """

    upto: int
    is_undo: bool


Message = (
    SyncStep1
    | SyncStep2
    | SyncUpdate
    | Awareness
    | QueryAwareness
    | PermissionDenied
    | Saved
    | Ping
    | Pong
    | Event
    | Signal
    | Chat
    | EditNote
)
