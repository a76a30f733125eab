"""What travels between processes. The log is the truth: any of these may be lost or come twice.

Channel layers carry plain dictionaries, so each event states its own form on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, assert_never
from uuid import UUID

from collab.types import DocumentId, Seq, UserId

#: Records that one event may carry; a larger batch is read from the log.
MAX_EVENT_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class RecordsCommitted:
    """Records ``first .. last`` are in the log. ``records`` holds them as (update, author, client
    ids, is relayed), or is empty when they were too many to carry: then the log is to be read."""

    document_id: DocumentId
    first: Seq
    last: Seq
    records: tuple[tuple[bytes, int | None, tuple[int, ...], bool], ...]


@dataclass(frozen=True, slots=True)
class AwarenessChanged:
    """Awareness entries (client id, clock, state as JSON, user id) of peers in another process."""

    document_id: DocumentId
    entries: tuple[tuple[int, int, str, int], ...]


@dataclass(frozen=True, slots=True)
class AwarenessWanted:
    """A process has opened the room and asks the others who is there."""

    document_id: DocumentId


@dataclass(frozen=True, slots=True)
class AccessChanged:
    """The rights of ``user_id`` (None: of everybody) in the document must be looked up again.

    With ``EVERY_DOCUMENT`` in every open room: the person is suspended, has another password, or
    one of their sessions or tokens has ended.
    """

    document_id: DocumentId
    user_id: UserId | None


@dataclass(frozen=True, slots=True)
class TitleChanged:
    """The document has a new title."""

    document_id: DocumentId
    title: str


@dataclass(frozen=True, slots=True)
class PeerRemoved:
    """An administrator closes a person's sockets in the document."""

    document_id: DocumentId
    user_id: UserId


@dataclass(frozen=True, slots=True)
class RoomClosed:
    """The document's rooms are to be closed: peers come back to ones that are built anew."""

    document_id: DocumentId
    #: Whether text was erased from the history: pages throw away what they keep, and load again.
    has_erased: bool = False


BusEvent = (
    RecordsCommitted
    | AwarenessChanged
    | AwarenessWanted
    | AccessChanged
    | TitleChanged
    | PeerRemoved
    | RoomClosed
)


def to_wire(event: BusEvent, sender: str) -> dict[str, Any]:
    """Return ``event`` as a channel-layer message from process ``sender``."""
    head: dict[str, Any] = {"type": "bus.event", "from": sender, "doc": event.document_id.hex}
    match event:
        case RecordsCommitted():
            body: dict[str, Any] = {
                "kind": "records",
                "first": int(event.first),
                "last": int(event.last),
                "records": [list(record) for record in event.records],
            }
        case AwarenessChanged():
            body = {"kind": "awareness", "entries": [list(entry) for entry in event.entries]}
        case AwarenessWanted():
            body = {"kind": "awareness-wanted"}
        case AccessChanged():
            body = {"kind": "access", "user": event.user_id}
        case TitleChanged():
            body = {"kind": "title", "title": event.title}
        case PeerRemoved():
            body = {"kind": "peer-removed", "user": int(event.user_id)}
        case RoomClosed():
            body = {"kind": "room-closed", "erased": event.has_erased}
        case _:
            assert_never(event)
    return head | body


def from_wire(message: dict[str, Any]) -> BusEvent:
    """Return the event in a channel-layer message.

    Raises:
        ValueError: no kind that this version knows (a rolling update may send one).
    """
    document_id = DocumentId(UUID(hex=message["doc"]))
    match message["kind"]:
        case "records":
            return RecordsCommitted(
                document_id,
                Seq(message["first"]),
                Seq(message["last"]),
                tuple(
                    (bytes(update), author, tuple(clients), bool(is_relayed))
                    for update, author, clients, is_relayed in message["records"]
                ),
            )
        case "awareness":
            return AwarenessChanged(
                document_id,
                tuple((int(c), int(k), str(s), int(u)) for c, k, s, u in message["entries"]),
            )
        case "awareness-wanted":
            return AwarenessWanted(document_id)
        case "access":
            user = message["user"]
            return AccessChanged(document_id, None if user is None else UserId(int(user)))
        case "title":
            return TitleChanged(document_id, str(message["title"]))
        case "peer-removed":
            return PeerRemoved(document_id, UserId(int(message["user"])))
        case "room-closed":
            return RoomClosed(document_id, bool(message.get("erased")))
        case kind:
            raise ValueError(f"unknown bus event {kind!r}")
