"""The whole history of a document as a file, made piece by piece: only a part is ever in memory.

Forms: one JSON object; NDJSON, a line per thing; CSV, a row per record; a zip with all records,
every revision as JSON and Markdown, and a manifest. docs/history.md describes each.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from collab.accounts.models import User
from collab.crdt.doc import CrdtFailure, LiveDoc
from collab.crdt.whole import read_whole
from collab.history.models import Revision, UpdateRecord
from collab.history.past import moment_by_seq, state_at
from collab.history.revisions import revisions_cut_all
from collab.history.selectors import head_seq
from collab.richtext.formats import render
from collab.types import DocumentId, Seq, Update

if TYPE_CHECKING:
    from collab.documents.models import Document

#: Records read from the database at a time.
CHUNK = 1000
#: Bytes that are worth sending.
PIECE_BYTES = 64 * 1024
CSV_HEAD = ("seq", "at", "author_id", "author", "kind", "relayed", "bytes", "update")


@dataclass(frozen=True, slots=True)
class HistoryExport:
    """What is to be exported: all until ``seq``, whatever is written meanwhile."""

    document: Document
    seq: Seq
    revisions: list[Revision]

    @classmethod
    def of(cls, document: Document) -> HistoryExport:
        """Return the history until now; the last revision is cut."""
        key = DocumentId(document.pk)
        seq = head_seq(key)
        revisions_cut_all(document_id=key)
        rows = Revision.objects.filter(document=document, first_seq__lte=seq).order_by("number")
        return cls(document, seq, list(rows))

    # -- forms -----------------------------------------------------------------------------

    def as_json(self) -> Iterator[bytes]:
        """Yield one object with ``document``, ``authors``, ``revisions`` and ``records``."""
        head = {
            "document": self._about(),
            "authors": self._authors(),
            "revisions": [_shown_revision(row) for row in self.revisions],
        }
        yield _dumped(head)[:-1] + b', "records": [\n'
        comma = b""
        for rows in self._chunks():
            yield comma + b",\n".join(_dumped(_shown_record(row)) for row in rows)
            comma = b",\n"
        yield b"\n]}\n"

    def as_ndjson(self) -> Iterator[bytes]:
        """Yield lines: document, authors, revisions, records; ``type`` says which."""
        yield _line({"type": "document", **self._about()})
        for key, author in self._authors().items():
            yield _line({"type": "author", "id": int(key), **author})
        yield b"".join(_line({"type": "revision", **_shown_revision(r)}) for r in self.revisions)
        yield from self._record_lines()

    def as_csv(self) -> Iterator[bytes]:
        """Yield a row per record."""
        authors = self._authors()
        yield _rows([CSV_HEAD])
        for rows in self._chunks():
            yield _rows(
                (
                    row.seq,
                    row.created_at.isoformat(),
                    row.author_id or "",
                    _harmless(authors.get(str(row.author_id), {}).get("name", "")),
                    row.kind,
                    "yes" if row.is_relayed else "no",
                    len(row.update),
                    base64.b64encode(row.update).decode("ascii"),
                )
                for row in rows
            )

    def as_zip(self) -> Iterator[bytes]:
        """Yield a zip: manifest.json, records.ndjson, and revisions as JSON and Markdown."""
        buffer = _Pipe()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            manifest = {
                "document": self._about(),
                "authors": self._authors(),
                "revisions": [
                    {**_shown_revision(row), "files": _file_names(row)} for row in self.revisions
                ],
            }
            archive.writestr("manifest.json", _dumped(manifest, indent=1))
            with archive.open("records.ndjson", "w", force_zip64=True) as file:
                for lines in self._record_lines():
                    file.write(lines)
                    yield from buffer.ready()
            for row, state in self._states():
                content = read_whole([state])
                for name, wanted in zip(_file_names(row), ("json", "markdown"), strict=True):
                    archive.writestr(name, render(content, wanted))
                yield from buffer.ready()
        yield from buffer.ready(is_last=True)

    # -- parts -----------------------------------------------------------------------------

    def _about(self) -> dict[str, Any]:
        return {
            "id": str(self.document.pk),
            "title": self.document.title,
            "created_at": self.document.created_at.isoformat(),
            "exported_at": timezone.now().isoformat(),
            "records": int(self.seq),
        }

    def _authors(self) -> dict[str, dict[str, str]]:
        ids = {key for row in self.revisions for key in row.author_ids}
        people = User.objects.in_bulk(ids)
        return {str(key): {"name": person.shown_name} for key, person in people.items()}

    def user_names(self) -> dict[str, str]:
        """Return the user names of those who wrote, by their ids."""
        ids = {key for row in self.revisions for key in row.author_ids}
        return {str(key): person.username for key, person in User.objects.in_bulk(ids).items()}

    def _chunks(self) -> Iterator[list[UpdateRecord]]:
        for start in range(0, self.seq, CHUNK):
            upto = min(start + CHUNK, self.seq)
            rows = UpdateRecord.objects.filter(document=self.document, seq__gt=start, seq__lte=upto)
            yield list(rows.order_by("seq"))

    def _record_lines(self) -> Iterator[bytes]:
        for rows in self._chunks():
            yield b"".join(_line({"type": "record", **_shown_record(row)}) for row in rows)

    def _states(self) -> Iterator[tuple[Revision, Update]]:
        """Yield the state at the end of each revision, in one walk through the log."""
        document = LiveDoc()
        try:
            ends = {min(row.seq, self.seq): row for row in self.revisions}
            for rows in self._chunks():
                for record in rows:
                    try:
                        document.apply([Update(bytes(record.update))])
                    except CrdtFailure:
                        document.close()
                        moment = moment_by_seq(DocumentId(self.document.pk), record.seq)
                        document = LiveDoc.load([state_at(moment)])
                    if record.seq in ends:
                        yield ends[record.seq], document.diff()
        finally:
            document.close()


FORMS: dict[str, tuple[str, Callable[[HistoryExport], Iterator[bytes]]]] = {
    "json": ("application/json", HistoryExport.as_json),
    "ndjson": ("application/x-ndjson", HistoryExport.as_ndjson),
    "csv": ("text/csv; charset=utf-8", HistoryExport.as_csv),
    "zip": ("application/zip", HistoryExport.as_zip),
}


def _shown_record(row: UpdateRecord) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "at": row.created_at.isoformat(),
        "author": row.author_id,
        "client_ids": row.client_ids,
        "relayed": row.is_relayed,
        "kind": row.kind,
        "update": base64.b64encode(row.update).decode("ascii"),
    }


def _shown_revision(row: Revision) -> dict[str, Any]:
    return {
        "number": row.number,
        "first_seq": row.first_seq,
        "seq": row.seq,
        "kind": row.kind,
        "name": row.name,
        "authors": row.author_ids,
        "started_at": row.started_at.isoformat(),
        "ended_at": row.ended_at.isoformat(),
        "insertions": row.insertions,
        "deletions": row.deletions,
    }


def _file_names(row: Revision) -> list[str]:
    return [f"revisions/{row.number:05}.{ending}" for ending in ("json", "md")]


def _dumped(value: Any, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode("utf-8")


def _line(value: Any) -> bytes:
    return _dumped(value) + b"\n"


def _rows(rows: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8")


def _harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


class _Pipe(io.RawIOBase):
    """Takes what zipfile writes, and gives it on."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: Any) -> int:
        """Take bytes."""
        self._waiting += data
        return len(data)

    def ready(self, *, is_last: bool = False) -> Iterator[bytes]:
        """Yield what waits, if it is worth sending."""
        if len(self._waiting) >= PIECE_BYTES or (is_last and self._waiting):
            yield bytes(self._waiting)
            self._waiting.clear()
