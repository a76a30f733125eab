"""What the writers write to: Scriptorium's processes, a Redis and a database of the run's own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.servers import PYTHON, ROOT, databases, free_port
from bench.soak.waiting import now

WORKERS = 2
#: What the servers say; removed when all is well.
LOG = Path(tempfile.gettempdir()) / f"scriptorium-soak-{os.getpid()}.log"


class Redis:
    """A Redis of the run's own, which can be killed."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [*command, "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Cluster:
    """Scriptorium: the supervisor and its workers, behind one port."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.port = free_port()
        self._environment = environment
        self._log = log
        self._process: psutil.Popen | None = None

    def run(self, *command: str) -> str:
        """Run a command of Scriptorium's Python on the same data; return its last line."""
        made = subprocess.run(
            [str(PYTHON), *command],
            cwd=ROOT,
            env={**os.environ, **self._environment},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return "".join(made.stdout.splitlines()[-1:])

    def start(self) -> None:
        command = [str(PYTHON), "manage.py", "serve", "--workers", str(WORKERS)]
        with self._log.open("ab") as out:
            self._process = psutil.Popen(
                [*command, "--port", str(self.port)],
                cwd=ROOT,
                env={**os.environ, **self._environment},
                stdout=out,
                stderr=out,
            )
        deadline = now() + 120
        while now() < deadline:
            with contextlib.suppress(OSError):
                if urllib.request.urlopen(f"{self.address}/readyz", timeout=5).status == 200:
                    return
            time.sleep(0.2)
        raise RuntimeError(f"the cluster does not answer; see {self._log}")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self) -> list[psutil.Process]:
        try:
            return [] if self._process is None else list(self._process.children())
        except psutil.Error:
            return []

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self) -> None:
        if self._process is None:
            return
        workers = self.workers
        self._process.terminate()
        try:
            self._process.wait(60)
        except psutil.TimeoutExpired:
            for each in (self._process, *workers):
                with contextlib.suppress(psutil.Error):
                    each.kill()
        self._process = None


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a run needs, started and seeded."""

    cluster: Cluster
    redis: Redis
    #: The name of the run's own database.
    database: str
    documents: list[str]
    #: One bearer token per writer of a document.
    tokens: list[str]


@contextlib.contextmanager
def services(documents: int, users: int) -> Iterator[Services]:
    """Start all, with documents in which each of the users may write; end and remove all after."""
    redis = Redis()
    with tempfile.TemporaryDirectory(prefix="scriptorium-soak-") as data, databases(True) as urls:
        environment = {
            "DJANGO_SETTINGS_MODULE": "collab.settings.dev",
            "DATA_DIR": data,
            "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
            "PYTHONWARNINGS": "ignore",
            **urls,
        }
        cluster = Cluster(environment, LOG)
        redis.start()
        try:
            cluster.run("manage.py", "migrate", "-v0")
            seeded = json.loads(cluster.run("-m", "bench.seed", str(documents), str(users)))
            cluster.start()
            yield Services(
                cluster,
                redis,
                database=urls["DATABASE_URL"].rpartition("/")[2],
                documents=seeded["documents"],
                tokens=seeded["tokens"],
            )
        finally:
            cluster.stop()
            redis.kill()
