"""Deliveries go out: claimed by one process at a time, tried again until they are taken.

A webhook is sent to by one thread of one process, oldest delivery first. The claim is a time on its
row, set under a lock: when the process dies the time passes, and another goes on. A delivery whose
answer was lost with the process is sent again, under the same id.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connections, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from collab.webhooks.connecting import Answer, NoAnswer, post
from collab.webhooks.models import MAX_ANSWER_CHARS, Delivery, Webhook
from collab.webhooks.services import webhook_disable
from collab.webhooks.signing import signature

logger = logging.getLogger(__name__)

EVERY_S = 1.0
#: A claim is good for this and the time that a receiver may take: it passes only when its process
#: is dead. The resolver, whose patience is its own, takes up to half a minute.
LEASE_S = 50.0
#: A thread leaves a webhook after so long, for others to have their turn.
TURN_S = 30.0
#: The pause before the next attempt grows by this, up to MAX_PAUSE_S.
GROWTH: Final = 4
MAX_PAUSE_S: Final = 6 * 3600.0
#: The receiver says that it wants nothing any more.
GONE = 410

_sending = 0
_lock = threading.Lock()


def deliver_what_is_due() -> None:
    """Do one turn of the chore: begin what is due, as far as there are threads; wait for none."""
    free = settings.ENV.webhook_senders - _sending
    if free > 0 and _due(timezone.now()).exists():
        for webhook_id in claim(free):
            _begin(webhook_id)


def pause_s(attempts: int, first_s: float, dice: Callable[[], float] = random.random) -> float:
    """Return how long to wait after attempt ``attempts``: half as long to half as long again."""
    pause = first_s * float(GROWTH) ** min(attempts - 1, 20)
    return min(pause, MAX_PAUSE_S) * (0.5 + dice())


def claim(count: int) -> list[UUID]:
    """Take up to ``count`` webhooks that have something due and that nobody sends to."""
    now = timezone.now()
    with transaction.atomic():
        # On SQLite the transaction has the write lock from its beginning: as good as row locks.
        hooks = _due(now).select_for_update(skip_locked=True, of=("self",))
        taken = [hook.pk for hook in hooks.order_by(F("since"), "pk")[:count]]
        Webhook.objects.filter(pk__in=taken).update(busy_until=now + _lease())
    return taken


def _due(now: datetime) -> QuerySet[Webhook]:
    waiting = _waiting(now).filter(webhook=OuterRef("pk")).order_by("next_attempt_at")
    # Who has waited longest is first, so that no webhook keeps the others from their turn.
    hooks = Webhook.objects.annotate(since=Subquery(waiting.values("next_attempt_at")[:1]))
    return hooks.exclude(since=None).filter(
        Q(busy_until=None) | Q(busy_until__lt=now), is_active=True, owner__is_active=True
    )


def _waiting(now: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(state=Delivery.State.WAITING, next_attempt_at__lte=now)


def _begin(webhook_id: UUID) -> None:
    global _sending  # how many threads of this process send
    with _lock:
        _sending += 1
    # A daemon: a process that ends does not wait for receivers; what it had begun is sent again.
    try:
        threading.Thread(target=_run, args=[webhook_id], daemon=True, name="webhook").start()
    except RuntimeError:  # the system gives no thread: the claim passes and another turn comes
        with _lock:
            _sending -= 1
        raise


def _run(webhook_id: UUID) -> None:
    global _sending  # as above
    try:
        send_claimed(webhook_id)
    except Exception:  # whatever it was, the claim passes and another turn comes
        logger.exception("deliveries to webhook %s stopped", webhook_id)
    finally:
        with _lock:
            _sending -= 1
        connections.close_all()


def send_claimed(webhook_id: UUID) -> None:
    """Send what is due to a webhook that this process has claimed, then let it go."""
    ends_at = time.monotonic() + TURN_S
    while time.monotonic() < ends_at:
        delivery = _next(webhook_id)
        if delivery is None:
            break
        began = time.monotonic()
        outcome = _attempt(delivery)
        _record(delivery, outcome, round((time.monotonic() - began) * 1000))
    Webhook.objects.filter(pk=webhook_id).update(busy_until=None)


def _next(webhook_id: UUID) -> Delivery | None:
    """Return the oldest delivery that is due, with one more attempt begun."""
    now = timezone.now()
    with transaction.atomic():
        # Waits for whoever adds edits to it: they are in, or they make another delivery.
        rows = _waiting(now).filter(webhook=webhook_id, webhook__is_active=True)
        delivery = rows.select_for_update(of=("self",)).order_by("created_at", "id").first()
        if delivery is None:
            return None
        delivery.attempts += 1
        delivery.attempted_at = now
        delivery.save(update_fields=["attempts", "attempted_at"])
        Webhook.objects.filter(pk=webhook_id).update(busy_until=now + _lease())
    return delivery


def _lease() -> timedelta:
    return timedelta(seconds=LEASE_S + settings.ENV.webhook_timeout_s)


@dataclass(frozen=True, slots=True)
class _Outcome:
    status: int | None
    answer: str

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def _attempt(delivery: Delivery) -> _Outcome:
    env = settings.ENV
    body = delivery.body.encode("utf-8")
    timestamp = int(time.time())
    signed = signature(delivery.webhook_id, delivery_id=delivery.pk, timestamp=timestamp, body=body)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Scriptorium-Webhooks/1",
        "Connection": "close",
        "webhook-id": str(delivery.pk),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signed,
    }
    try:
        answer: Answer = post(
            delivery.webhook.url,
            body,
            headers,
            timeout_s=env.webhook_timeout_s,
            allow_private=env.webhook_allow_private,
        )
    except NoAnswer as error:
        return _Outcome(None, str(error))
    return _Outcome(answer.status, answer.excerpt)


def _record(delivery: Delivery, outcome: _Outcome, duration_ms: int) -> None:
    env, now = settings.ENV, timezone.now()
    delivery.status = outcome.status
    # PostgreSQL takes no NUL.
    delivery.answer = outcome.answer.replace("\x00", "")[:MAX_ANSWER_CHARS]
    delivery.duration_ms = duration_ms
    if outcome.is_taken:
        delivery.state = Delivery.State.DELIVERED
    elif outcome.status == GONE or delivery.attempts >= env.webhook_attempts:
        delivery.state = Delivery.State.FAILED
    else:
        pause = pause_s(delivery.attempts, env.webhook_retry_s)
        delivery.next_attempt_at = now + timedelta(seconds=pause)
    with transaction.atomic():
        hook = Webhook.objects.select_for_update().filter(pk=delivery.webhook_id).first()
        if hook is None:
            return
        delivery.save(update_fields=["state", "status", "answer", "duration_ms", "next_attempt_at"])
        hook.failing_since = None if outcome.is_taken else hook.failing_since or now
        hook.save(update_fields=["failing_since"])
        limit = timedelta(days=env.webhook_disable_days)
        is_long = hook.failing_since is not None and now - hook.failing_since >= limit
        if outcome.status == GONE or is_long:
            webhook_disable(webhook=hook, is_gone=outcome.status == GONE)
