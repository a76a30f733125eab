"""Why a conversion was not done; each message is a sentence for people."""

from __future__ import annotations


class ConversionError(Exception):
    """The document could not be written, or the file not be read."""


class UnknownFormat(ConversionError):
    """There is no such format, or none that goes this way."""


class Busy(ConversionError):
    """All processes are taken; the same will work later."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("The server is converting other documents. Try again in a moment.")
        self.wait_s = wait_s


class TooLarge(ConversionError):
    """It takes more memory, time or space than the server gives."""


class Unreadable(ConversionError):
    """The file is not what it says it is: broken, locked, or of another kind."""
