"""Several server processes behind one port: started, watched, drained, rolled. See docs/adr/0011.

The supervisor opens the listening socket and every worker accepts from it, so a connection that
waits while one worker restarts is taken by another. It serves nothing itself: nothing that a peer
sends can break it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

logger = logging.getLogger(__name__)

#: A worker that does not say that it serves within this time is taken for failed, in seconds.
START_PATIENCE_S = 60.0
#: A worker that does not end within this time after SIGTERM is killed, in seconds.
DRAIN_PATIENCE_S = 40.0
#: A worker that lived shorter than this is started again only after a pause, in seconds.
SHORT_LIFE_S = 5.0
PAUSE_S = 1.0
MAX_PAUSE_S = 30.0
READY = b"ready"


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    #: The worker says here that it serves; it drains when this end is gone.
    line: socket.socket
    started_at: float = field(default_factory=time.monotonic)

    def is_ready(self, within_s: float) -> bool:
        """Wait for the worker's word that it serves."""
        if select.select([self.line], [], [], within_s)[0]:
            with contextlib.suppress(OSError):
                return self.line.recv(len(READY)) == READY
        return False


class Supervisor:
    """Keeps ``size`` workers serving.

    Args:
        command: what a worker is; ``--fd N --line N`` is added.
        listener: the socket that all accept from.
        size: how many workers there are.
        announce: called when all of them serve for the first time.
        on_ended: called with the process id of each that has ended.
        environment: of the workers; None: that of this process.
    """

    def __init__(
        self,
        command: Sequence[str],
        listener: socket.socket,
        size: int,
        announce: Callable[[], None],
        on_ended: Callable[[int], object] = lambda _pid: None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = command
        self._listener = listener
        self._size = size
        self._announce = announce
        self._on_ended = on_ended
        self._environment = environment
        self._workers: list[_Worker] = []
        self._ends = False
        self._rolls = False
        self._pause_s = PAUSE_S

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; SIGHUP replaces the workers one by one.

        Returns:
            The exit status: 0 unless no worker could be started.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_end)
        signal.signal(signal.SIGHUP, self._on_roll)
        self._workers = [self._start() for _ in range(self._size)]
        is_served = [worker.is_ready(START_PATIENCE_S) for worker in self._workers]
        if not any(is_served) and not self._ends:
            logger.error("no worker could be started")
            self._end_all()
            return 1
        self._announce()
        while not self._ends:
            self._replace_dead()
            if self._rolls:
                self._rolls = False
                self._roll()
            self._rest(0.2)
        self._end_all()
        return 0

    def _on_end(self, _number: int, _frame: FrameType | None) -> None:
        self._ends = True

    def _on_roll(self, _number: int, _frame: FrameType | None) -> None:
        self._rolls = True

    def _start(self) -> _Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            fds = (self._listener.fileno(), theirs.fileno())
            process = subprocess.Popen(  # noqa: S603  # our own command, no shell
                [*self._command, "--fd", str(fds[0]), "--line", str(fds[1])],
                pass_fds=fds,
                env=self._environment,
                # A terminal's Ctrl+C is for the supervisor, which drains all.
                process_group=0,
            )
        return _Worker(process, ours)

    def _replace_dead(self) -> None:
        for index, worker in enumerate(self._workers):
            status = worker.process.poll()
            if status is None or self._ends:
                continue
            worker.line.close()
            self._on_ended(worker.process.pid)
            lived_s = time.monotonic() - worker.started_at
            logger.error("worker %d ended with %d, starting another", worker.process.pid, status)
            if lived_s < SHORT_LIFE_S:
                self._rest(self._pause_s)
                self._pause_s = min(self._pause_s * 2, MAX_PAUSE_S)
            else:
                self._pause_s = PAUSE_S
            self._workers[index] = self._start()

    def _roll(self) -> None:
        """Replace each worker: the new one serves before the old one drains."""
        for index, old in enumerate(self._workers):
            if self._ends:
                return
            new = self._start()
            if not new.is_ready(START_PATIENCE_S):
                logger.error("a new worker does not serve: the roll is given up")
                _end([new])
                return
            self._workers[index] = new
            _end([old])
            self._on_ended(old.process.pid)
        logger.info("all workers are new")

    def _end_all(self) -> None:
        _end(self._workers)
        self._listener.close()

    def _rest(self, seconds: float) -> None:
        """Sleep, but not past a signal to end."""
        until = time.monotonic() + seconds
        while not self._ends and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))


def _end(workers: Sequence[_Worker]) -> None:
    """Drain workers and wait for them; kill what does not end."""
    for worker in workers:
        worker.process.terminate()
    deadline = time.monotonic() + DRAIN_PATIENCE_S
    for worker in workers:
        try:
            worker.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            logger.error("worker %d does not drain, killed", worker.process.pid)
            worker.process.kill()
            worker.process.wait()
        worker.line.close()


def open_listener(host: str, port: int) -> socket.socket:
    """Return a listening socket that workers can inherit.

    Raises:
        OSError: the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=2048)
    # Several processes wait on it: one that lost the race must not block in accept().
    listener.setblocking(False)
    return listener


class Line:
    """A worker's end of the line to its supervisor."""

    def __init__(self, fd: int) -> None:
        os.set_inheritable(fd, False)
        self._socket = socket.socket(fileno=fd)
        self._socket.setblocking(False)

    def say_ready(self) -> None:
        """Tell the supervisor that this worker serves."""
        self._socket.send(READY)

    def fileno(self) -> int:
        """Return what becomes readable when the supervisor is gone."""
        return self._socket.fileno()
