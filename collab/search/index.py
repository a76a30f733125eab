"""The port of the full-text index and its two adapters; which one serves, the database decides.

Both take the same terms and pass the same tests (tests/search/test_index.py). Why FTS5 and
``tsvector`` with terms of our own: docs/adr/0040.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from collab.search.models import IndexedDocument
from collab.search.terms import Asked, Query, fold, terms_of

#: PostgreSQL keeps places up to 2^14 - 1, and 256 of a term; the frequency is all that ranks here.
_MAX_PLACE = 16_383
_MAX_PLACES = 16


class TextIndex(Protocol):
    """Where terms are kept."""

    def put(self, row: IndexedDocument) -> None:
        """Keep the terms of ``row``, in place of those that it had; they go when the row goes."""

    def forget(self) -> None:
        """Take out of storage what rows had before; for an erasure, since it may cost seconds."""

    def ids_matching(self, query: Query) -> RawSQL:
        """Return a subquery of the ids of the rows that have all of the query's prefixes."""

    def best(self, query: Query, number: int, within: QuerySet[Any] | None = None) -> list[int]:
        """Return the ids of the ``number`` rows that match best, best first.

        A term in the title weighs ten times one in the body; among equals the newest comes first.

        Args:
            within: only of these rows.
        """


class SqliteIndex:
    """An FTS5 table; its row numbers are the ids of ``IndexedDocument``."""

    def put(self, row: IndexedDocument) -> None:
        """See the port."""
        title, body = " ".join(_terms(row.title)), " ".join(_terms(row.body))
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM search_terms WHERE rowid = %s", [row.pk])
            cursor.execute(
                "INSERT INTO search_terms (rowid, title, body) VALUES (%s, %s, %s)",
                [row.pk, title, body],
            )

    def forget(self) -> None:
        """See the port. A deleted row is a mark beside its terms until segments are merged."""
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_terms (search_terms) VALUES ('optimize')")

    def ids_matching(self, query: Query) -> RawSQL:
        """See the port."""
        statement = "SELECT rowid FROM search_terms WHERE search_terms MATCH %s"
        return RawSQL(statement, [self._match(query)])  # noqa: S611  # a constant

    def best(self, query: Query, number: int, within: QuerySet[Any] | None = None) -> list[int]:
        """See the port."""
        # The plus keeps SQLite from asking FTS5 anew for each row: what matches is read once. bm25
        # is the smaller the better.
        condition, params = _is_one_of("+rowid", within)
        return _ids(
            f"SELECT rowid FROM search_terms WHERE search_terms MATCH %s {condition} "  # noqa: S608
            "ORDER BY bm25(search_terms, 10.0, 1.0), rowid DESC LIMIT %s",
            [self._match(query), *params, number],
        )

    def _match(self, query: Query) -> str:
        def one(asked: Asked) -> str:
            return "(" + " AND ".join(f'"{term}"*' for term in asked.prefixes) + ")"

        wanted = " AND ".join(f"({' OR '.join(map(one, group))})" for group in query.groups)
        shut_out = " OR ".join(f'"{term}"' for term in _shut_out(query))
        return f"({wanted}) NOT ({shut_out})" if shut_out else wanted


class PostgresIndex:
    """A ``tsvector`` made of our terms, with a GIN index. No extension is needed."""

    def put(self, row: IndexedDocument) -> None:
        """See the port."""
        vector = _vector(row.title, row.body)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO search_terms (id, terms) VALUES (%s, %s::tsvector) "
                "ON CONFLICT (id) DO UPDATE SET terms = excluded.terms",
                [row.pk, vector],
            )

    def forget(self) -> None:
        """See the port. Vacuum does it."""

    def ids_matching(self, query: Query) -> RawSQL:
        """See the port."""
        statement = "SELECT id FROM search_terms WHERE terms @@ %s::tsquery"
        return RawSQL(statement, [self._match(query)])  # noqa: S611  # a constant

    def best(self, query: Query, number: int, within: QuerySet[Any] | None = None) -> list[int]:
        """See the port."""
        condition, params = _is_one_of("id", within)
        match = self._match(query)
        return _ids(
            f"SELECT id FROM search_terms WHERE terms @@ %s::tsquery {condition} "  # noqa: S608
            "ORDER BY ts_rank('{0.1, 0.2, 0.4, 1.0}', terms, %s::tsquery, 1) DESC, id DESC "
            "LIMIT %s",
            [match, *params, match, number],
        )

    def _match(self, query: Query) -> str:
        def one(asked: Asked) -> str:
            return "(" + " & ".join(f"'{term}':*" for term in asked.prefixes) + ")"

        wanted = [f"({' | '.join(map(one, group))})" for group in query.groups]
        return " & ".join([*wanted, *(f"!'{term}'" for term in _shut_out(query))])


def text_index() -> TextIndex:
    """Return the index of the database in use."""
    return PostgresIndex() if connection.vendor == "postgresql" else SqliteIndex()


def _shut_out(query: Query) -> list[str]:
    """Return the terms that must not be there: of what is more than one term, the text is asked."""
    return [each.prefixes[0] for each in query.without if each.is_term]


def _is_one_of(key: str, rows: QuerySet[Any] | None) -> tuple[str, Sequence[Any]]:
    if rows is None:
        return "", ()
    statement, params = rows.order_by().values("pk").query.sql_with_params()
    return f"AND {key} IN ({statement})", params


def _ids(statement: str, params: Sequence[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [row[0] for row in cursor.fetchall()]


def _terms(text: str) -> list[str]:
    return list(terms_of(fold(text)))


def _vector(title: str, body: str) -> str:
    """Return the literal of a ``tsvector``: terms are letters and digits, so quotes are safe."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, term in enumerate(_terms(title), 1):
        places[term].append(f"{min(place, _MAX_PLACE)}A")
    for place, term in enumerate(_terms(body), 1):
        known = places[term]
        if len(known) < _MAX_PLACES:
            known.append(str(min(place, _MAX_PLACE)))
    return " ".join(f"'{term}':{','.join(where)}" for term, where in places.items())
