"""The bus between processes, on a Channels layer: one member per document per process.

A layer delivers at most once and may be down. It is a doorbell: what it drops is found in the log
by the gap in ``seq``, or by the sweep.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import Any

from channels.layers import BaseChannelLayer

from collab.bus.doorbell import group_name
from collab.bus.events import BusEvent, from_wire, to_wire
from collab.types import EVERY_DOCUMENT, DocumentId

logger = logging.getLogger(__name__)

#: Begins work that must go on, under a name, and returns its task.
Keep = Callable[[str, Callable[[], Coroutine[Any, Any, None]]], asyncio.Task[None]]

#: How long to wait before a layer that failed is tried again, in seconds.
RETRY_S = 1.0


class ChannelLayerBus:
    """Sends events to the other processes that have a document open, and hears theirs."""

    def __init__(
        self,
        layer: BaseChannelLayer,
        *,
        is_shared: bool,
        on_event: Callable[[BusEvent], None],
        on_recovered: Callable[[], None],
    ) -> None:
        self._layer = layer
        #: False: no other process can hear, so that the keystroke path need not speak.
        self.is_shared = is_shared
        self._on_event = on_event
        self._on_recovered = on_recovered
        self._name = secrets.token_hex(8)
        self._channel: str | None = None
        self._joined: set[DocumentId] = {EVERY_DOCUMENT}
        self._task: asyncio.Task[None] | None = None
        self._is_down = False

    async def start(self, keep: Keep | None = None) -> None:
        """Begin to listen; ``keep`` sees to it that this goes on."""
        if self._task is None:
            ready = asyncio.Event()
            if keep is None:
                self._task = asyncio.create_task(self._listen(ready))
            else:
                self._task = keep("bus", lambda: self._listen(ready))
            await ready.wait()

    async def stop(self) -> None:
        """Stop listening."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def join(self, document_id: DocumentId) -> None:
        """Hear events of a document from now on."""
        self._joined.add(document_id)
        await self._guarded_add(document_id)

    async def leave(self, document_id: DocumentId) -> None:
        """Hear no more events of a document."""
        self._joined.discard(document_id)
        if self._channel is None:
            return
        try:
            await self._layer.group_discard(group_name(document_id), self._channel)
        except Exception as error:  # noqa: BLE001  # a layer may raise anything; it is a doorbell
            self._failed(error)

    async def publish(self, event: BusEvent) -> None:
        """Send ``event`` to the other processes; dropped where the layer is down."""
        if not self.is_shared:
            return
        try:
            await self._layer.group_send(group_name(event.document_id), to_wire(event, self._name))
        except Exception as error:  # noqa: BLE001  # a layer may raise anything; it is a doorbell
            self._failed(error)

    async def _listen(self, ready: asyncio.Event) -> None:
        while True:
            try:
                channel = await self._layer.new_channel("bus")  # type: ignore[call-arg]
                for document_id in tuple(self._joined):
                    await self._layer.group_add(group_name(document_id), channel)
                self._channel = channel
                if self._is_down:
                    self._is_down = False
                    logger.info("channel layer answers again")
                    self._on_recovered()
                ready.set()
                while True:
                    message = await self._layer.receive(channel)
                    if message.get("from") != self._name:
                        self._hear(message)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001  # a layer may raise anything
                self._failed(error)
                ready.set()
                await asyncio.sleep(RETRY_S)

    def _hear(self, message: dict[str, object]) -> None:
        try:
            event = from_wire(message)
        except (KeyError, TypeError, ValueError) as error:
            logger.warning("bus event passed over: %s", error)
            return
        try:
            self._on_event(event)
        except Exception:  # of this event only: the bus is not to blame
            logger.exception("bus event could not be acted on")

    async def _guarded_add(self, document_id: DocumentId) -> None:
        if self._channel is None:
            return
        try:
            await self._layer.group_add(group_name(document_id), self._channel)
        except Exception as error:  # noqa: BLE001  # a layer may raise anything; it is a doorbell
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        if not self._is_down:
            self._is_down = True
            logger.warning("channel layer down (%s): the log is read instead", error)
