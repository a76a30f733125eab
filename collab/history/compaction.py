"""Compaction: one state for all records of a log, so that a document opens quickly. docs/adr/0012.

The state of a large document is made in a process of its own: pycrdt holds the interpreter's lock,
so that a thread would stop the event loop for as long. The records themselves are never removed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from django.conf import settings
from django.db.models import F, PositiveBigIntegerField
from django.db.models.functions import Coalesce

from collab.crdt.doc import CrdtFailure, state_of
from collab.history import join_process
from collab.history.models import LogHead
from collab.types import DocumentId, Update

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
    return _made_elsewhere(updates)


def _made_elsewhere(updates: Sequence[Update]) -> Update:
    try:
        done = subprocess.run(  # noqa: S603  # our own module, no shell
            [sys.executable, "-m", join_process.__name__],
            cwd=settings.BASE_DIR,
            input=join_process.pack(updates),
            capture_output=True,
            check=True,
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired as late:
        raise CrdtFailure("a state takes too long to make") from late
    except subprocess.CalledProcessError as broken:
        last = broken.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise CrdtFailure(
            f"the process that made a state ended with {broken.returncode}: {last}"
        ) from broken
    return Update(done.stdout)


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
