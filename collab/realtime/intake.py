"""What a peer sends, on its way to the room: weighed, and what is large taken apart elsewhere.

A frame costs by its bytes and by its parts, not by being one (docs/adr/0071). A small one is
decoded where it arrives: a keystroke must not wait for a thread. A large one is decoded and checked
in a thread that all large frames of the process share, so that no turn of the event loop is long;
the peer's next frame waits for it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from collab.crdt import keystroke
from collab.crdt.chains import shortened
from collab.crdt.gate import Gate
from collab.crdt.update import UpdateError, decode_state_vector
from collab.protocol.close_codes import CloseCode
from collab.protocol.codec import FrameError, decode
from collab.protocol.messages import (
    Awareness,
    Message,
    QueryAwareness,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
)
from collab.realtime.config import RealtimeConfig
from collab.room.access import Access
from collab.room.prepared import Prepared

if TYPE_CHECKING:
    from collab.realtime.runner import RoomRunner
    from collab.types import PeerId, Update

#: Frames up to here are decoded where they arrive: 5 ms at the worst.
LARGE_BYTES = 8 * 1024
#: What a frame that asks for the whole state counts as: such an answer takes milliseconds to make.
QUESTION_COST = 20.0
#: Bytes, entries of an awareness message, and parts of an update that count as one frame more.
BYTES_A_FRAME = 4096
ENTRIES_A_FRAME = 50
PARTS_A_FRAME = 100
#: What a page sends before its words when it comes: questions, carets, notes.
GREETING_FRAMES = 200


class Bucket:
    """A token bucket: ``rate`` frames a second on average, ``burst`` at once."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = now

    def take(self, now: float, frames: float = 1) -> bool:
        """Return whether one more frame, which costs as much as ``frames``, is within the limit."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < frames:
            return False
        self._left -= frames
        return True


def burst_of(config: RealtimeConfig) -> float:
    """Return what a peer may send at once: the largest frame that is allowed, at least.

    Who comes back with more is sent away to try again, and would come with the same each time.
    """
    largest = 1 + config.max_frame_bytes / BYTES_A_FRAME + config.max_frame_parts / PARTS_A_FRAME
    return max(config.peer_burst_frames, largest + GREETING_FRAMES)


def prepared(frame: bytes, gate: Gate, most_parts: int) -> tuple[Message, Prepared | None, int]:
    """Take a large frame apart and check what is in it; blocks, and belongs in a thread.

    The document goes on meanwhile, so the room looks whether the answer still holds: what a gate
    knows only grows.

    Returns:
        The message, what its update is, and how many parts that has.

    Raises:
        FrameError: it is no message.
    """
    message = decode(frame)
    match message:
        case SyncUpdate(update) | SyncStep2(update):
            try:
                decoded = keystroke.decode(update, most_parts)
            except UpdateError as error:
                return message, Prepared(error, None), 0
            parts = len(decoded.structs) + len(decoded.deletes)
            update, decoded = shortened(update, decoded)
            message = replace(message, update=update)
            verdict = gate.check(decoded) if gate.is_ready else None
            return message, Prepared(decoded, verdict), parts
        case SyncStep1(vector):
            try:
                return message, None, len(decode_state_vector(vector, most_parts))
            except UpdateError as error:
                raise FrameError(str(error)) from error
        case _:
            return message, None, 0


def taken_apart(update: Update, gate: Gate) -> Prepared:
    """Take a large record apart and check it, as ``prepared`` does with a frame."""
    try:
        decoded = keystroke.decode(update)
    except UpdateError as error:
        return Prepared(error, None)
    return Prepared(decoded, gate.check(decoded) if gate.is_ready else None)


class Intake:
    """Hands a peer's frames to its room; closes the peer where one is not in order."""

    __slots__ = ("_bucket", "_config", "_is_closed", "_now", "_peer", "_runner")

    def __init__(self, runner: RoomRunner, peer: PeerId, config: RealtimeConfig) -> None:
        self._runner = runner
        self._peer = peer
        self._config = config
        self._now = asyncio.get_running_loop().time
        self._bucket = Bucket(config.peer_frames_per_s, burst_of(config), self._now())
        self._is_closed = False

    def take(self, frame: bytes) -> bool:
        """Take a small frame.

        Returns:
            False where the peer is closed, for it or for one before, and where the frame is large.
        """
        size = len(frame)
        if self._is_closed or size > LARGE_BYTES:
            return False
        try:
            message = decode(frame)
        except FrameError as error:
            return self.close(CloseCode.BAD_FRAME, str(error))
        cost = 1 + size / BYTES_A_FRAME
        if isinstance(message, SyncStep1 | QueryAwareness | Awareness):
            cost += _beside_bytes(message)
        if not self._bucket.take(self._now(), cost):
            return self.close(CloseCode.TRY_AGAIN, "too many frames")
        self._runner.receive(self._peer, message)
        return True

    async def take_any(self, frame: bytes) -> bool:
        """Take a frame of any size; return False where the peer is closed."""
        if len(frame) <= LARGE_BYTES or self._is_closed:
            return self.take(frame)
        if len(frame) > self._config.max_frame_bytes:
            return self.close(CloseCode.FRAME_TOO_BIG, "frame too big")
        if not self._bucket.take(self._now(), 1 + len(frame) / BYTES_A_FRAME):
            return self.close(CloseCode.TRY_AGAIN, "too many frames")
        if self._is_beyond_right(frame):
            self._runner.deny_unread(self._peer)
            return True
        if frame[0] == 0 and frame[1] != 0:
            await self._runner.indexed()
        try:
            message, update, parts = await asyncio.get_running_loop().run_in_executor(
                self._runner.registry.large_frames,
                prepared,
                frame,
                self._runner.gate,
                self._config.max_frame_parts,
            )
        except FrameError as error:
            return self.close(CloseCode.BAD_FRAME, str(error))
        cost = parts / PARTS_A_FRAME + _beside_bytes(message)
        if not self._bucket.take(self._now(), cost):
            return self.close(CloseCode.TRY_AGAIN, "too many frames")
        self._runner.receive(self._peer, message, update)
        return not self._is_closed

    def _is_beyond_right(self, frame: bytes) -> bool:
        """Return whether an update is larger than one of a peer without words of its own can be.

        Who may not write sends what it has deleted in its copy: no more than we have.
        """
        is_update = frame[0] == 0 and frame[1] in (1, 2)
        return (
            is_update
            and self._runner.room.access_of(self._peer) is not Access.WRITE
            and len(frame) > self._config.max_reader_frame_bytes
            and len(frame) > self._config.max_reader_frame_bytes + 2 * self._runner.deleted_bytes()
        )

    def leave(self) -> None:
        """The socket is gone."""
        self._runner.leave(self._peer)

    def close(self, code: CloseCode, reason: str) -> bool:
        """Close the peer; nothing that it sends is taken any more."""
        self._is_closed = True
        self._runner.close_peer(self._peer, code, reason)
        return False


def _beside_bytes(message: Message) -> float:
    """Return what a message costs beside its bytes."""
    match message:
        case SyncStep1() | QueryAwareness():
            return QUESTION_COST
        case Awareness(entries):
            return len(entries) / ENTRIES_A_FRAME
        case _:
            return 0.0
