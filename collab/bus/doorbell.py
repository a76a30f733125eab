"""How services tell live rooms that something changed: one call, after commit.

Synchronous code (views, admin, commands) rings here and touches no room. A lost ring costs time,
not truth: rooms also look the database up every ROOM_SWEEP_S seconds.
"""

from __future__ import annotations

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from collab.bus.events import BusEvent, to_wire
from collab.types import DocumentId

logger = logging.getLogger(__name__)


def group_name(document_id: DocumentId) -> str:
    """Return the channel-layer group of a document: a member per process with its room open."""
    return f"document.{document_id.hex}"


def ring_on_commit(event: BusEvent) -> None:
    """Send ``event`` to every process that has the document open, once the transaction commits."""
    transaction.on_commit(lambda: _ring(event))


def _ring(event: BusEvent) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(group_name(event.document_id), to_wire(event, sender=""))
    except Exception:  # noqa: BLE001  # whatever the layer raises, the change itself is committed
        logger.warning("channel layer down: rooms learn of %s by their sweep", type(event).__name__)
