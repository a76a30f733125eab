"""A room takes what the log has after what it has, with other work in between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from collab.realtime.intake import LARGE_BYTES, taken_apart

if TYPE_CHECKING:
    from collab.realtime.runner import RoomRunner
    from collab.room.ports import LogRecord

#: Records that are read at once.
READ_LIMIT = 500


class CatchingUp:
    """Reads the log for one room: one read at a time, and one more for what is wanted meanwhile."""

    def __init__(self, runner: RoomRunner) -> None:
        self._runner = runner
        self._is_running = False
        self._is_wanted = False

    def want(self) -> None:
        """Something is in the log that the room does not have."""
        self._is_wanted = True
        if not self._is_running:
            self._is_running = True
            self._runner.registry.spawn(self._run())

    async def _run(self) -> None:
        runner = self._runner
        try:
            while self._is_wanted and not runner.is_closed:
                self._is_wanted = False
                records = await runner.registry.read_log(
                    runner.document_id, runner.room.seq, READ_LIMIT
                )
                await self._take(records)
                if len(records) == READ_LIMIT:
                    self._is_wanted = True
        finally:
            self._is_running = False

    async def _take(self, records: Sequence[LogRecord]) -> None:
        """Take records in portions; a large one is one by itself, and is taken apart elsewhere."""
        runner = self._runner
        portion: list[LogRecord] = []
        size = 0
        for record in records:
            is_large = len(record.update) > LARGE_BYTES
            if portion and (is_large or size + len(record.update) > LARGE_BYTES):
                runner.take_records(portion)
                portion, size = [], 0
                await asyncio.sleep(0)
            if is_large:
                prepared = await asyncio.get_running_loop().run_in_executor(
                    runner.registry.large_frames, taken_apart, record.update, runner.gate
                )
                runner.take_records([record], prepared)
            else:
                portion.append(record)
                size += len(record.update)
        runner.take_records(portion)
