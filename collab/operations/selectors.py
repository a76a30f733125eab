"""What the dashboard and the page of live rooms show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from collab.accounts.models import User
from collab.attachments.models import Attachment
from collab.documents.models import Document, LinkReach
from collab.history.models import LogHead
from collab.operations.models import HourlyEdits, LiveRoom, ServerProcess
from collab.operations.services import GONE_AFTER

CHART_HOURS = 24
CHART_DAYS = 30


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures of the dashboard."""

    documents: int
    trashed: int
    frozen: int
    people: int
    storage_bytes: int
    attachment_bytes: int
    open_links: int
    processes: int
    open_rooms: int
    sockets: int
    waiting_updates: int
    log_lag_ms: int
    loop_lag_ms: int


def live_processes() -> QuerySet[ServerProcess]:
    """Return the processes that were heard of lately."""
    return ServerProcess.objects.filter(seen_at__gte=timezone.now() - GONE_AFTER)


def live_rooms() -> QuerySet[LiveRoom]:
    """Return the rooms that are open, in every process."""
    return LiveRoom.objects.filter(process__in=live_processes()).select_related(
        "process", "document", "document__owner"
    )


def overview() -> Overview:
    """Return the figures as they are now."""
    documents = Document.objects.aggregate(
        all=Count("pk"), trashed=Count("trashed_at"), frozen=Count("frozen_at")
    )
    processes = list(live_processes())
    rooms = list(live_rooms().values_list("document_id", "peers"))
    return Overview(
        documents=documents["all"],
        trashed=documents["trashed"],
        frozen=documents["frozen"],
        people=User.objects.filter(is_active=True).count(),
        storage_bytes=LogHead.objects.aggregate(sum=Sum("size_bytes"))["sum"] or 0,
        attachment_bytes=Attachment.objects.aggregate(sum=Sum("size_bytes"))["sum"] or 0,
        open_links=Document.objects.filter(trashed_at=None)
        .exclude(link_reach=LinkReach.RESTRICTED)
        .count(),
        processes=len(processes),
        open_rooms=len({document for document, _ in rooms}),
        sockets=sum(len(peers) for _, peers in rooms),
        waiting_updates=sum(process.waiting_updates for process in processes),
        log_lag_ms=max((process.log_lag_ms for process in processes), default=0),
        loop_lag_ms=max((process.loop_lag_ms for process in processes), default=0),
    )


def edits_by_hour() -> list[tuple[datetime, int]]:
    """Return each of the last hours, oldest first, with its number of records."""
    this = timezone.now().replace(minute=0, second=0, microsecond=0)
    hours = [this - timedelta(hours=back) for back in range(CHART_HOURS - 1, -1, -1)]
    counted = dict(HourlyEdits.objects.filter(hour__gte=hours[0]).values_list("hour", "records"))
    return [(hour, counted.get(hour, 0)) for hour in hours]


def documents_by_day() -> list[tuple[date, int]]:
    """Return each of the last days, oldest first, with how many documents were made on it."""
    today = timezone.localdate()
    days = [today - timedelta(days=back) for back in range(CHART_DAYS - 1, -1, -1)]
    rows = Document.objects.filter(created_at__date__gte=days[0]).order_by()
    counted = dict(
        rows.annotate(day=TruncDate("created_at")).values_list("day").annotate(n=Count("pk"))
    )
    return [(day, counted.get(day, 0)) for day in days]
