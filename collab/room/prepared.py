"""A large update, taken apart and checked before it comes to its room."""

from __future__ import annotations

from dataclasses import dataclass

from collab.crdt import keystroke
from collab.crdt.gate import Verdict
from collab.crdt.update import DecodedUpdate, UpdateError
from collab.types import Update


@dataclass(frozen=True, slots=True)
class Prepared:
    """A large update, taken apart and checked beside the event loop."""

    decoded: DecodedUpdate | UpdateError
    #: None: the gate was not ready.
    verdict: Verdict | None


def decoded_of(update: Update, prepared: Prepared | None) -> DecodedUpdate | UpdateError:
    """Return an update, taken apart, or what is wrong with it."""
    if prepared is not None:
        return prepared.decoded
    try:
        return keystroke.decode(update)
    except UpdateError as error:
        return error
