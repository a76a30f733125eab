"""The audit log as a file: CSV for spreadsheets, NDJSON for programs. Made row by row."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from collab.audit.models import AuditEntry

if TYPE_CHECKING:
    from django.db.models import QuerySet

COLUMNS = ("id", "at", "actor", "action", "document_id", "subject", "details")
#: A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CHUNK = 500


class _Echo:
    """A file for ``csv`` that gives back what is written."""

    def write(self, line: str) -> str:
        return line


def as_csv(entries: QuerySet[AuditEntry]) -> Iterator[bytes]:
    """Return a table, its head first."""
    writer = csv.writer(_Echo())
    yield str(writer.writerow(COLUMNS)).encode()
    for entry in _read(entries):
        details = json.dumps(entry.details, ensure_ascii=False, sort_keys=True)
        cells = (entry.actor_name, entry.action, str(entry.document_id or ""), entry.subject)
        row = [entry.pk, entry.at.isoformat(), *map(_plain, cells), details]
        yield str(writer.writerow(row)).encode()


def as_ndjson(entries: QuerySet[AuditEntry]) -> Iterator[bytes]:
    """Return one JSON object a line, as REST shows an entry."""
    for entry in _read(entries):
        yield json.dumps(entry_shown(entry), ensure_ascii=False).encode() + b"\n"


#: By the name of the form: the media type, and what makes it.
FORMS: dict[str, tuple[str, Callable[[QuerySet[AuditEntry]], Iterator[bytes]]]] = {
    "ndjson": ("application/x-ndjson", as_ndjson),
    "csv": ("text/csv; charset=utf-8", as_csv),
}


def entry_shown(entry: AuditEntry) -> dict[str, Any]:
    """Return the entry as JSON values."""
    return {
        "id": entry.pk,
        "at": entry.at.isoformat(),
        "actor_id": entry.actor_id,
        "actor": entry.actor_name,
        "action": entry.action,
        "document_id": None if entry.document_id is None else str(entry.document_id),
        "subject": entry.subject,
        "details": entry.details,
    }


def _read(entries: QuerySet[AuditEntry]) -> Iterator[AuditEntry]:
    """Read a piece at a time, each after the last: no cursor is held while a reader is slow."""
    rows, last = entries.order_by("-id"), None
    while True:
        some = list((rows if last is None else rows.filter(pk__lt=last))[:_CHUNK])
        yield from some
        if len(some) < _CHUNK:
            return
        last = some[-1].pk


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
