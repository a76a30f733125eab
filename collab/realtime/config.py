"""What the live rooms are told at start. Core code never reads Django's settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from collab.room.room import RoomLimits


@dataclass(frozen=True, slots=True)
class RealtimeConfig:
    """Settings of the live rooms; docs/settings.md says why each has its default."""

    allowed_hosts: tuple[str, ...] = ("localhost", "127.0.0.1")
    #: Origins of other sites whose pages may open sockets, as scheme://host[:port].
    trusted_origins: tuple[str, ...] = ()
    session_cookie: str = "sessionid"
    #: Whether other processes hear the channel layer.
    is_shared: bool = False
    room_idle_s: float = 30.0
    room_sweep_s: float = 5.0
    room_compare_s: float = 60.0
    commit_interval_s: float = 0.04
    commit_max_waiting_bytes: int = 64 * 1024 * 1024
    #: How long a process that ends waits for a database that takes nothing.
    drain_commit_s: float = 10.0
    checkpoint_every: int = 500
    max_frame_bytes: int = 8 * 1024 * 1024
    #: The largest update of a peer that may not write, beyond what the document has deleted.
    max_reader_frame_bytes: int = 64 * 1024
    #: Structs, deleted ranges and values of one update.
    max_frame_parts: int = 300_000
    max_peers_per_room: int = 500
    max_peers: int = 10_000
    #: Of one person and of one address: in this process, and in one room.
    max_peers_per_person: int = 500
    max_peers_per_address: int = 5_000
    max_room_peers_per_person: int = 100
    max_room_peers_per_address: int = 250
    #: Of the places in a room and in the process: only for members of the document.
    members_share: float = 0.2
    peer_frames_per_s: float = 500.0
    peer_burst_frames: float = 5_000.0
    slow_peer_s: float = 30.0
    drain_spread_s: float = 1.0
    census_s: float = 3.0
    watchdog_s: float = 30.0
    room: RoomLimits = field(default_factory=RoomLimits)
