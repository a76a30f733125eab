"""Compaction: one state for all records of a log, so that a document opens quickly. docs/adr/0012.

The state of a large document is made in a process of its own: pycrdt holds the interpreter's lock,
so that a thread would stop the event loop for as long. The records themselves are never removed.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from django.conf import settings
from django.db.models import F, PositiveBigIntegerField
from django.db.models.functions import Coalesce

from collab.crdt.doc import CrdtFailure, state_of
from collab.history.models import LogHead
from collab.types import DocumentId, Update

A = TypeVar("A")
B = TypeVar("B")

EVERY_S = 60.0
DOCUMENTS_PER_TURN = 20
#: Applying a state of this size takes about 5 ms; and so do as many updates.
INLINE_BYTES = 256 * 1024
INLINE_UPDATES = 1_000
#: Longer than 1,000,000 edits take; a state that takes more is not made.
PATIENCE_S = 120.0


def joined_state(updates: Sequence[Update]) -> Update:
    """Return one state that brings what all of ``updates`` bring, without deleted text.

    Raises:
        CrdtFailure: they cannot be applied.
    """
    if len(updates) <= INLINE_UPDATES and sum(map(len, updates)) <= INLINE_BYTES:
        return state_of(updates)
    return in_a_process(state_of, updates)


def in_a_process(job: Callable[[A], B], argument: A) -> B:
    """Return what ``job``, which must not need Django, makes of ``argument`` in a process.

    Raises:
        CrdtFailure: it failed, or the process died, or it takes too long.
    """
    # Started afresh, not forked: other threads of this process hold locks.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(job, argument).result(PATIENCE_S)
        except BrokenProcessPool as broken:
            raise CrdtFailure("the process that made a state died") from broken
        except TimeoutError as late:
            for process in pool._processes.values():
                process.kill()
            raise CrdtFailure("a state takes too long to make") from late


def documents_to_compact(*, at_least: int, limit: int | None = None) -> list[DocumentId]:
    """Return documents whose log has grown by ``at_least`` records since their checkpoint."""
    upto = Coalesce("document__checkpoint__seq", 0, output_field=PositiveBigIntegerField())
    grown = LogHead.objects.annotate(upto=upto).filter(seq__gte=F("upto") + at_least)
    return [DocumentId(key) for key in grown.order_by("pk").values_list("pk", flat=True)[:limit]]


def documents_due() -> list[DocumentId]:
    """Return the documents of one turn of the chore: open rooms do their own, sooner."""
    return documents_to_compact(
        at_least=2 * settings.ENV.checkpoint_every, limit=DOCUMENTS_PER_TURN
    )
