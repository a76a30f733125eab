"""What a peer may do in a room. The document's policy decides which of these a person has."""

from __future__ import annotations

from enum import Enum


class Access(Enum):
    """The values are those that the page is told."""

    READ = "read"
    COMMENT = "comment"
    WRITE = "write"
