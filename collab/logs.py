"""What goes to the log: a record is one line, whatever is said in it.

Words of people, of their programs and of ours stand in messages. One that holds a line end could
write a line that looks like another record.
"""

from __future__ import annotations

import logging
from typing import Any


def one_line(words: str) -> str:
    """Return ``words`` with all that is no plain sign escaped: line ends, colours, directions."""
    if words.isprintable():
        return words
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape", "backslashreplace").decode()
        for each in words
    )


class OneLineFormatter(logging.Formatter):
    """Writes each record as one line; what follows of a traceback is set in, so that it shows."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's own name
        """Return the line of the record."""
        return one_line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802  # the same
        """Return the traceback, each of its lines set in."""
        return _set_in(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802  # the same
        """Return the stack, each of its lines set in."""
        return _set_in(super().formatStack(stack_info))


def _set_in(lines: str) -> str:
    return "\n".join(f"  | {one_line(line)}" for line in lines.split("\n"))
