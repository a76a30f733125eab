"""Secrets and signatures, as the Standard Webhooks specification has them.

A secret is made from the webhook's id and the server's ``SECRET_KEY``, so that a copy of the
database gives nobody the power to sign. With another ``SECRET_KEY`` all secrets are others.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

from django.utils.crypto import salted_hmac

PREFIX = "whsec_"
_SALT = "collab.webhooks.secret"


def secret_of(webhook_id: UUID) -> str:
    """Return the secret of a webhook, as its owner is shown it once."""
    return PREFIX + base64.b64encode(_key(webhook_id)).decode("ascii")


def signature(webhook_id: UUID, *, delivery_id: UUID, timestamp: int, body: bytes) -> str:
    """Return what ``webhook-signature`` says.

    Args:
        webhook_id: whose secret signs.
        delivery_id: what ``webhook-id`` says.
        timestamp: what ``webhook-timestamp`` says, in seconds since 1970.
        body: as it is sent.
    """
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key(webhook_id), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode("ascii")


def _key(webhook_id: UUID) -> bytes:
    return salted_hmac(_SALT, webhook_id.bytes, algorithm="sha256").digest()
