"""Measures the home page and the search where there are many documents. See docs/home.md.

    make bench-home                          10,000 documents, 200 people; SQLite and PostgreSQL
    make bench-home BENCH="--requests 200"   more requests of each page

One request after another, as a person makes them. *Server* is the CPU time that the server process
spends from before a request until its answer is there, all threads; *database* that of its
PostgreSQL connections (SQLite works inside the server process). On a machine that does other
work these stay what they are; *wall* does not. Medians.
"""

from __future__ import annotations

import argparse
import contextlib
import html
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from bench.servers import LOG, PYTHON, ROOT, databases, describe, free_port, process_on

WARM_UP = 5
IDLE_S = 10.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers, and who may ask it for what."""

    port: int
    pid: int
    database_url: str
    cookies: dict[str, str]
    frequent: str
    rare: str


@contextlib.contextmanager
def server(documents: int, people: int, *, on_postgresql: bool) -> Iterator[Server]:
    with (
        tempfile.TemporaryDirectory(prefix="scriptorium-bench-") as data,
        databases(on_postgresql) as urls,
    ):
        env = {
            "DJANGO_SETTINGS_MODULE": "collab.settings.dev",
            "DEBUG": "false",
            "DATA_DIR": data,
            "PYTHONWARNINGS": "ignore",
            **urls,
        }
        whole = {**os.environ, **env}
        subprocess.run([PYTHON, "manage.py", "migrate", "-v0"], cwd=ROOT, env=whole, check=True)
        made = subprocess.run(
            [PYTHON, "-m", "bench.places", str(documents), str(people)],
            cwd=ROOT,
            env=whole,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        world = json.loads(made.stdout.splitlines()[-1])
        port = free_port()
        command = [str(PYTHON), "manage.py", "serve", "--port", str(port)]
        with process_on(command, port, LOG, **env) as running:
            yield Server(port, running.pid, urls["DATABASE_URL"], **world)


def backends(url: str) -> list[int]:
    """Return the processes of PostgreSQL that serve the database; none where they run elsewhere."""
    if not url:
        return []
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchall()
    return [pid for (pid,) in rows if Path(f"/proc/{pid}/comm").exists()]


def cpu_ms(pids: list[int]) -> float:
    """Return the CPU time that the processes have had, in milliseconds, all threads."""
    # The clock of another process, as clock_getcpuclockid(3) makes it.
    return sum(time.clock_gettime(~pid << 3 | 2) for pid in pids) * 1000


class Visitor:
    """One person's browser: one connection, one request at a time."""

    def __init__(self, server: Server, cookie: str) -> None:
        self._server = server
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._headers = {"Cookie": f"sessionid={cookie}", "Accept-Encoding": "identity"}

    def get(self, path: str) -> str:
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read().decode()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]}")
        return body

    def measure(self, path: str, requests: int) -> dict[str, float]:
        for _ in range(WARM_UP):
            body = self.get(path)
        database = backends(self._server.database_url)
        spent: dict[str, list[float]] = {"server": [], "database": [], "wall": []}
        for _ in range(requests):
            before = cpu_ms([self._server.pid]), cpu_ms(database), time.perf_counter()
            self.get(path)
            spent["wall"].append((time.perf_counter() - before[2]) * 1000)
            spent["server"].append(cpu_ms([self._server.pid]) - before[0])
            spent["database"].append(cpu_ms(database) - before[1])
        return {
            "server": statistics.median(spent["server"]),
            "database": statistics.median(spent["database"]),
            "wall": statistics.median(spent["wall"]),
            "kb": len(body.encode()) / 1000,
        }


def pages(visitor: Visitor, server: Server) -> dict[str, str]:
    """Return what is asked for: a name, and the address."""
    following = re.search(r'href="([^"]*)" data-more', visitor.get("/"))
    return {
        "home": "/",
        "home, cards": "/?as=cards",
        "home, by title": "/?as=list&sort=title",
        "home, filtered by title": "/?q=an",
        "home, shared": "/?view=shared",
        **({"home, second page": f"/{html.unescape(following[1])}"} if following else {}),
        "search page, a word in most": f"/search/?q={server.frequent}",
        "search page, a word in few": f"/search/?q={server.rare}",
        "search page, Chinese": "/search/?q=" + quote("协作"),
        "REST search, a word in most": f"/api/v1/search?q={server.frequent}",
        "REST search, a word in few": f"/api/v1/search?q={server.rare}",
        "REST documents": "/api/v1/documents",
    }


def measure(asked: argparse.Namespace, *, on_postgresql: bool) -> Iterator[list[str]]:
    name = "PostgreSQL" if on_postgresql else "SQLite"
    with server(asked.documents, asked.people, on_postgresql=on_postgresql) as running:
        for reader in asked.readers.split(","):
            visitor = Visitor(running, running.cookies[reader])
            for title, path in pages(visitor, running).items():
                found = visitor.measure(path, asked.requests)
                database = f"{found['database']:.1f}" if on_postgresql else ""
                yield [
                    name,
                    reader,
                    title,
                    f"{found['server']:.1f}",
                    database,
                    f"{found['wall']:.1f}",
                    f"{found['kb']:.0f}",
                ]
        watched = [running.pid, *backends(running.database_url)]
        before = cpu_ms(watched)
        time.sleep(IDLE_S)
        yield [
            name,
            "",
            "nobody asks, per second",
            f"{(cpu_ms(watched) - before) / IDLE_S:.1f}",
            "",
            "",
            "",
        ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.home", description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--requests", type=int, default=40, help="of each page; medians")
    parser.add_argument("--readers", default="all,many,few", help="see bench/places.py")
    parser.add_argument("--databases", default="sqlite,postgresql")
    asked = parser.parse_args()
    print(", ".join(f"{name} {value}" for name, value in describe().items()) + ".\n")
    head = ["database", "reader", "page", "server ms", "database ms", "wall ms", "KB"]
    print("| " + " | ".join(head) + " |\n" + "| --- " * len(head) + "|")
    for database in asked.databases.split(","):
        for cells in measure(asked, on_postgresql=database == "postgresql"):
            print("| " + " | ".join(cells) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
