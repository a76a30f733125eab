"""When the law of merging looks into documents whose rooms are here: beside the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from django.db import DatabaseError

from collab.history.merging import want_heard
from collab.history.rescuing import rescue_document
from collab.realtime.threads import DatabaseThreads
from collab.types import DocumentId, Seq

logger = logging.getLogger(__name__)

#: What another process wrote is left to that process for so long.
TURN_S = 1.0


class Rescues:
    """Asks for one look at a time into each document; what is asked meanwhile is one more.

    Args:
        threads: what the looks are taken in; large documents are looked into by a process.
        spawn: runs work in the background.
    """

    def __init__(
        self, threads: DatabaseThreads, spawn: Callable[[Coroutine[Any, Any, Any]], None]
    ) -> None:
        self._threads = threads
        self._spawn = spawn
        #: Documents that are looked into, and whether something came meanwhile.
        self._running: dict[DocumentId, bool] = {}
        #: Records of others that wait for their turn, the last one of each document.
        self._heard: dict[DocumentId, Seq] = {}

    def ask(self, document_id: DocumentId) -> None:
        """A record of concern is committed: look into it now."""
        if document_id in self._running:
            self._running[document_id] = True
            return
        self._running[document_id] = False
        self._spawn(self._run(document_id))

    def heard(self, document_id: DocumentId, seq: Seq) -> None:
        """A record of another process is of concern here: look into it if that one did not."""
        is_first = document_id not in self._heard
        self._heard[document_id] = max(seq, self._heard.get(document_id, seq))
        if is_first:
            self._spawn(self._wait(document_id))

    async def _wait(self, document_id: DocumentId) -> None:
        await asyncio.sleep(TURN_S)
        seq = self._heard.pop(document_id)
        try:
            await self._threads.run(want_heard, document_id, seq)
        except DatabaseError:
            logger.exception("document %s: a record of concern is not noted", document_id)
            return
        self.ask(document_id)

    async def _run(self, document_id: DocumentId) -> None:
        try:
            while True:
                self._running[document_id] = False
                await self._threads.run(rescue_document, document_id)
                if not self._running[document_id]:
                    return
        except DatabaseError as error:
            # It is noted in the database that there is something to do: the chore does it.
            logger.warning("document %s is looked into later: %s", document_id, error)
        finally:
            del self._running[document_id]
