"""Settings of a server whose CRDT hangs when it is given `HANG`, as yrs did on hostile input."""

from __future__ import annotations

import re
from collections.abc import Sequence

from collab.crdt.doc import LiveDoc
from collab.settings.dev import *  # noqa: F403  # the Django way to extend settings
from collab.types import Update

HANG = "hang, and never let go"

_apply = LiveDoc.apply


def apply(self: LiveDoc, updates: Sequence[Update]) -> Update | None:
    """Apply; or search in C for longer than anybody lives, holding the interpreter's lock."""
    if any(HANG.encode() in bytes(update) for update in updates):
        re.match(r"(a+)+$", "a" * 64 + "b")
    return _apply(self, updates)


LiveDoc.apply = apply  # type: ignore[method-assign]  # that is the point
