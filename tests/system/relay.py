"""A way to a TCP server that can be cut or stopped, for outages that a test decides."""

from __future__ import annotations

import contextlib
import select
import socket
import threading

from tests.system.conftest import free_port


class Relay:
    """Passes connections on to ``target``, as long as it is told to."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.port = free_port()
        self._target = target
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._flows = threading.Event()
        self._flows.set()
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()
        self.allow()

    def allow(self) -> None:
        """Take connections."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def refuse(self) -> None:
        """Cut all connections, and refuse new ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            # Wakes accept(), which a close alone does not.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for each in pair:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def hang(self) -> None:
        """Take all and pass on nothing, as a server that is frozen."""
        self._flows.clear()

    def flow(self) -> None:
        """Go on after ``hang``."""
        self._flows.set()

    def close(self) -> None:
        self.flow()
        self.refuse()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                ours, _ = listener.accept()
                theirs = socket.create_connection(self._target)
            except OSError:
                return
            with self._lock:
                self._pairs.append((ours, theirs))
            threading.Thread(target=self._pump, args=[ours, theirs], daemon=True).start()

    def _pump(self, ours: socket.socket, theirs: socket.socket) -> None:
        other = {ours: theirs, theirs: ours}
        with ours, theirs, contextlib.suppress(OSError, ValueError):
            while True:
                for each in select.select([ours, theirs], [], [])[0]:
                    data = each.recv(65536)
                    self._flows.wait()
                    if not data:
                        return
                    other[each].sendall(data)
