"""The load generator: one measurement of one running server, in a process and on a core of its own.

    python -m bench.load '{"mode": "rate", "url": "ws://…/{document}", …}'

Prints one line of JSON. Every delivery is counted by content: a pair of an update and a receiver
other than its author. A pair that never arrives is lost. ``gen`` is the generator's own share of
its core: near 1, a figure says what the generator could do, not what the server could.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import resource
import sys
import time
from array import array as numbers
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import uvloop
from picows import WSListener, WSMsgType, WSTransport, ws_connect

from bench.servers import prefer
from bench.wire import Flavour, Frame, array, insert, take_apart, varuint

now = time.perf_counter
#: Yjs client id of the first writer of a run.
FIRST_CLIENT = 1 << 20
CONNECT_AT_ONCE = 50
PATIENCE_S = 60.0
#: A stage of a ramp is good up to this p99, in seconds; the ramp ends beyond it.
MAX_P99_S = 1.0
#: Deliveries after which a ramp ends: the generator keeps each in memory until they are counted.
MAX_DELIVERIES = 25_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of a server; a JSON object on the command line."""

    mode: str
    url: str
    documents: list[str]
    named: bool = False
    #: One bearer token per writer of a document, or none at all.
    tokens: list[str] = field(default_factory=list)
    #: Other addresses of the same rooms: writers of a document take them in turn.
    more_urls: list[str] = field(default_factory=list)
    #: Processes whose CPU and memory are the server's.
    pids: list[int] = field(default_factory=list)
    clients: int = 2
    #: Of the clients of a document; 0: all write.
    writers: int = 0
    rate: float = 5.0
    seconds: float = 5.0
    #: Characters of an update.
    length: int = 1
    stage_s: float = 1.5
    factor: float = 1.5
    stages: int = 14
    #: Clients that stop reading, beside the others.
    stalled: int = 0
    seed: str = ""
    repetitions: int = 7


