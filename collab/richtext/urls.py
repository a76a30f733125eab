"""Which addresses a document may name."""

from __future__ import annotations

import unicodedata

LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
IMAGE_SCHEMES = frozenset({"http", "https"})


def safe_link(value: object) -> str | None:
    """Return ``value`` as an address that a link may have, or None."""
    return _safe(value, LINK_SCHEMES)


def safe_image(value: object) -> str | None:
    """Return ``value`` as an address that an image may be loaded from, or None."""
    return _safe(value, IMAGE_SCHEMES)


def _safe(value: object, schemes: frozenset[str]) -> str | None:
    if not isinstance(value, str):
        return None
    # Browsers drop control characters and spaces before they look for the scheme.
    address = "".join(char for char in value if unicodedata.category(char) != "Cc").strip()
    if not address:
        return None
    head, colon, _ = address.partition(":")
    if colon and not any(sign in head for sign in "/?#") and head.lower() not in schemes:
        return None
    return address
