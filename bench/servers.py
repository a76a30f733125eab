"""The servers that are measured: each is started on one core, with an empty store, and ended."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
PEERS = HERE / ".peers"
LOG = Path(tempfile.gettempdir()) / "scriptorium-bench.log"
PYTHON = ROOT / ".venv" / "bin" / "python"
SERVER_CORE, LOAD_CORE = "0", "1"

DATABASE_URL = os.environ.get("BENCH_DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
ONE_VISITOR = (
    "MAX_PEERS_PER_PERSON",
    "MAX_PEERS_PER_ADDRESS",
    "MAX_ROOM_PEERS_PER_PERSON",
    "MAX_ROOM_PEERS_PER_ADDRESS",
)
REDIS_URL = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/9")


def pinned(core: str) -> list[str]:
    """Return what puts a command on a core, ahead of what else the machine does where it may."""
    command = ["taskset", "-c", core] if shutil.which("taskset") else []
    return ["nice", "-n", "-12", *command] if os.geteuid() == 0 else command


def prefer(pid: int) -> None:
    """Put a session ahead of others: where the kernel groups by session, nice alone does not."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text("-12")


@dataclass(slots=True)
class Running:
    """A server that answers."""

    url: str
    pids: list[int]
    documents: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    named: bool = False
    more_urls: list[str] = field(default_factory=list)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _answers(port: int, process: subprocess.Popen[bytes], within_s: float = 60) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)
    raise RuntimeError("the server does not answer")


@contextlib.contextmanager
def process_on(
    command: list[str], port: int, log: Path, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*pinned(SERVER_CORE), *command],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port), "HOST": "127.0.0.1", **environment},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        prefer(process.pid)
        _answers(port, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def family(process: subprocess.Popen[bytes], port: int, within_s: float = 60) -> list[int]:
    """Return the process ids of a Scriptorium that serves: its worker's first, its supervisor's."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii")
            return [*map(int, children.split()), process.pid]
    raise RuntimeError("the server does not answer")


def _names(count: int) -> list[str]:
    run = secrets.token_hex(4)
    return [f"bench-{run}-{number}" for number in range(count)]


@contextlib.contextmanager
def y_websocket_server(documents: int, users: int) -> Iterator[Running]:
    port = free_port()
    script = PEERS / "node/node_modules/@y/websocket-server/src/server.js"
    with process_on(["node", str(script)], port, LOG) as process:
        yield Running(f"ws://127.0.0.1:{port}/{{document}}", [process.pid], _names(documents))


@contextlib.contextmanager
def hocuspocus(documents: int, users: int) -> Iterator[Running]:
    with _hocuspocus() as server:
        server.documents = _names(documents)
        yield server


@contextlib.contextmanager
def hocuspocus_pair(documents: int, users: int) -> Iterator[Running]:
    """Two processes with Hocuspocus' own Redis extension."""
    with _hocuspocus(REDIS_URL=REDIS_URL) as one, _hocuspocus(REDIS_URL=REDIS_URL) as other:
        one.documents = _names(documents)
        one.more_urls = [other.url]
        one.pids += other.pids
        yield one


@contextlib.contextmanager
def _hocuspocus(**environment: str) -> Iterator[Running]:
    port = free_port()
    # Node resolves packages from where the script stands.
    script = PEERS / "node" / "hocuspocus.mjs"
    shutil.copy(HERE / "peers" / "hocuspocus.mjs", script)
    log = LOG
    with process_on(["node", str(script)], port, log, **environment) as process:
        yield Running(f"ws://127.0.0.1:{port}/", [process.pid], named=True)


@contextlib.contextmanager
def pycrdt_websocket(documents: int, users: int) -> Iterator[Running]:
    port = free_port()
    command = [
        str(PEERS / "venv/bin/python"),
        "-m",
        "uvicorn",
        "bench.peers.pycrdt_room:application",
        "--port",
        str(port),
        "--log-level",
        "warning",
    ]
    with process_on(command, port, LOG) as process:
        yield Running(f"ws://127.0.0.1:{port}/{{document}}", [process.pid], _names(documents))


@contextlib.contextmanager
def scriptorium(
    documents: int,
    users: int,
    *,
    on_postgresql: bool = False,
    processes: int = 1,
    seeded: str = "",
    **environment: str,
) -> Iterator[Running]:
    """Scriptorium with everything on: tokens, rights, gate, log, acknowledgements.

    Args:
        seeded: writing recorded in the document's log before the server starts; see bench/seed.py.
    """
    with (
        tempfile.TemporaryDirectory(prefix="scriptorium-bench-") as data,
        databases(on_postgresql) as urls,
    ):
        env = {
            "DJANGO_SETTINGS_MODULE": "collab.settings.dev",
            "DATA_DIR": data,
            "PYTHONWARNINGS": "ignore",
            # All of the load comes from one address, and some of it as one person.
            **dict.fromkeys(ONE_VISITOR, "1000000"),
            **urls,
            **({"REDIS_URL": REDIS_URL} if processes > 1 else {}),
            **environment,
        }
        _manage(env, "migrate", "-v0")
        asked = [str(documents), str(users), *([seeded] if seeded else [])]
        made = subprocess.run(
            [str(PYTHON), "-m", "bench.seed", *asked],
            cwd=ROOT,
            env={**os.environ, **env},
            capture_output=True,
            check=True,
            text=True,
        )
        world = json.loads(made.stdout.splitlines()[-1])
        with contextlib.ExitStack() as stack:
            ports = [free_port() for _ in range(processes)]
            pids = []
            for port in ports:
                command = [str(PYTHON), "manage.py", "serve", "--port", str(port)]
                log = LOG
                running = stack.enter_context(process_on(command, port, log, **env))
                pids += family(running, port)
            urls_of = [f"ws://127.0.0.1:{port}/ws/documents/{{document}}" for port in ports]
            yield Running(
                urls_of[0], pids, world["documents"], world["tokens"], more_urls=urls_of[1:]
            )


@contextlib.contextmanager
def databases(on_postgresql: bool) -> Iterator[dict[str, str]]:
    if not on_postgresql:
        yield {"DATABASE_URL": ""}
        return
    name = f"scriptorium_bench_{secrets.token_hex(4)}"
    base = DATABASE_URL.rpartition("/")[0]
    psql(f'CREATE DATABASE "{name}"')
    try:
        yield {"DATABASE_URL": f"{base}/{name}"}
    finally:
        psql(f'DROP DATABASE "{name}" WITH (FORCE)')


def psql(statement: str) -> None:
    subprocess.run(
        [
            str(PYTHON),
            "-c",
            "import psycopg, sys\n"
            "with psycopg.connect(sys.argv[1], autocommit=True) as c: c.execute(sys.argv[2])",
            DATABASE_URL,
            statement,
        ],
        check=True,
    )


def _manage(env: dict[str, str], *arguments: str) -> None:
    subprocess.run(
        [str(PYTHON), "manage.py", *arguments], cwd=ROOT, env={**os.environ, **env}, check=True
    )


SERVERS = {
    "scriptorium": scriptorium,
    "hocuspocus": hocuspocus,
    "y-websocket-server": y_websocket_server,
    "pycrdt-websocket": pycrdt_websocket,
}


def describe() -> dict[str, str]:
    """Return the machine and the versions, as the report names them."""
    cpu = "unknown"
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return {
        "CPU": f"{cpu}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB",
        "system": " ".join(os.uname()[i] for i in (0, 2)),
        "Python": sys.version.split()[0],
        "Node": node.stdout.strip(),
        "load average at the start": f"{os.getloadavg()[0]:.1f}",
    }
