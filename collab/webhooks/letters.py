"""The letter about a webhook that is no longer sent to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from collab.accounts.mail import Letter

if TYPE_CHECKING:
    from collab.webhooks.models import Webhook


def disabled(*, webhook: Webhook, days: int, is_gone: bool) -> Letter:
    """To the owner: their webhook was switched off."""
    words = {"address": webhook.url, "days": days}
    why = (
        _("%(address)s answered that it wants no more deliveries (410).")
        if is_gone
        else _("%(address)s has not taken any delivery for %(days)s days.")
    )
    return Letter(
        _("Your webhook was switched off"),
        (
            why % words,
            _("Nothing more is sent to it. Switch it on again on the page of your webhooks."),
        ),
    )
