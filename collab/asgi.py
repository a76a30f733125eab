"""Composition root: builds the adapters, gives them to the rooms, wraps sessions around sockets."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab.settings.dev")
http_application = get_asgi_application()


# These need the apps that the call above has loaded.
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.exceptions import ImproperlyConfigured  # noqa: E402

from collab.accounts.counters import EVERY_S as COUNTERS_EVERY_S  # noqa: E402
from collab.accounts.counters import forget_old_counters  # noqa: E402
from collab.accounts.mail_queue import EVERY_S as LETTERS_EVERY_S  # noqa: E402
from collab.accounts.mail_queue import send_what_waits  # noqa: E402
from collab.api.idempotency import EVERY_S as ANSWERS_EVERY_S  # noqa: E402
from collab.api.idempotency import forget_old_answers  # noqa: E402
from collab.attachments.collect import EVERY_S as ATTACHMENTS_EVERY_S  # noqa: E402
from collab.attachments.collect import collect_unused  # noqa: E402
from collab.documents.upkeep import EVERY_S as TRASH_EVERY_S  # noqa: E402
from collab.documents.upkeep import purge_what_is_due  # noqa: E402
from collab.history.compaction import EVERY_S as COMPACTION_EVERY_S  # noqa: E402
from collab.history.rescuing import EVERY_S as RESCUING_EVERY_S  # noqa: E402
from collab.history.rescuing import rescue_what_is_due  # noqa: E402
from collab.history.update_log import DatabaseUpdateLog, compact_what_is_due  # noqa: E402
from collab.history.upkeep import EVERY_S as HISTORY_EVERY_S  # noqa: E402
from collab.history.upkeep import history_upkeep  # noqa: E402
from collab.library.erasing import EVERY_S as ERASING_EVERY_S  # noqa: E402
from collab.library.erasing import erase_what_waits  # noqa: E402
from collab.operations.quarantine import EVERY_S as QUARANTINE_EVERY_S  # noqa: E402
from collab.operations.quarantine import quarantine_prune, records_quarantine  # noqa: E402
from collab.realtime.chores import Chore  # noqa: E402
from collab.realtime.config import RealtimeConfig  # noqa: E402
from collab.realtime.loopback import loopback_only  # noqa: E402
from collab.realtime.registry import Registry  # noqa: E402
from collab.realtime.routing import routes  # noqa: E402
from collab.room.room import RoomLimits  # noqa: E402
from collab.search.upkeep import EVERY_S as SEARCH_EVERY_S  # noqa: E402
from collab.search.upkeep import search_upkeep  # noqa: E402
from collab.web.bodies import LEAST, BodyLimits  # noqa: E402
from collab.webhooks.sending import EVERY_S as WEBHOOKS_EVERY_S  # noqa: E402
from collab.webhooks.sending import deliver_what_is_due  # noqa: E402
from collab.webhooks.services import PRUNE_EVERY_S, forget_old_deliveries  # noqa: E402


def realtime_config() -> RealtimeConfig:
    """Return what the settings say about live rooms."""
    env = settings.ENV
    return RealtimeConfig(
        allowed_hosts=tuple(settings.ALLOWED_HOSTS),
        trusted_origins=tuple(settings.CSRF_TRUSTED_ORIGINS),
        session_cookie=settings.SESSION_COOKIE_NAME,
        is_shared=bool(env.redis_url),
        room_idle_s=env.room_idle_s,
        room_sweep_s=env.room_sweep_s,
        room_compare_s=env.room_compare_s,
        commit_interval_s=env.commit_interval_ms / 1000,
        commit_max_waiting_bytes=env.commit_max_waiting_bytes,
        checkpoint_every=env.checkpoint_every,
        max_frame_bytes=env.max_frame_bytes,
        max_reader_frame_bytes=env.max_reader_frame_bytes,
        max_frame_parts=env.max_frame_parts,
        max_peers_per_room=env.max_peers_per_room,
        max_peers=env.max_peers,
        max_peers_per_person=env.max_peers_per_person,
        max_peers_per_address=env.max_peers_per_address,
        max_room_peers_per_person=env.max_room_peers_per_person,
        max_room_peers_per_address=env.max_room_peers_per_address,
        members_share=env.members_share,
        peer_frames_per_s=env.peer_frames_per_s,
        peer_burst_frames=env.peer_burst_frames,
        slow_peer_s=env.slow_peer_s,
        drain_spread_s=env.drain_spread_s,
        census_s=env.census_s,
        watchdog_s=env.watchdog_s,
        room=RoomLimits(
            max_update_bytes=env.max_update_bytes,
            max_document_bytes=env.max_document_bytes,
            max_frame_bytes=env.max_frame_bytes,
        ),
    )


def chores() -> list[Chore]:
    """Return the background work of a process."""
    return [
        Chore("history", HISTORY_EVERY_S, history_upkeep),
        Chore("compaction", COMPACTION_EVERY_S, partial(compact_what_is_due, records_quarantine)),
        Chore("erasing", ERASING_EVERY_S, erase_what_waits),
        Chore("rescuing", RESCUING_EVERY_S, rescue_what_is_due),
        Chore("trash", TRASH_EVERY_S, purge_what_is_due),
        Chore("search", SEARCH_EVERY_S, search_upkeep),
        Chore("counters", COUNTERS_EVERY_S, forget_old_counters),
        Chore("answers", ANSWERS_EVERY_S, forget_old_answers),
        Chore("attachments", ATTACHMENTS_EVERY_S, collect_unused),
        Chore("quarantine", QUARANTINE_EVERY_S, quarantine_prune),
        Chore("letters", LETTERS_EVERY_S, send_what_waits),
        Chore("webhooks", WEBHOOKS_EVERY_S, deliver_what_is_due),
        Chore("webhook log", PRUNE_EVERY_S, forget_old_deliveries),
    ]


def build_registry() -> Registry:
    """Return this process's live rooms."""
    layer = get_channel_layer()
    if layer is None:
        raise RuntimeError("CHANNEL_LAYERS has no default layer")
    return Registry(DatabaseUpdateLog(records_quarantine), layer, realtime_config(), chores())


def with_body_limits(app: Any) -> BodyLimits:
    """Return the pages and REST behind the limits of what a request may bring, by route."""
    env = settings.ENV
    document = r"/api/v1/documents/[^/]+"
    return BodyLimits(
        app,
        [
            (r"/(healthz|readyz|metrics)/?", 0),
            # A zip of several files, each of which may have IMPORT_MAX_BYTES.
            (r"/api/v1/documents/import/?", 4 * env.import_max_bytes + LEAST),
            (rf"{document}/attachments/?", env.attachment_max_bytes + LEAST),
        ],
        otherwise=env.upload_max_bytes,
        session_cookie=settings.SESSION_COOKIE_NAME,
        idle_s=env.body_idle_s,
    )


if settings.SERVING_FAULT is not None:
    raise ImproperlyConfigured(settings.SERVING_FAULT)
registry = build_registry()
# No middleware around the sockets: the entrance itself reads who they are, for many at once.
application: Any = ProtocolTypeRouter(
    {"http": with_body_limits(http_application), "websocket": routes(registry)}
)
if settings.LOOPBACK_ONLY:
    application = loopback_only(application)
