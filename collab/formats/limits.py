"""How much a conversion may take; docs/settings.md says why each has its default."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one conversion, and of how many run at a time."""

    #: Processes of pandoc and typst at a time, in one server process.
    processes: int = 2
    #: How long a conversion waits for its turn before it is told to come again.
    waiting_s: float = 15.0
    timeout_s: float = 30.0
    memory_bytes: int = 2048 * MB
    output_bytes: int = 100 * MB
    #: One image, and all of a document.
    image_bytes: int = 20 * MB
    images_bytes: int = 60 * MB
    #: A file that comes in, and what it unpacks to.
    import_bytes: int = 25 * MB
    unpacked_bytes: int = 200 * MB
    unpacked_entries: int = 5_000
    #: Unpacked to packed: text packs 10 to 20 to one, a bomb a thousand.
    unpacked_ratio: int = 200
    #: Text that a document may begin with: each character is kept in memory by every reader.
    text_chars: int = 5_000_000
