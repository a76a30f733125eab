"""Server processes behind one port: started, watched, drained, rolled. See docs/adr/0011 and 0091.

``manage.py serve`` becomes this program, so it imports nothing but the standard library and runs by
its path, without the project's packages: it stays small, and nothing that a peer sends reaches it.
The supervisor holds the listening socket and every worker accepts from it, so a connection that
waits while one worker restarts is taken by another, or by the next.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

logger = logging.getLogger("collab.realtime.supervisor")

#: A worker that does not say that it serves within this time is ended, in seconds.
START_PATIENCE_S = 60.0
#: A worker that does not end within this time after SIGTERM is killed, in seconds.
DRAIN_PATIENCE_S = 40.0
#: A worker that served shorter than this is started again only after a pause, in seconds.
SHORT_LIFE_S = 5.0
PAUSE_S = 1.0
MAX_PAUSE_S = 30.0
#: So many workers in a row that ended before they served, while none serves: it will not get
#: better by itself. With the pauses between them: half a minute.
MAX_FAILED_STARTS = 5
#: How often the workers are looked at, in seconds.
LOOK_S = 0.1
READY = b"ready"


class _Adopted:
    """A child process that this one had before it became the supervisor."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._status: int | None = None

    def poll(self) -> int | None:
        if self._status is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                self._status = 1
            else:
                self._status = os.waitstatus_to_exitcode(status) if pid else None
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        until = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("worker", timeout or 0.0)
            time.sleep(0.02)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


class _Worker:
    """A process that serves, and the line on which it says so; it drains when our end is gone."""

    def __init__(self, process: subprocess.Popen[bytes] | _Adopted, line: socket.socket) -> None:
        self.process = process
        self.line = line
        self.started_at = time.monotonic()
        self.served_at: float | None = None

    def serves(self, wait_s: float = 0.0) -> bool:
        """Return whether the worker has said that it serves; wait for its word so long."""
        if self.served_at is None and select.select([self.line], [], [], wait_s)[0]:
            with contextlib.suppress(OSError):
                if self.line.recv(len(READY)) == READY:
                    self.served_at = time.monotonic()
        return self.served_at is not None

    @property
    def is_late(self) -> bool:
        """Whether it has not said in time that it serves."""
        return self.served_at is None and time.monotonic() - self.started_at > START_PATIENCE_S

    @property
    def was_short(self) -> bool:
        return self.served_at is None or time.monotonic() - self.served_at < SHORT_LIFE_S


