"""Measures the home page and the search where there are many documents. See docs/home.md.

    make bench-home                          10,000 documents, 200 people; SQLite and PostgreSQL
    make bench-home BENCH="--requests 200"   more requests of each page

One request after another, as a person makes them. *Server* is the CPU time that the server process
spends from before a request until its answer is there, all threads. SQLite works inside it;
what PostgreSQL does is in *wall* only, with whatever else the machine does. Medians.
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
from urllib.parse import quote

from bench.servers import LOG, PYTHON, ROOT, databases, describe, family, free_port, process_on

WARM_UP = 5
IDLE_S = 10.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers, and who may ask it for what."""

    port: int
    pid: int
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
            yield Server(port, family(running, port)[0], **world)


def cpu_ms(pid: int) -> float:
    """Return the CPU time that the process has had, in milliseconds, all threads."""
    # The clock of another process, as clock_getcpuclockid(3) makes it.
    return time.clock_gettime(~pid << 3 | 2) * 1000


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
        spent: dict[str, list[float]] = {"server": [], "wall": []}
        for _ in range(requests):
            cpu, clock = cpu_ms(self._server.pid), time.perf_counter()
            self.get(path)
            spent["wall"].append((time.perf_counter() - clock) * 1000)
            spent["server"].append(cpu_ms(self._server.pid) - cpu)
        return {
            "server": statistics.median(spent["server"]),
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
                yield [
                    name,
                    reader,
                    title,
                    f"{found['server']:.1f}",
                    f"{found['wall']:.1f}",
                    f"{found['kb']:.0f}",
                ]
        before = cpu_ms(running.pid)
        time.sleep(IDLE_S)
        each_s = (cpu_ms(running.pid) - before) / IDLE_S
        yield [name, "", "nobody asks, per second", f"{each_s:.1f}", "", ""]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.home", description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--requests", type=int, default=40, help="of each page; medians")
    parser.add_argument("--readers", default="all,many,few", help="see bench/places.py")
    parser.add_argument("--databases", default="sqlite,postgresql")
    asked = parser.parse_args()
    print(", ".join(f"{name} {value}" for name, value in describe().items()) + ".\n")
    head = ["database", "reader", "page", "server ms", "wall ms", "KB"]
    print("| " + " | ".join(head) + " |\n" + "| --- " * len(head) + "|")
    for database in asked.databases.split(","):
        for cells in measure(asked, on_postgresql=database == "postgresql"):
            print("| " + " | ".join(cells) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
