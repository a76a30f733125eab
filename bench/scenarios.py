"""What is measured: each scenario loads every server in the same way, in turn."""

from __future__ import annotations

import gzip
import json
import os
import random
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pycrdt import Doc, Text, TransactionEvent

from bench.servers import (
    LOAD_CORE,
    PEERS,
    ROOT,
    SERVERS,
    Running,
    hocuspocus_pair,
    pinned,
    scriptorium,
)

Start = Callable[[int, int], AbstractContextManager[Running]]
#: As many as the recorded writing of a paper has (Martin Kleppmann, automerge-perf).
EDITS = 259_778


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of load, and what is read off it."""

    letter: str
    name: str
    load: dict[str, Any]
    #: Figure in the answer, and what it is called; the first is the one that ratios are made of.
    figures: dict[str, str]
    documents: int = 1
    #: Whether a larger figure is the better one.
    more_is_better: bool = False
    servers: Mapping[str, Start] = field(default_factory=lambda: SERVERS)


NODE = ("scriptorium", "hocuspocus", "y-websocket-server")
OURS = "scriptorium"
LATENCY = {"p50": "p50 ms", "p99": "p99 ms", "cpu": "CPU"}
SATURATION = {"per_cpu_s": "deliveries per CPU s", "saturation": "deliveries/s", "gen": "generator"}
JOIN = {
    "together_ms": "20 at once, ms",
    "warm_ms": "one, warm, ms",
    "cpu_ms": "CPU ms each",
    "cold_ms": "first after start, ms",
}


def _some(names: Iterable[str]) -> Mapping[str, Start]:
    return {name: SERVERS[name] for name in names}


def scenarios(*, quick: bool) -> list[Scenario]:
    """Return what is measured, in the order of the report."""
    seconds = 3.0 if quick else 6.0
    sizes = (2, 50, 100) if quick else (2, 10, 50, 100, 200)
    found = [
        Scenario(
            "a",
            f"one document, {clients} writers at 5/s",
            {"mode": "rate", "clients": clients, "rate": 5.0, "seconds": seconds},
            LATENCY,
            # Beyond its strength it only grows a backlog.
            servers=SERVERS if clients <= 50 else _some(NODE),
        )
        for clients in sizes
    ]
    found += [
        Scenario(
            "a",
            "one document, 100 writers, saturation",
            {"mode": "ramp", "clients": 100, "rate": 2.0, "stage_s": 1.0 if quick else 2.0},
            SATURATION,
            more_is_better=True,
        ),
        Scenario(
            "b",
            "200 documents x 2 writers at 10/s",
            {"mode": "rate", "clients": 2, "rate": 10.0, "seconds": seconds},
            {"cpu": "CPU", "p50": "p50 ms", "p99": "p99 ms"},
            documents=200,
        ),
    ]
    name, state, rows = recorded()
    seeded: dict[str, Start] = {**SERVERS, OURS: partial(scriptorium, seeded=str(rows))}
    found.append(
        Scenario(
            "c",
            f"open of a document of {EDITS:,} edits ({name})",
            {"mode": "join", "clients": 200, "seed": str(state)},
            JOIN,
            servers=seeded,
        )
    )
    idle = 500 if quick else 2000
    found.append(
        Scenario(
            "d",
            f"{idle:,} idle connections, 2 a document",
            {"mode": "idle", "clients": 2},
            {
                "kib_each": "KiB each",
                "connects_per_s": "connects/s",
                "cpu_ms_each": "CPU ms each",
                "failed": "failed",
            },
            documents=idle // 2,
            # pycrdt-websocket fails a tenth of them and takes minutes for the others.
            servers=SERVERS if quick else _some(NODE),
        )
    )
    for name, start in (
        ("SQLite", scriptorium),
        ("PostgreSQL", partial(scriptorium, on_postgresql=True)),
    ):
        found.append(
            Scenario(
                "e",
                f"durable on {name}, 20 writers at 50/s",
                {"mode": "rate", "clients": 20, "rate": 50.0, "seconds": seconds},
                {
                    "ack_p50": "ack p50 ms",
                    "ack_p99": "ack p99 ms",
                    "cpu": "CPU",
                    "unacked": "not acknowledged",
                },
                servers={OURS: start},
            )
        )
    found += [
        Scenario(
            "f",
            f"two processes over Redis, 20 writers at {rate}/s",
            {"mode": "rate", "clients": 20, "rate": float(rate), "seconds": seconds},
            LATENCY,
            servers={
                OURS: partial(scriptorium, on_postgresql=True, processes=2),
                "hocuspocus": hocuspocus_pair,
            },
        )
        for rate in (5, 50)
    ]
    found.append(
        Scenario(
            "g",
            "5 readers stall, 10 writers at 20/s of 4,000 characters",
            {
                "mode": "stall",
                "clients": 10,
                "rate": 20.0,
                "seconds": seconds * 1.5,
                "length": 4000,
                "stalled": 5,
            },
            {"growth_mib": "growth, MiB", "written_mib": "written, MiB"},
            servers=_some(NODE),
        )
    )
    return found


def measure(scenario: Scenario, name: str) -> dict[str, Any]:
    """Start a server, load it, end it; return the generator's answer."""
    users = min(200, scenario.load["clients"])
    with scenario.servers[name](scenario.documents, users) as server:
        load = {
            "url": server.url,
            "more_urls": server.more_urls,
            "documents": server.documents,
            "tokens": server.tokens,
            "named": server.named,
            "pids": server.pids,
            **scenario.load,
        }
        done = subprocess.run(
            [
                *pinned(LOAD_CORE),
                sys.executable,
                "-m",
                "bench.load",
                json.dumps(load),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            start_new_session=True,
        )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def recorded() -> tuple[str, Path, Path]:
    """Return a writing session's name, its final state, and its edits as updates.

    The session is automerge-paper.json.gz in TRACES_DIR; without it one of the same size is made.
    """
    trace = Path(os.environ.get("TRACES_DIR", "")) / "automerge-paper.json.gz"
    if trace.is_file():
        name = "recorded"
        edits = json.loads(gzip.decompress(trace.read_bytes()))["txns"]
    else:
        name = "generated"
        edits = _typing(EDITS)
    state, rows = PEERS / f"{name}.state", PEERS / f"{name}.rows"
    if not (state.exists() and rows.exists()):
        _replay(edits, state, rows)
    return name, state, rows


def _replay(edits: Iterable[tuple[int, int, str]], state: Path, rows: Path) -> None:
    """Write the final state of ``edits``, and each edit's update behind its length."""
    doc: Doc[Any] = Doc(client_id=1)
    text = doc.get("text", type=Text)
    packed = bytearray()

    def keep(event: TransactionEvent) -> None:
        packed.extend(struct.pack("<I", len(event.update)) + event.update)

    subscription = doc.observe(keep)
    for at, deleted, inserted in edits:
        with doc.transaction():
            if deleted:
                del text[at : at + deleted]
            if inserted:
                text.insert(at, inserted)
    doc.unobserve(subscription)
    rows.write_bytes(packed)
    state.write_bytes(doc.get_update())


def _typing(count: int) -> Iterator[tuple[int, int, str]]:
    """Type on, now and then elsewhere, and take back every eighth letter."""
    chance = random.Random(4)
    length = at = 0
    for _ in range(count):
        if chance.random() < 0.02:
            at = chance.randint(0, length)
        if at and chance.random() < 0.12:
            at -= 1
            length -= 1
            yield at, 1, ""
        else:
            yield at, 0, chance.choice("etaoin shrdlu")
            at += 1
            length += 1
