"""What readers refuse, in the language of whoever asks: they are pure, and speak English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext

if TYPE_CHECKING:
    from collab.richtext.errors import FormatError


def format_error_text(error: FormatError) -> str:
    """Return what the error says, a sentence for people."""
    return gettext(error.sentence) % error.values