class Client(WSListener):  # type: ignore[misc]  # picows has no stubs
    """One socket in one document."""

    def __init__(self, run: Run, place: int, document: str) -> None:
        self.run = run
        self.place = place
        self.document = document
        self.number = FIRST_CLIENT + place
        self.client_id = varuint(self.number)
        self.prefix = run.flavour.prefix(document)
        self.clock = 0
        self.sent_at = numbers("d")
        self.acked = 0
        self.acked_at: list[tuple[int, float]] = []
        self.received_bytes = 0
        self.is_open = False
        self.synced: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.transport: WSTransport | None = None
        self._part: bytearray | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self.is_open = True
        for message in self.run.flavour.greeting(self.document):
            transport.send(WSMsgType.BINARY, message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.is_open = False

    def on_ws_frame(self, transport: WSTransport, frame: Any) -> None:
        at = now()
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            transport.disconnect()
            return
        if kind not in (WSMsgType.BINARY, WSMsgType.CONTINUATION):
            return
        payload = frame.get_payload_as_bytes()
        if kind == WSMsgType.CONTINUATION or not frame.fin:
            self._part = (self._part or bytearray()) + payload
            if not frame.fin:
                return
            payload, self._part = bytes(self._part), None
        self.receive(payload, at)

    def receive(self, payload: bytes, at: float) -> None:
        frame = self.run.frame(payload, len(self.prefix))
        kind = frame.kind
        if kind == "update":
            frame.receivers.append(self.place)
            frame.times.append(at)
        elif kind == "ack":
            self.acked = frame.acked
            self.acked_at.append((frame.acked, at))
        elif kind == "state":
            self.received_bytes += len(payload)
            frame.receivers.append(self.place)
            frame.times.append(at)
            if not self.synced.done():
                self.synced.set_result(at)
        elif kind == "ask":
            self.send(self.prefix + b"\x00\x01\x02\x00\x00")

    def send(self, message: bytes) -> None:
        if self.transport is not None:
            self.transport.send(WSMsgType.BINARY, message)

    def write(self, length: int) -> None:
        update = insert(self.client_id, self.clock, length)
        self.sent_at.append(now())
        self.clock += length
        self.send(self.prefix + b"\x00\x02" + array(update))

    def close(self) -> None:
        if self.transport is not None:
            self.transport.disconnect()


class Run:
    """The clients of one measurement, and what they received."""

    def __init__(self, load: Load, *, wants_runs: bool = True) -> None:
        self.load = load
        self.flavour = Flavour(load.named)
        self._wants_runs = wants_runs
        self._urls = [load.url, *load.more_urls]
        self.frames: dict[bytes, Frame] = {}
        self.answers: list[Frame] = []
        self._processes = [psutil.Process(pid) for pid in load.pids]

    def frame(self, payload: bytes, offset: int) -> Frame:
        frame = self.frames.get(payload)
        if frame is None:
            frame = take_apart(payload, offset, wants_runs=self._wants_runs)
            if len(payload) < 65536:
                self.frames[payload] = frame
            else:
                self.answers.append(frame)
        return frame

    async def connect(self, place: int, document: str) -> Client:
        client = Client(self, place, document)
        in_document = place % max(1, self.load.clients)
        headers = []
        if self.load.tokens:
            token = self.load.tokens[in_document % len(self.load.tokens)]
            headers = [
                ("Authorization", f"Bearer {token}"),
                ("Sec-WebSocket-Protocol", "scriptorium.v1"),
            ]
        url = self._urls[in_document % len(self._urls)].replace("{document}", document)
        await ws_connect(
            lambda *_: client,
            url,
            extra_headers=headers or None,
            max_frame_size=256 << 20,
            websocket_handshake_timeout=PATIENCE_S,
        )
        await asyncio.wait_for(client.synced, PATIENCE_S)
        return client

    async def connect_all(self) -> list[Client]:
        """Connect every client; the first of each document before the others.

        Some peers fail when a room is opened twice at once.
        """
        count = self.load.clients
        places = [
            (number * count + each, document)
            for number, document in enumerate(self.load.documents)
            for each in range(count)
        ]
        clients: list[Client] = []
        for group in (
            [p for p in places if p[0] % count == 0],
            [p for p in places if p[0] % count],
        ):
            for start in range(0, len(group), CONNECT_AT_ONCE):
                part = group[start : start + CONNECT_AT_ONCE]
                clients += await asyncio.gather(*(self.connect(*each) for each in part))
        return sorted(clients, key=lambda client: client.place)

    def tree(self) -> Iterable[psutil.Process]:
        for process in self._processes:
            try:
                yield process
                yield from process.children(recursive=True)
            except psutil.Error:
                continue

    def cpu_s(self) -> float:
        times = [process.cpu_times() for process in self.tree()]
        return sum(each.user + each.system for each in times)

    def rss(self) -> int:
        return sum(process.memory_info().rss for process in self.tree())


@dataclass(slots=True)
class Stage:
    """One span of a constant rate."""

    rate: float
    began: float
    ended: float
    sent: int
    cpu: float
    gen: float


async def write_at(run: Run, writers: list[Client], rate: float, seconds: float) -> Stage:
    """Let each writer write ``rate`` times a second, in random order, evenly spread."""
    interval = 1.0 / (rate * len(writers))
    cpu_before, own_before = run.cpu_s(), time.process_time()
    began = due = now()
    sent = 0
    length = run.load.length
    while True:
        at = now()
        if at >= began + seconds:
            break
        burst = 0
        while due <= at and burst < 400:
            writers[sent % len(writers)].write(length)
            sent += 1
            due += interval
            burst += 1
        # Never a bare yield: the generator must not spin, or its own load could not be told.
        await asyncio.sleep(max(due - now(), 0.001))
    ended = now()
    span = ended - began
    return Stage(
        rate=rate,
        began=began,
        ended=ended,
        sent=sent,
        cpu=(run.cpu_s() - cpu_before) / span,
        gen=(time.process_time() - own_before) / span,
    )


async def quiet(run: Run, clients: list[Client], within_s: float = 40.0) -> None:
    """Wait until nothing arrives any more."""
    deadline = now() + within_s
    before, still = -1, 0
    while now() < deadline and still < 8:
        await asyncio.sleep(0.4)
        arrived = sum(len(frame.times) for frame in run.frames.values())
        arrived += sum(client.acked for client in clients)
        still = still + 1 if arrived == before else 0
        before = arrived


def account(run: Run, clients: list[Client], stages: list[Stage]) -> list[dict[str, Any]]:
    """Return per stage what was delivered when, and over all what was lost."""
    length = run.load.length
    per_document = run.load.clients
    edges = np.array([stage.began for stage in stages] + [stages[-1].ended])
    offset = np.cumsum([0, *(client.clock for client in clients)])
    # By place of the receiver in its document: which clocks of which client it has.
    has = np.zeros((per_document, offset[-1]), dtype=bool)
    sent_at = [np.frombuffer(c.sent_at) if c.clock else np.zeros(0) for c in clients]
    latencies: list[list[Any]] = [[] for _ in stages]
    arrived = np.zeros(len(stages))
    frames = 0
    for frame in [*run.frames.values(), *run.answers]:
        if not frame.times:
            continue
        who, at = np.array(frame.receivers), np.array(frame.times)
        for number, clock, count in frame.runs:
            place = number - FIRST_CLIENT
            if not 0 <= place < len(clients):
                continue
            start = offset[place] + clock
            has[who % per_document, start : start + count] = True
            others = at[who != place]
            if frame.kind != "update" or not len(others):
                continue
            frames += len(others)
            sent = sent_at[place][clock // length : -(-(clock + count) // length)]
            waits = others[:, None] - sent[None, :]
            stage_of = np.clip(np.searchsorted(edges, sent, "right") - 1, 0, len(stages) - 1)
            for number_of_stage in np.unique(stage_of):
                latencies[number_of_stage].append(waits[:, stage_of == number_of_stage].ravel())
            received_in = np.searchsorted(edges, others, "right") - 1
            for number_of_stage in np.unique(received_in):
                if 0 <= number_of_stage < len(stages):
                    arrived[number_of_stage] += (received_in == number_of_stage).sum() * len(sent)
    lost = 0
    for client in clients:
        own = slice(offset[client.place], offset[client.place + 1])
        missing = (~has[:, own]).sum(axis=1) // length
        lost += int(missing.sum()) - int(missing[client.place % per_document])
    results = []
    for index, stage in enumerate(stages):
        waits = np.concatenate(latencies[index]) if latencies[index] else np.zeros(0)
        span = stage.ended - stage.began
        expected = stage.sent * (per_document - 1)
        results.append(
            {
                "rate": stage.rate,
                "delivered": float(arrived[index] / span),
                "p50": _percentile(waits, 50),
                "p99": _percentile(waits, 99),
                "max": _percentile(waits, 100),
                "cpu": stage.cpu,
                "gen": stage.gen,
                "complete": len(waits) / expected if expected else 1.0,
                "lost": lost,
            }
        )
    return results


def _percentile(values: Any, percent: float) -> float:
    return float(np.percentile(values, percent)) * 1000 if len(values) else float("nan")


def ack_delays(clients: list[Client]) -> Any:
    """Return how long each update waited for its acknowledgement, in seconds."""
    waits = []
    for client in clients:
        # The first frame that a client sends is its (empty) answer to the server's step 1.
        before = 1
        for acked, at in client.acked_at:
            waits += [at - sent for sent in client.sent_at[max(0, before - 1) : acked - 1]]
            before = max(before, acked)
    return np.array(waits)


async def measure_rate(load: Load) -> dict[str, Any]:
    """A fixed rate for a while: latencies and CPU."""
    run = Run(load)
    clients = await run.connect_all()
    writers = _writers(load, clients)
    gc.collect()
    gc.disable()
    warm = await write_at(run, writers, load.rate, min(1.0, load.seconds / 3))
    stage = await write_at(run, writers, load.rate, load.seconds)
    await quiet(run, clients)
    _, result = account(run, clients, [warm, stage])
    late = await _late_joiner(run, clients)
    waits = ack_delays(clients)
    if len(waits):
        result |= {"ack_p50": _percentile(waits, 50), "ack_p99": _percentile(waits, 99)}
        result["unacked"] = sum(c.clock // load.length + 1 - c.acked for c in writers)
    for client in clients:
        client.close()
    return result | {"late_joiner_complete": late, "closed": sum(not c.is_open for c in clients)}


async def measure_ramp(load: Load) -> dict[str, Any]:
    """A rising rate, until latency or the generator gives out: the best stage."""
    run = Run(load)
    clients = await run.connect_all()
    writers = _writers(load, clients)
    gc.collect()
    gc.disable()
    stages: list[Stage] = []
    rate = load.rate
    end = "stages"
    for _ in range(load.stages):
        stages.append(await write_at(run, writers, rate, load.stage_s))
        probe = now()
        writers[0].write(load.length)
        arrived = await _arrival(run, writers[0], MAX_P99_S)
        if not arrived:
            end = "latency"
            break
        if stages[-1].gen > 0.95:
            end = "generator"
            break
        if sum(stage.sent for stage in stages) * (load.clients - 1) > MAX_DELIVERIES:
            end = "memory of the generator"
            break
        stages[-1].ended = probe
        rate *= load.factor
    await quiet(run, clients)
    results = account(run, clients, stages)
    good = []
    for result in results:
        if not (result["p99"] <= MAX_P99_S * 1000 and result["complete"] >= 0.999):
            break
        good.append(result)
    late = await _late_joiner(run, clients)
    for client in clients:
        client.close()
    best = max(good, key=lambda r: r["delivered"], default=None)
    return {
        "saturation": best["delivered"] if best else 0.0,
        "per_cpu_s": best["delivered"] / max(best["cpu"], 0.01) if best else 0.0,
        "gen": best["gen"] if best else float("nan"),
        "lost": results[-1]["lost"],
        "late_joiner_complete": late,
        "end": end,
        "stages": results,
    }


async def _arrival(run: Run, writer: Client, within_s: float) -> bool:
    """Return whether the last update of ``writer`` reaches anybody in time."""
    deadline = now() + within_s
    seen = 0
    while now() < deadline:
        await asyncio.sleep(0.01)
        frames = list(run.frames.values())
        for frame in reversed(frames[max(0, seen - 1) :]):
            for number, clock, count in frame.runs:
                if number == writer.number and clock + count >= writer.clock:
                    return True
        seen = len(frames)
    return False


async def _late_joiner(run: Run, clients: list[Client]) -> bool:
    """Return whether somebody who comes afterwards is given all of the first document."""
    place = len(clients) + run.load.clients  # nobody's
    try:
        joiner = await run.connect(place, clients[0].document)
    except (TimeoutError, OSError):
        return False
    await asyncio.sleep(0.2)
    joiner.close()
    length: dict[int, int] = {}
    for frame in [*run.frames.values(), *run.answers]:
        if place in frame.receivers:
            for number, clock, count in frame.runs:
                length[number] = max(length.get(number, 0), clock + count)
    mine = clients[: run.load.clients]
    return all(length.get(client.number, 0) >= client.clock for client in mine)


def _writers(load: Load, clients: list[Client]) -> list[Client]:
    some = [c for c in clients if not load.writers or c.place % load.clients < load.writers]
    random.Random(1).shuffle(some)
    return some


async def measure_idle(load: Load) -> dict[str, Any]:
    """Connections that do nothing: how many a second, and what each costs."""
    run = Run(load)
    rss_before, cpu_before, began = run.rss(), run.cpu_s(), now()
    places = [
        (number * load.clients + each, document)
        for number, document in enumerate(load.documents)
        for each in range(load.clients)
    ]
    limit = asyncio.Semaphore(CONNECT_AT_ONCE)
    clients: list[Client] = []
    failed = 0

    async def one(place: int, document: str) -> None:
        nonlocal failed
        async with limit:
            try:
                clients.append(await run.connect(place, document))
            except (TimeoutError, OSError):
                failed += 1

    await asyncio.gather(*(one(*each) for each in places))
    took = now() - began
    cpu = run.cpu_s() - cpu_before
    await asyncio.sleep(2)
    rss = run.rss()
    resting, at = run.cpu_s(), now()
    await asyncio.sleep(3)
    idle_cpu = (run.cpu_s() - resting) / (now() - at)
    for client in clients:
        client.close()
    await asyncio.sleep(0.3)
    return {
        "connects_per_s": len(clients) / took,
        "kib_each": (rss - rss_before) / 1024 / max(1, len(clients)),
        "cpu_ms_each": cpu * 1000 / max(1, len(clients)),
        "idle_cpu": idle_cpu,
        "failed": failed,
    }


async def measure_join(load: Load) -> dict[str, Any]:
    """People who open a large document, one after the other and all at once."""
    run = Run(load, wants_runs=False)
    document = load.documents[0]
    seed = await asyncio.to_thread(Path(load.seed).read_bytes)
    expected = len(seed)
    began = now()
    cold = await run.connect(0, document)
    cold_ms = (now() - began) * 1000
    if cold.received_bytes < expected / 2:
        # This server has no store: what it holds is given to it first.
        cold_ms = float("nan")
        cold.send(cold.prefix + b"\x00\x02" + array(seed))
        for _ in range(300):
            probe = await run.connect(1, document)
            probe.close()
            if probe.received_bytes > expected / 2:
                break
            await asyncio.sleep(0.2)
    waits = []
    cpu_before = run.cpu_s()
    for each in range(load.repetitions):
        began = now()
        client = await run.connect(2 + each, document)
        waits.append(client.synced.result() - began)
        client.close()
        await asyncio.sleep(0.05)
    cpu_ms = (run.cpu_s() - cpu_before) * 1000 / load.repetitions
    began, cpu_before = now(), run.cpu_s()
    many = await asyncio.gather(*(run.connect(100 + each, document) for each in range(20)))
    together_ms = (now() - began) * 1000
    together_cpu_ms = (run.cpu_s() - cpu_before) * 1000
    complete = all(client.received_bytes > expected / 2 for client in many)
    for client in (cold, *many):
        client.close()
    await asyncio.sleep(0.1)
    return {
        "cold_ms": cold_ms,
        "warm_ms": sorted(waits)[len(waits) // 2] * 1000,
        "cpu_ms": cpu_ms,
        "together_ms": together_ms,
        "together_cpu_ms": together_cpu_ms,
        "bytes": many[0].received_bytes,
        "complete": complete,
    }


async def measure_stall(load: Load) -> dict[str, Any]:
    """Readers that stop reading while others write: the server's memory."""
    run = Run(load, wants_runs=False)
    clients = await run.connect_all()
    stalled = [
        await run.connect(len(clients) + load.clients + each, load.documents[0])
        for each in range(load.stalled)
    ]
    await write_at(run, clients, load.rate, 1.0)
    for client in stalled:
        assert client.transport is not None
        client.transport.underlying_transport.pause_reading()
    before = run.rss()
    stage = await write_at(run, clients, load.rate, load.seconds)
    growth = run.rss() - before
    for client in (*clients, *stalled):
        client.close()
    await asyncio.sleep(0.1)
    written = stage.sent * load.length
    return {
        "growth_mib": growth / 2**20,
        "written_mib": written / 2**20,
        "per_written": growth / written / max(1, load.stalled),
        "gen": stage.gen,
    }


MODES = {
    "rate": measure_rate,
    "ramp": measure_ramp,
    "idle": measure_idle,
    "join": measure_join,
    "stall": measure_stall,
}


def main() -> None:
    prefer(os.getpid())
    load = Load(**json.loads(sys.argv[1]))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(json.dumps(uvloop.run(MODES[load.mode](load))))


if __name__ == "__main__":
    main()
