"""What is asked of a server."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Load:
    """One measurement; a JSON object on the command line."""

    mode: str
    url: str
    documents: list[str]
    named: bool = False
    #: One bearer token per writer of a document, or none at all.
    tokens: list[str] = field(default_factory=list)
    #: Other addresses of the same rooms: writers of a document take them in turn.
    more_urls: list[str] = field(default_factory=list)
    #: Processes whose CPU and memory are the server's.
    pids: list[int] = field(default_factory=list)
    clients: int = 2
    #: Of the clients of a document; 0: all write.
    writers: int = 0
    rate: float = 5.0
    seconds: float = 5.0
    #: Characters of an update.
    length: int = 1
    stage_s: float = 1.5
    factor: float = 1.5
    stages: int = 14
    #: Clients that stop reading, beside the others.
    stalled: int = 0
    seed: str = ""
    repetitions: int = 7
