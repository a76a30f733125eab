"""Finding: what a person may read, ranked, with a piece of the text and what to mark in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest, NullIf, StrIndex, Substr

from collab.documents.models import Document, Draft, Tag
from collab.documents.policy import readable_by
from collab.search.index import text_index
from collab.search.models import IndexedDocument
from collab.search.terms import Asked, Query, fold, is_paired, is_sign, parse_query, spellings

if TYPE_CHECKING:
    from datetime import date

    from django.contrib.auth.models import AnonymousUser

    from collab.accounts.models import User

EXCERPT_CHARS = 220
#: So much of an excerpt stands before the first word that was found.
BEFORE_CHARS = 60
#: So many times as many of the best as are wanted are asked whether they may be read, before all
#: that may be read is gathered.
FIRST_ROWS = 5
#: So many are counted.
MAX_TOTAL = 1_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; whether it is what was looked for."""

    text: str
    is_match: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found; it carries ``edited_at``, ``seq`` and ``is_draft``."""

    document: Document
    title: tuple[Piece, ...]
    excerpt: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """What else must hold; None: whatever."""

    owner_id: int | None = None
    tag: str | None = None
    edited_from: date | None = None
    edited_until: date | None = None


def search(
    *, user: User | AnonymousUser, typed: str, filters: Filters, offset: int, limit: int
) -> tuple[list[Hit], bool]:
    """Return the hits from ``offset`` on, best first, and whether there are more."""
    query = parse_query(typed)
    if query.is_empty:
        return [], False
    keys = _best(user, query, filters, offset + limit + 1)[offset:]
    return _hits(keys[:limit], query), len(keys) > limit


def search_total(*, user: User | AnonymousUser, typed: str, filters: Filters) -> int:
    """Return how many documents are found; ``MAX_TOTAL`` stands for that many or more."""
    query = parse_query(typed)
    if query.is_empty:
        return 0
    rows = _filtered(filters).filter(
        readable_by(user, "document__", links=filters.owner_id is None),
        pk__in=text_index().ids_matching(query),
    )
    return _phrased(rows, query).values("pk")[:MAX_TOTAL].count()


def _best(user: User | AnonymousUser, query: Query, filters: Filters, number: int) -> list[int]:
    """Return the ids of the ``number`` best rows that ``user`` may read.

    As in the lists of ``documents``: the best of all are asked one by one whether they are wanted,
    and what the person may read is gathered only where those are not enough.
    """
    index, rows = text_index(), _filtered(filters)
    # Who comes by a link alone is not told whose document it is, by a filter neither.
    links = filters.owner_id is None
    best = index.best(query, FIRST_ROWS * number)
    readable = rows.filter(
        readable_by(user, "document__", one_by_one=True, links=links), pk__in=best
    )
    found = set(_phrased(readable, query).values_list("pk", flat=True))
    keys = [key for key in best if key in found][:number]
    if len(keys) == number or len(best) < FIRST_ROWS * number:
        return keys
    rows = rows.filter(readable_by(user, "document__", links=links))
    if query.has_phrases:  # looked for in what matches, not in all that may be read
        rows = _phrased(rows.filter(pk__in=index.ids_matching(query)), query)
    return index.best(query, number, within=rows)


def _filtered(filters: Filters) -> QuerySet[Any]:
    rows: QuerySet[Any] = IndexedDocument.objects.all()
    if filters.owner_id is not None:
        rows = rows.filter(document__owner_id=filters.owner_id)
    if filters.tag is not None:
        tagged = Tag.objects.filter(name=filters.tag).order_by()
        rows = rows.filter(document__in=tagged.values("document"))
    if filters.edited_from is not None:
        rows = rows.filter(document__listed_at__date__gte=filters.edited_from)
    if filters.edited_until is not None:
        rows = rows.filter(document__listed_at__date__lte=filters.edited_until)
    return rows


def _phrased(rows: QuerySet[Any], query: Query) -> QuerySet[Any]:
    """Ask the text itself, where the index knows only that the words are there."""
    for group in query.groups:
        if any(asked.phrases for asked in group):
            rows = rows.filter(reduce(or_, map(_stands, group)))
    for asked in query.without:
        if not asked.is_term:
            rows = rows.exclude(_stands(asked))
    return rows


def _stands(asked: Asked) -> Q:
    pieces = asked.phrases or asked.prefixes
    return reduce(and_, (Q(folded_title__contains=p) | Q(folded_body__contains=p) for p in pieces))


def _hits(keys: list[int], query: Query) -> list[Hit]:
    """Read what is shown of the rows ``keys``, in their order; of long texts only a piece."""
    begin = Greatest(_first_place(query) - Value(BEFORE_CHARS), Value(1))
    edited_at = Coalesce(F("document__log_head__edited_at"), F("document__updated_at"))
    rows = (
        IndexedDocument.objects.filter(pk__in=keys)
        .select_related("document__owner")
        .defer("body", "folded_title", "folded_body")
        .annotate(
            begin=begin,
            piece=Substr("body", begin, EXCERPT_CHARS),
            edited_at=edited_at,
            is_draft=Exists(Draft.objects.filter(pk=OuterRef("document"))),
        )
    )
    by_key = {row.pk: _hit(row, query) for row in rows}
    return [by_key[key] for key in keys if key in by_key]


def _first_place(query: Query) -> Coalesce:
    """Return where in the body the first of the marks stands; 1 where none does."""
    written = [spelling for mark in query.marks for spelling in spellings(mark)]
    words = [word for mark in written for word in (f" {mark}", mark)]
    places = [NullIf(StrIndex("folded_body", Value(word)), Value(0)) for word in words]
    return Coalesce(*places, Value(1))


def _hit(row: Any, query: Query) -> Hit:
    excerpt = row.piece.replace("\n", " ")
    if row.begin > 1:
        half_word, space, rest = excerpt.partition(" ")
        is_word = bool(space) and len(half_word) < BEFORE_CHARS
        excerpt = f"…{rest if is_word else excerpt}"
    if len(row.piece) == EXCERPT_CHARS:
        excerpt = f"{excerpt.rstrip()}…"
    row.document.edited_at, row.document.seq = row.edited_at, row.seq
    row.document.is_draft = row.is_draft
    return Hit(row.document, _pieces(row.title, query), _pieces(excerpt, query))


def _pieces(text: str, query: Query) -> tuple[Piece, ...]:
    """Cut ``text`` where something in it is to be marked."""
    # A word is marked where it begins a word; what has no spaces between words, wherever it stands.
    written = [spelling for mark in query.marks for spelling in spellings(mark)]
    wanted = "|".join(
        re.escape(mark) if is_paired(mark) or is_sign(mark) else rf"(?<![^\W_]){re.escape(mark)}"
        for mark in sorted(written, key=len, reverse=True)
    )
    pieces = []
    end = 0
    for found in re.finditer(wanted, fold(text)):
        begin = found.start()
        pieces.append(Piece(text[end:begin], is_match=False))
        end = found.end()
        pieces.append(Piece(text[begin:end], is_match=True))
    pieces.append(Piece(text[end:], is_match=False))
    return tuple(piece for piece in pieces if piece.text)
