"""Workers that do not serve are started again for a while, and not for ever."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import multiprocess

from collab.realtime import supervisor
from collab.realtime.supervisor import Supervisor, open_listener

#: A worker: notes that it was started; says that it serves in its first ``served`` lives.
WORKER = """
import os, signal, socket, sys, time
notes, served, then = sys.argv[1], int(sys.argv[2]), sys.argv[3]
line = socket.socket(fileno=int(sys.argv[sys.argv.index("--line") + 1]))
with open(notes, "a") as file: file.write("x")
if os.path.getsize(notes) <= served: line.send(b"ready"); time.sleep(0.1)
if then == "hangs": time.sleep(60)
sys.exit(3)
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(supervisor, "PAUSE_S", 0.02)
    monkeypatch.setattr(supervisor, "MAX_PAUSE_S", 0.02)
    monkeypatch.setattr(supervisor, "LOOK_S", 0.01)
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def run(notes: Path, served: int, then: str, size: int = 1) -> tuple[int, int, list[str]]:
    """Return the exit status, how many workers were started, and what was announced."""
    announced: list[str] = []
    command = [sys.executable, "-I", "-S", "-c", WORKER, str(notes), str(served), then]
    with open_listener("127.0.0.1", 0) as listener:
        status = Supervisor(command, listener, size, lambda: announced.append("served")).run()
    return status, len(notes.read_text("ascii")), announced


def test_a_first_start_that_fails_is_not_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is wrong was said by the worker; five times the same would hide it."""
    assert run(tmp_path / "notes", 0, "ends") == (1, 1, [])
    assert "no worker could be started" in caplog.text


def test_workers_that_die_at_start_again_and_again_are_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """After one that served, five in a row that never did."""
    assert run(tmp_path / "notes", 1, "ends") == (1, 6, ["served"])
    assert "5 workers in a row ended before they served: given up" in caplog.text


def test_a_worker_that_served_is_started_again_however_short_it_lived(tmp_path: Path) -> None:
    """What ends a server that serves may come from outside: nobody shall end it for good."""
    assert run(tmp_path / "notes", 9, "ends") == (1, 14, ["served"])


def test_a_worker_that_never_serves_is_killed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "START_PATIENCE_S", 0.5)
    assert run(tmp_path / "notes", 0, "hangs")[:2] == (1, 1)
    assert "does not begin to serve, killed" in caplog.text


def test_the_gauges_of_the_dead_go_as_the_library_would_have_it(tmp_path: Path) -> None:
    """The supervisor does not import the library, so its own way is compared with it."""
    names = ["counter_7.db", "gauge_all_7.db", "gauge_liveall_77.db", "gauge_livesum_8.db"]
    names += [f"gauge_{mode}_7.db" for mode in multiprocess._LIVE_GAUGE_MULTIPROCESS_MODES]
    left = []
    for way in ("ours", "theirs"):
        folder = tmp_path / way
        folder.mkdir()
        for name in names:
            (folder / name).touch()
        if way == "ours":
            supervisor._forgetting(folder)(7)
        else:
            multiprocess.mark_process_dead(7, str(folder))  # type: ignore[no-untyped-call]
        left.append(sorted(path.name for path in folder.iterdir()))
    assert left[0] == left[1]
    assert len(left[0]) < len(names)
