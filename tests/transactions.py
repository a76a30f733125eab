"""What is done while a transaction is open: on SQLite nobody else can write meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import pytest
from django.db.transaction import Atomic

#: Packages that read, write, compare or convert content, in time that grows with it.
CONTENT = (
    "collab.richtext",
    "collab.formats",
    "collab.crdt",
    "collab.search.text",
    "html5lib",
    "markdown_it",
    "mdit_py_plugins",
    "zipfile",
    "hashlib",
    "subprocess",
)
#: What they do in no time: make an error, compare a number with two bounds.
CHEAP = frozenset({"collab.richtext.errors", "collab.crdt.rescue_ids"})


@dataclass
class Inside:
    """What was done in transactions that were opened while it looked."""

    #: Functions of CONTENT, as ``module.function``.
    made: set[str] = field(default_factory=set)
    #: Calls of any kind.
    calls: int = 0
    count: int = 0
    _depth: int = 0

    def begin(self) -> None:
        """Note that a transaction is opened, or a savepoint in it."""
        self._depth += 1
        if self._depth == 1:
            self.count += 1
            sys.setprofile(self._profile)

    def end(self) -> None:
        """Note that it is closed."""
        self._depth -= 1
        if self._depth == 0:
            sys.setprofile(None)

    def _profile(self, frame: FrameType, event: str, _about: Any) -> None:
        if event not in ("call", "c_call"):
            return
        self.calls += 1
        module = str(frame.f_globals.get("__name__"))
        if event == "call" and module.startswith(CONTENT) and module not in CHEAP:
            self.made.add(f"{module}.{frame.f_code.co_name}")


@contextmanager
def looking_inside() -> Iterator[Inside]:
    """Look at what is done in transactions that begin in the block, in this thread."""
    inside = Inside()
    enter, leave = Atomic.__enter__, Atomic.__exit__

    def entered(self: Atomic) -> None:
        enter(self)
        inside.begin()

    def left(self: Atomic, *about: Any) -> None:
        inside.end()
        leave(self, *about)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Atomic, "__enter__", entered)
        patch.setattr(Atomic, "__exit__", left)
        yield inside
