"""The log's hot statements in SQL: lock heads, insert records, move heads. See docs/adr/0010.

Through the ORM a commit of one record took 3.4 ms of CPU on SQLite and 4.9 on PostgreSQL, most of
it in building queries; here it is a tenth. What may be is left to the ORM.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection

from collab.history.models import LogHead, UpdateRecord
from collab.room.ports import PendingUpdate
from collab.types import DocumentId, Seq

_HEADS = LogHead._meta.db_table
_RECORDS = UpdateRecord._meta.db_table
_COLUMNS = 'document_id, seq, "update", author_id, client_ids, is_relayed, kind, created_at'


@dataclass(slots=True)
class Head:
    """The end of a document's log, locked."""

    seq: int
    size_bytes: int
    edited_at: datetime | None = None


class SqliteRows:
    """The statements for SQLite. Its write lock is taken already: the transaction is IMMEDIATE."""

    def at_once(self, batch: Sequence[PendingUpdate]) -> list[Seq] | None:
        """Return None: no way to a server is saved by one statement."""

    def lock(self, wanted: Collection[DocumentId]) -> dict[DocumentId, Head]:
        """Return the heads that there are."""
        keys = {key.hex: key for key in wanted}
        marks = ",".join("?" * len(keys))
        with connection.wrap_database_errors:
            found = self._connection().execute(
                f"SELECT document_id, seq, size_bytes FROM {_HEADS} "  # noqa: S608  # a table's name
                f"WHERE document_id IN ({marks})",
                list(keys),
            )
        return {keys[key]: Head(seq, size) for key, seq, size in found}

    def insert(self, rows: Sequence[tuple[int, PendingUpdate]]) -> None:
        """Insert numbered records."""
        adapt = connection.ops.adapt_datetimefield_value
        self._many(
            f"INSERT INTO {_RECORDS} ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  # as above
            [
                (
                    each.document_id.hex,
                    seq,
                    each.update,
                    each.author_id,
                    json.dumps(each.client_ids),
                    each.is_relayed,
                    each.kind,
                    adapt(each.created_at),
                )
                for seq, each in rows
            ],
        )

    def move(self, heads: dict[DocumentId, Head]) -> None:
        """Store where the logs end now."""
        adapt = connection.ops.adapt_datetimefield_value
        self._many(
            f"UPDATE {_HEADS} SET seq = ?, size_bytes = ?, edited_at = ? "  # noqa: S608  # as above
            "WHERE document_id = ?",
            [(h.seq, h.size_bytes, adapt(h.edited_at), key.hex) for key, h in heads.items()],
        )

    def _many(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        with connection.wrap_database_errors:
            self._connection().executemany(statement, rows)

    @staticmethod
    def _connection() -> Any:
        connection.ensure_connection()
        return connection.connection


#: Locks in the order of ids, all of them before a head is moved; does nothing where one is missing.
_AT_ONCE = f"""
WITH asked AS (
    SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::timestamptz[]) AS x(d, n, z, t)
), locked AS MATERIALIZED (
    SELECT document_id FROM {_HEADS} WHERE document_id = ANY(%s::uuid[])
    ORDER BY document_id FOR UPDATE
), moved AS (
    UPDATE {_HEADS} AS head
    SET seq = head.seq + n, size_bytes = head.size_bytes + z, edited_at = t
    FROM asked, (SELECT count(*) AS known FROM locked) AS counted
    WHERE head.document_id = d AND known = (SELECT count(*) FROM asked)
    RETURNING head.document_id, head.seq - n AS before
), inserted AS (
    INSERT INTO {_RECORDS} ({_COLUMNS})
    SELECT d, before + s, u, a, c::jsonb, r, k, t FROM moved JOIN unnest(
        %s::uuid[], %s::bigint[], %b::bytea[], %s::bigint[], %s::text[], %s::bool[], %s::text[],
        %s::timestamptz[]
    ) AS x(d, s, u, a, c, r, k, t) ON d = document_id
)
SELECT document_id, before FROM moved
"""  # noqa: S608  # names of tables and columns


class PostgresqlRows:
    """The statements for PostgreSQL: each takes its rows as arrays, so that it stays prepared."""

    def at_once(self, batch: Sequence[PendingUpdate]) -> list[Seq] | None:
        """Append ``batch`` and commit in one statement; return its numbers.

        Other writers of a document wait for its head's lock only while the server works, not for
        this process's thread to get its turn between statements.

        Returns:
            None: nothing is done, since a document has no head yet.
        """
        heads: dict[DocumentId, Head] = {}
        offsets = []
        for each in batch:
            head = heads.setdefault(each.document_id, Head(0, 0))
            head.seq += 1
            head.size_bytes += len(each.update)
            head.edited_at = each.created_at
            offsets.append(head.seq)
        found = self._execute(
            _AT_ONCE,
            [
                *self._ends(heads),
                list(heads),
                *self._columns(list(zip(offsets, batch, strict=True))),
            ],
        )
        before = {DocumentId(key): seq for key, seq in found.fetchall()}
        if not before:
            return None
        return [
            Seq(before[each.document_id] + offset)
            for offset, each in zip(offsets, batch, strict=True)
        ]

    def lock(self, wanted: Collection[DocumentId]) -> dict[DocumentId, Head]:
        """Lock the heads in the order of their ids: two writers never wait for each other."""
        found = self._execute(
            f"SELECT document_id, seq, size_bytes FROM {_HEADS} "  # noqa: S608  # a table's name
            "WHERE document_id = ANY(%s::uuid[]) ORDER BY document_id FOR UPDATE",
            [list(wanted)],
        )
        return {DocumentId(key): Head(seq, size) for key, seq, size in found.fetchall()}

    def insert(self, rows: Sequence[tuple[int, PendingUpdate]]) -> None:
        """Insert numbered records."""
        self._execute(
            f"INSERT INTO {_RECORDS} ({_COLUMNS}) "  # noqa: S608  # as above
            "SELECT d, s, u, a, c::jsonb, r, k, t FROM unnest(%s::uuid[], %s::bigint[], "
            "%b::bytea[], %s::bigint[], %s::text[], %s::bool[], %s::text[], %s::timestamptz[]) "
            "AS x(d, s, u, a, c, r, k, t)",
            self._columns(rows),
        )

    @staticmethod
    def _columns(rows: Sequence[tuple[int, PendingUpdate]]) -> list[list[Any]]:
        return [
            [each.document_id for _, each in rows],
            [seq for seq, _ in rows],
            [each.update for _, each in rows],
            [each.author_id for _, each in rows],
            [json.dumps(each.client_ids) for _, each in rows],
            [each.is_relayed for _, each in rows],
            [each.kind for _, each in rows],
            [each.created_at for _, each in rows],
        ]

    def move(self, heads: dict[DocumentId, Head]) -> None:
        """Store where the logs end now."""
        self._execute(
            f"UPDATE {_HEADS} SET seq = s, size_bytes = z, edited_at = t FROM "  # noqa: S608  # as above
            "unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::timestamptz[]) AS x(d, s, z, t) "
            "WHERE document_id = d",
            self._ends(heads),
        )

    @staticmethod
    def _ends(heads: dict[DocumentId, Head]) -> list[list[Any]]:
        return [
            list(heads),
            [head.seq for head in heads.values()],
            [head.size_bytes for head in heads.values()],
            [head.edited_at for head in heads.values()],
        ]

    @staticmethod
    def _execute(statement: str, values: list[Any]) -> Any:
        connection.ensure_connection()
        # Not Django's cursor: it writes the values into the statement's text.
        cursor = psycopg.Cursor(connection.connection)
        with connection.wrap_database_errors:
            return cursor.execute(statement.encode(), values, prepare=True)


def statements() -> SqliteRows | PostgresqlRows:
    """Return the statements of this process's database."""
    return SqliteRows() if connection.vendor == "sqlite" else PostgresqlRows()
