"""Calls of pycrdt, kept from taking the process with them.

pycrdt raises ``PanicException``, a BaseException, on some well-formed input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class CrdtFailure(Exception):
    """The CRDT library failed: throw the document away and build it from the log."""


def contained(act: Callable[[], T]) -> T:
    """Run ``act``, which calls pycrdt; whatever that raises is a ``CrdtFailure``."""
    try:
        return act()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # pyo3's PanicException is no Exception
        raise CrdtFailure(f"{type(error).__name__}: {error}") from error