class Supervisor:
    """Keeps ``size`` workers serving.

    Args:
        command: what a worker is; ``--fd N --line N`` is added.
        listener: the socket that all accept from.
        size: how many workers there are.
        announce: called when all of them serve for the first time.
        adopted: a worker that runs already, by its process id, and our end of its line.
        on_ended: called with the process id of each that has ended.
        ends_on_hangup: SIGHUP ends: a terminal that was closed sends it. Else it rolls.
    """

    def __init__(
        self,
        command: Sequence[str],
        listener: socket.socket,
        size: int,
        announce: Callable[[], None],
        *,
        adopted: tuple[int, socket.socket] | None = None,
        on_ended: Callable[[int], object] = lambda _pid: None,
        ends_on_hangup: bool = False,
    ) -> None:
        self._command = command
        self._listener = listener
        self._announce: Callable[[], None] | None = announce
        self._on_ended = on_ended
        self._ends_on_hangup = ends_on_hangup
        self._workers: list[_Worker | None] = [None] * size
        if adopted is not None:
            self._workers[0] = _Worker(_Adopted(adopted[0]), adopted[1])
        self._ends = False
        self._rolls = False
        self._has_served = False
        self._failed_starts = 0
        self._pause_s = PAUSE_S
        self._start_at = 0.0

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; SIGHUP replaces the workers one by one.

        Returns:
            The exit status: 0; 1 when no worker could be started, or none any more.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_end)
        signal.signal(signal.SIGHUP, self._on_end if self._ends_on_hangup else self._on_roll)
        while not self._ends:
            self._start_missing()
            self._look()
            if self._has_failed():
                self._end(self._workers)
                return 1
            if self._rolls:
                self._rolls = False
                self._roll()
            self._rest(LOOK_S)
        self._end(self._workers)
        self._listener.close()
        return 0

    def _on_end(self, _number: int, _frame: FrameType | None) -> None:
        self._ends = True

    def _on_roll(self, _number: int, _frame: FrameType | None) -> None:
        self._rolls = True

    def _start_missing(self) -> None:
        if time.monotonic() < self._start_at:
            return
        for index, worker in enumerate(self._workers):
            if worker is None and not self._ends:
                self._workers[index] = self._start()

    def _start(self) -> _Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            fds = (self._listener.fileno(), theirs.fileno())
            process = subprocess.Popen(  # noqa: S603  # our own command, no shell
                [*self._command, "--fd", str(fds[0]), "--line", str(fds[1])],
                pass_fds=fds,
                # A terminal's Ctrl+C is for the supervisor, which drains all.
                process_group=0,
            )
        return _Worker(process, ours)

    def _look(self) -> None:
        """See who serves and who has ended."""
        for index, worker in enumerate(self._workers):
            if worker is None:
                continue
            if worker.serves():
                self._has_served = True
                self._failed_starts = 0
            elif worker.is_late:
                logger.error("worker %d does not begin to serve, killed", worker.process.pid)
                worker.process.send_signal(signal.SIGKILL)
                worker.process.wait()
            if worker.process.poll() is not None and not self._ends:
                self._workers[index] = None
                self._note_end(worker)
        if self._announce is not None and all(each and each.serves() for each in self._workers):
            self._announce()
            self._announce = None

    def _note_end(self, worker: _Worker) -> None:
        worker.line.close()
        pid, status = worker.process.pid, worker.process.poll()
        self._on_ended(pid)
        if worker.served_at is None:
            self._failed_starts += 1
        if worker.was_short:
            self._start_at = time.monotonic() + self._pause_s
            self._pause_s = min(self._pause_s * 2, MAX_PAUSE_S)
        else:
            self._pause_s = PAUSE_S
        logger.error("worker %d ended with %d", pid, status)

    def _has_failed(self) -> bool:
        """Say so, and return True, when no worker serves and starting another would not help."""
        alive = [worker for worker in self._workers if worker is not None]
        if self._ends or any(worker.serves() for worker in alive):
            return False
        if not self._has_served and not alive:
            logger.error("no worker could be started")
            return True
        if self._failed_starts >= MAX_FAILED_STARTS:
            logger.error(
                "%d workers in a row ended before they served: given up", MAX_FAILED_STARTS
            )
            return True
        return False

    def _roll(self) -> None:
        """Replace each worker: the new one serves before the old one drains."""
        for index, old in enumerate(self._workers):
            if self._ends:
                return
            new = self._start()
            while not (new.serves(LOOK_S) or self._ends or new.is_late):
                if new.process.poll() is not None:
                    break
            if not new.serves():
                logger.error("a new worker does not serve: the roll is given up")
                self._end([new])
                return
            self._workers[index] = new
            self._end([old])
        logger.info("all workers are new")

    def _end(self, workers: Sequence[_Worker | None]) -> None:
        """Drain workers and wait for them; kill what does not end."""
        alive = [worker for worker in workers if worker is not None]
        for worker in alive:
            worker.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + DRAIN_PATIENCE_S
        for worker in alive:
            try:
                worker.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.error("worker %d does not drain, killed", worker.process.pid)
                worker.process.send_signal(signal.SIGKILL)
                worker.process.wait()
            worker.line.close()
            self._on_ended(worker.process.pid)

    def _rest(self, seconds: float) -> None:
        """Sleep, but not past a signal to end."""
        until = time.monotonic() + seconds
        while not self._ends and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_S))


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
        """Tell the supervisor that this worker serves; it may be gone, which the line says too."""
        with contextlib.suppress(OSError):
            self._socket.send(READY)

    def fileno(self) -> int:
        """Return what becomes readable when the supervisor is gone."""
        return self._socket.fileno()


def become(
    command: Sequence[str],
    listener: socket.socket,
    size: int,
    announcement: str,
    *,
    adopted: tuple[int, socket.socket] | None = None,
    counts: str = "",
    environment: Mapping[str, str],
) -> NoReturn:
    """Become the supervisor, with the same process id; does not return.

    Args:
        command: as for `Supervisor`, like ``listener``, ``size`` and ``adopted``.
        listener: the same.
        size: the same.
        announcement: what is written to standard output when all serve.
        adopted: the same.
        counts: a folder of prometheus_client's, removed at the end.
        environment: of the supervisor and the workers that it starts.
    """
    line = -1
    if adopted is not None:
        line = adopted[1].fileno()
        os.set_inheritable(line, True)
    os.set_inheritable(listener.fileno(), True)
    own = [listener.fileno(), size, adopted[0] if adopted else 0, line, counts, announcement]
    # Without the installed and the project's packages: they would cost memory for nothing.
    program = [sys.executable, "-I", "-S", __file__, *map(str, own), *command]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, program, environment)  # noqa: S606  # no shell is meant


def _main(arguments: Sequence[str]) -> int:
    listener_fd, size, pid, line_fd = map(int, arguments[:4])
    counts, announcement, command = arguments[4], arguments[5], arguments[6:]
    logging.basicConfig(
        format="{asctime} {levelname} {name}: {message}", style="{", level=logging.INFO
    )
    os.set_inheritable(listener_fd, False)
    adopted = None
    if pid:
        os.set_inheritable(line_fd, False)
        adopted = (pid, socket.socket(fileno=line_fd))
    try:
        return Supervisor(
            command,
            socket.socket(fileno=listener_fd),
            size,
            announce=lambda: print(announcement, flush=True),  # noqa: T201  # a person waits for it
            adopted=adopted,
            on_ended=_forgetting(Path(counts)) if counts else lambda _pid: None,
            ends_on_hangup=os.isatty(0),
        ).run()
    finally:
        if counts:
            shutil.rmtree(counts, ignore_errors=True)


def _forgetting(counts: Path) -> Callable[[int], None]:
    """Return what prometheus_client's ``mark_process_dead`` does, which is not imported here."""

    def forget(pid: int) -> None:
        for path in counts.glob(f"gauge_live*_{pid}.db"):
            path.unlink(missing_ok=True)

    return forget


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
