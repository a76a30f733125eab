"""The port of the full-text index and its two adapters; which one serves, the database decides.

Both take the same terms and pass the same tests (tests/search/test_index.py). Why FTS5 and
``tsvector`` with terms of our own: docs/adr/0040.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Protocol

from django.db import connection
from django.db.models import QuerySet

from collab.search.models import IndexedDocument
from collab.search.terms import Query, fold, terms_of

#: PostgreSQL keeps places up to 2^14 - 1, and 256 of a term; the frequency is all that ranks here.
_MAX_PLACE = 16_383
_MAX_PLACES = 16


class TextIndex(Protocol):
    """Where terms are kept."""

    def put(self, row: IndexedDocument) -> None:
        """Keep the terms of ``row``, in place of those that it had; they go when the row goes."""

    def matching(self, rows: QuerySet[Any], query: Query) -> QuerySet[Any]:
        """Return those of ``rows`` with all of the query's prefixes, with ``rank``: high is better.

        A term in the title weighs ten times one in the body.
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

    def matching(self, rows: QuerySet[Any], query: Query) -> QuerySet[Any]:
        """See the port."""
        match = " AND ".join(f'"{term}"*' for term in query.prefixes)
        # The plus keeps SQLite from asking FTS5 anew for each row: what matches is read once, and
        # the rows are looked up. bm25 is the smaller the better; the sign turns it.
        ranked: QuerySet[Any] = rows.extra(
            select={"rank": "-bm25(search_terms, 10.0, 1.0)"},
            tables=["search_terms"],
            where=["search_terms MATCH %s", "search_indexeddocument.id = +search_terms.rowid"],
            params=[match],
        )
        return ranked


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

    def matching(self, rows: QuerySet[Any], query: Query) -> QuerySet[Any]:
        """See the port."""
        match = " & ".join(f"'{term}':*" for term in query.prefixes)
        ranked: QuerySet[Any] = rows.extra(
            select={"rank": "ts_rank('{0.1, 0.2, 0.4, 1.0}', search_terms.terms, %s::tsquery, 1)"},
            select_params=[match],
            tables=["search_terms"],
            where=[
                "search_terms.terms @@ %s::tsquery",
                "search_indexeddocument.id = search_terms.id",
            ],
            params=[match],
        )
        return ranked


def text_index() -> TextIndex:
    """Return the index of the database in use."""
    return PostgresIndex() if connection.vendor == "postgresql" else SqliteIndex()


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
