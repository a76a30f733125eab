"""What is to be sent, written down in the transaction of what happened; ``sending.py`` sends it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from collab.accounts.models import User
from collab.documents.happenings import Happened, Happening
from collab.webhooks.models import PING, Delivery, Webhook

TOO_MANY = "Too many deliveries wait for this webhook."


def note(sender: object, happened: Happened, **_: object) -> None:
    """Write a delivery for each webhook that wants to know; listens to ``happening``."""
    hooks = Webhook.objects.filter(
        Q(document=None) | Q(document_id=happened.document_id),
        owner_id=happened.owner_id,
        owner__is_active=True,
        is_active=True,
    )
    wanted = [hook for hook in hooks if happened.what.value in hook.events]
    if not wanted:
        return
    data = {
        "document": {"id": str(happened.document_id), "title": happened.title},
        **_with_people(happened.data),
    }
    for hook in wanted:
        if happened.what is not Happening.EDITED or not _joined(hook, happened, data):
            _write(hook, happened.what.value, data, happened)


def ping(*, webhook: Webhook) -> Delivery:
    """Write a delivery that tells of nothing, for its owner to see whether it comes."""
    return _write(webhook, PING, {"webhook": str(webhook.pk)}, None)


def _with_people(data: dict[str, Any]) -> dict[str, Any]:
    """Return ``data`` with people as REST shows them in place of their ids."""
    shown = dict(data)
    person, people = shown.pop("person", None), shown.pop("people", None)
    ids = {*(people or ()), *([] if person is None else [person])}
    found = User.objects.in_bulk(ids) if ids else {}

    def look(key: int) -> dict[str, Any]:
        return {"id": key, "name": found[key].shown_name if key in found else ""}

    if person is not None:
        shown["user"] = look(person)
    if people is not None:
        shown["authors"] = [look(key) for key in people]
    return shown


def _write(hook: Webhook, event: str, data: dict[str, Any], happened: Happened | None) -> Delivery:
    now = timezone.now()
    body = {"type": event, "timestamp": now.isoformat(), "data": data}
    # Edits are told when it is quiet, or at least after this: see _joined.
    is_edit = event == Happening.EDITED.value
    quiet = timedelta(seconds=settings.ENV.webhook_edit_s if is_edit else 0)
    waiting = hook.deliveries.filter(state=Delivery.State.WAITING)
    has_room = waiting.count() < settings.ENV.webhook_max_waiting
    return Delivery.objects.create(
        webhook=hook,
        event=event,
        document_id=None if happened is None else happened.document_id,
        body=json.dumps(body, ensure_ascii=False),
        state=Delivery.State.WAITING if has_room else Delivery.State.FAILED,
        answer="" if has_room else TOO_MANY,
        created_at=now,
        next_attempt_at=now + quiet,
    )


def _joined(hook: Webhook, happened: Happened, data: dict[str, Any]) -> bool:
    """Add edits to the delivery that waits to tell of edits just before; return whether one did."""
    row = (
        hook.deliveries.select_for_update()
        .filter(
            event=Happening.EDITED.value,
            document_id=happened.document_id,
            state=Delivery.State.WAITING,
            attempts=0,
        )
        .first()
    )
    if row is None:
        return False
    body = json.loads(row.body)
    authors = {author["id"]: author for author in (*body["data"]["authors"], *data["authors"])}
    body["data"] |= {**data, "first_seq": body["data"]["first_seq"]}
    body["data"]["authors"] = [authors[key] for key in sorted(authors)]
    row.body = json.dumps(body, ensure_ascii=False)
    row.save(update_fields=["body"])
    return True
