"""Reports of the server processes, and what an administrator does to live rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from collab.audit.services import audit_record
from collab.bus.doorbell import ring_on_commit
from collab.bus.events import PeerRemoved, RoomClosed
from collab.documents.models import Document
from collab.operations.models import HourlyEdits, LiveRoom, ServerProcess
from collab.types import DocumentId, UserId

if TYPE_CHECKING:
    from collab.accounts.models import User

#: A process that was not heard of for this long is taken for gone.
GONE_AFTER = timedelta(seconds=30)
#: How long the chart of the dashboard looks back, and then some.
HOURS_KEPT = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class PeerReport:
    """One socket."""

    user_id: UserId
    name: str
    access: str
    since: datetime


@dataclass(frozen=True, slots=True)
class RoomReport:
    """One open document."""

    document_id: DocumentId
    opened_at: datetime
    peers: tuple[PeerReport, ...]
    seq: int
    waiting_updates: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ProcessReport:
    """What a process says of itself."""

    process_id: str
    host: str
    pid: int
    started_at: datetime
    memory_bytes: int
    waiting_updates: int
    log_lag_ms: int
    loop_lag_ms: int
    #: Records that this process committed since its last report.
    new_records: int
    rooms: Sequence[RoomReport]
    #: Work that ended and should go on: {name: {"count", "why", "is_stopped"}}.
    ended_work: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


@transaction.atomic
def process_report(report: ProcessReport) -> None:
    """Put what a process says of itself in the place of what it said before."""
    now = timezone.now()
    ServerProcess.objects.filter(seen_at__lt=now - GONE_AFTER).delete()
    process, _made = ServerProcess.objects.update_or_create(
        id=report.process_id,
        defaults={
            "host": report.host,
            "pid": report.pid,
            "started_at": report.started_at,
            "seen_at": now,
            "memory_bytes": report.memory_bytes,
            "waiting_updates": report.waiting_updates,
            "log_lag_ms": report.log_lag_ms,
            "loop_lag_ms": report.loop_lag_ms,
            "ended_work": report.ended_work,
        },
    )
    # A document may be purged while it is open.
    wanted = [room.document_id for room in report.rooms]
    known = set(Document.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    process.rooms.exclude(document_id__in=known).delete()
    LiveRoom.objects.bulk_create(
        [_row(process, room) for room in report.rooms if room.document_id in known],
        update_conflicts=True,
        unique_fields=["process", "document"],
        update_fields=["opened_at", "peers", "seq", "waiting_updates", "size_bytes"],
    )
    if report.new_records:
        hour = now.replace(minute=0, second=0, microsecond=0)
        HourlyEdits.objects.get_or_create(hour=hour)
        HourlyEdits.objects.filter(hour=hour).update(records=F("records") + report.new_records)
        HourlyEdits.objects.filter(hour__lt=now - HOURS_KEPT).delete()


def _row(process: ServerProcess, room: RoomReport) -> LiveRoom:
    return LiveRoom(
        process=process,
        document_id=room.document_id,
        opened_at=room.opened_at,
        peers=[
            {
                "user_id": int(peer.user_id),
                "name": peer.name,
                "access": peer.access,
                "since": peer.since.isoformat(),
            }
            for peer in room.peers
        ],
        seq=room.seq,
        waiting_updates=room.waiting_updates,
        size_bytes=room.size_bytes,
    )


def process_forget(process_id: str) -> None:
    """Remove what a process said of itself: it ends."""
    ServerProcess.objects.filter(pk=process_id).delete()


@transaction.atomic
def peer_remove(*, document: Document, user_id: int, name: str, actor: User) -> None:
    """Close a person's sockets in a document; they may come back if their role allows it."""
    audit_record(
        action="room.remove_peer",
        actor=actor,
        subject=name,
        document_id=document.pk,
        document=document.title,
    )
    ring_on_commit(PeerRemoved(DocumentId(document.pk), UserId(user_id)))


@transaction.atomic
def room_close(*, document: Document, actor: User) -> None:
    """Close a document's rooms in every process: pages come back by themselves to fresh ones."""
    audit_record(action="room.close", actor=actor, subject=document.title, document_id=document.pk)
    ring_on_commit(RoomClosed(DocumentId(document.pk)))
