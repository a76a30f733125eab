"""An hour of writing while things break: `make soak`, or SOAK_MINUTES=5 for the short form.

A hundred writers, two server processes behind one port on PostgreSQL and a Redis of the run's own.
Every so often a process is killed or frozen, Redis is killed, the database's connections are cut,
or all processes are rolled. At the end, after a restart of everything, each claim is checked and
the last line says how many held: `N passed, N failed`. The exit status is 0 when none failed.

One claim is about time: how long anybody waited for an acknowledgement. Where other work had more
of the CPUs than `MAX_OTHERS`, a long wait says nothing about this server and is not judged; the
last line says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import uvloop
from picows import WSListener, WSMsgType, WSTransport, ws_connect
from pycrdt import Doc, Text

from bench.machine import Machine
from bench.servers import PYTHON, ROOT, databases, free_port, psql
from bench.wire import array, insert, read_varuint, runs_of, varuint, written

WRITERS = 100
DOCUMENTS = 2
WORKERS = 2
FIRST_CLIENT = 1 << 20
SAMPLE_S = 5.0
#: The longest that a writer may wait for its edits to be kept, whatever breaks, in seconds.
MAX_UNSAVED_S = 90.0
#: The share of all CPUs that other work may take while that is judged.
MAX_OTHERS = 0.35
#: A process that has just started is still loading what it needs, in seconds.
WARM_UP_S = 30.0
#: What a process may grow in the second half of a run, beside what the documents themselves need.
MAX_GROWTH_MIB = 40.0

#: The longest that it may take to replace all processes, in seconds: each is drained.
MAX_ROLL_S = 120.0
#: What the servers say; removed when all is well.
LOG = Path(tempfile.gettempdir()) / f"scriptorium-soak-{os.getpid()}.log"

now = time.monotonic


@dataclass(slots=True)
class World:
    """What all writers of a run share."""

    url: str
    documents: list[str]
    tokens: list[str]
    ends: bool = False
    sent_at: dict[tuple[int, int], float] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    closes: Counter[str] = field(default_factory=Counter)
    unsaved_s: float = 0.0


class Writer(WSListener):  # type: ignore[misc]  # picows has no stubs
    """A replica that adds to its own run of text, and keeps it until the server has it."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.document = world.documents[number % DOCUMENTS]
        self.token = world.tokens[number // DOCUMENTS]
        self.number = FIRST_CLIENT + number
        self.client = varuint(self.number)
        self.clock = 0
        #: How far the server says that it has committed; and since when there is more.
        self.kept = 0
        self.unsaved_since: float | None = None
        #: What this replica has of each client, its own included.
        self.vector: dict[int, int] = {}
        self.is_probe = number < 2 * DOCUMENTS
        self._covers: deque[int] = deque()
        self._acked = 0
        self._transport: WSTransport | None = None
        self._closed = asyncio.Event()

    # -- the socket ------------------------------------------------------------------------

    async def live(self, rate: float) -> None:
        """Write until the run ends, over as many connections as it takes."""
        while not (self.world.ends and self.is_saved):
            try:
                await self._connected(rate)
            except (OSError, TimeoutError):
                self.world.closes["no connection"] += 1
            except Exception as error:  # noqa: BLE001  # picows raises its own on a refused handshake
                self.world.closes[type(error).__name__] += 1
            await asyncio.sleep(random.uniform(0.1, 1.0))

    async def _connected(self, rate: float) -> None:
        self._closed.clear()
        self._covers.clear()
        self._acked = 0
        headers = [
            ("Authorization", f"Bearer {self.token}"),
            ("Sec-WebSocket-Protocol", "scriptorium.v1"),
        ]
        url = self.world.url.replace("{document}", self.document)
        await ws_connect(
            lambda *_: self,
            url,
            extra_headers=headers,
            max_frame_size=64 << 20,
            websocket_handshake_timeout=15,
            enable_auto_ping=True,
            auto_ping_idle_timeout=20,
            auto_ping_reply_timeout=20,
        )
        closed = asyncio.ensure_future(self._closed.wait())
        try:
            while not self._closed.is_set():
                if self.world.ends and self.is_saved:
                    # Stay: what others wrote last may still be on its way.
                    await closed
                    return
                await asyncio.wait([closed], timeout=random.uniform(0.5, 1.5) / rate)
                if not self._closed.is_set() and not self.world.ends and self._is_synced:
                    self._write()
        finally:
            closed.cancel()

    @property
    def is_saved(self) -> bool:
        return self.kept >= self.clock

    def close(self) -> None:
        if self._transport is not None:
            self._transport.disconnect()

    _is_synced = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._is_synced = False
        parts = [varuint(client) + varuint(clock) for client, clock in self.vector.items()]
        vector = varuint(len(parts)) + b"".join(parts)
        self._send(b"\x00\x00" + array(vector))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport = None
        self._closed.set()

    def _send(self, message: bytes) -> None:
        if self._transport is not None:
            self._transport.send(WSMsgType.BINARY, message)

    _part: bytes = b""

    def on_ws_frame(self, transport: WSTransport, frame: Any) -> None:
        kind = frame.msg_type
        if kind == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif kind == WSMsgType.CLOSE:
            code = int(frame.get_close_code() or 1005)
            self.world.closes[str(code)] += 1
            transport.disconnect()
        elif kind in (WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._part += frame.get_payload_as_bytes()
            if frame.fin:
                payload, self._part = self._part, b""
                self._take(payload)

    def _take(self, payload: bytes) -> None:
        kind, at = read_varuint(payload, 0)
        if kind == 100:
            self._take_ack(read_varuint(payload, at)[0])
        elif kind == 0:
            step, at = read_varuint(payload, at)
            _, at = read_varuint(payload, at)
            if step == 0:
                self._answer(payload, at)
            else:
                self._is_synced |= step == 1
                self._apply(payload, at)

    # -- the replica -----------------------------------------------------------------------

    def _write(self) -> None:
        self.world.sent_at[self.number, self.clock] = now()
        update = insert(self.client, self.clock)
        self.clock += 1
        self._offer(2, update)

    def _offer(self, step: int, update: bytes) -> None:
        self._covers.append(self.clock)
        if self.unsaved_since is None:
            self.unsaved_since = now()
        self.vector[self.number] = self.clock
        self._send(b"\x00" + bytes([step]) + array(update))

    def _answer(self, payload: bytes, at: int) -> None:
        """The server says what it has: give it what it lacks of ours."""
        count, at = read_varuint(payload, at)
        theirs = 0
        for _ in range(count):
            client, at = read_varuint(payload, at)
            clock, at = read_varuint(payload, at)
            if client == self.number:
                theirs = clock
        lacks = self.clock - theirs
        self._offer(1, insert(self.client, theirs, lacks) if lacks > 0 else b"\x00\x00")

    def _take_ack(self, frames: int) -> None:
        while self._acked < frames:
            self._acked += 1
            self.kept = max(self.kept, self._covers.popleft())
        if self.unsaved_since is not None:
            self.world.unsaved_s = max(self.world.unsaved_s, now() - self.unsaved_since)
        self.unsaved_since = None if self.is_saved else now()

    def _apply(self, payload: bytes, at: int) -> None:
        for client, clock, length in runs_of(payload, at):
            has = self.vector.get(client, 0)
            # A gap would be a lost update: the vector stops there and the comparison finds it.
            if clock <= has:
                self.vector[client] = max(has, clock + length)
            if self.is_probe and client != self.number:
                for each in range(clock, clock + length):
                    sent = self.world.sent_at.get((client, each))
                    if sent is not None:
                        self.world.delays.append(now() - sent)


# -- the servers ------------------------------------------------------------------------------


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
    """The supervisor and its workers."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.port = free_port()
        self._environment = environment
        self._log = log
        self._process: psutil.Popen | None = None

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


class Faults:
    """What breaks, in turn. In the second half nobody is killed, so that memory can be judged."""

    def __init__(self, cluster: Cluster, redis: Redis, database: str) -> None:
        self._cluster = cluster
        self._redis = redis
        self._database = database
        self.happened: list[tuple[float, str]] = []
        self.unfinished_rolls = 0

    async def run(self, began: float, seconds: float, every_s: float) -> None:
        deadly = itertools.cycle(
            [self.kill, self.redis_gone, self.freeze, self.cut_database, self.roll]
        )
        mild = itertools.cycle([self.redis_gone, self.freeze, self.cut_database])
        # The last fifth is quiet, and so are the first seconds.
        while (at := now() - began) < seconds * 0.8 - every_s:
            await asyncio.sleep(every_s)
            fault = next(deadly if at < seconds * 0.4 else mild)
            self.happened.append((now() - began, fault.__name__))
            await fault()

    async def kill(self) -> None:
        if workers := self._cluster.workers:
            random.choice(workers).kill()

    async def freeze(self) -> None:
        if workers := self._cluster.workers:
            worker = random.choice(workers)
            with contextlib.suppress(psutil.Error):
                worker.suspend()
                await asyncio.sleep(5)
                worker.resume()

    async def redis_gone(self) -> None:
        await asyncio.to_thread(self._redis.kill)
        await asyncio.sleep(5)
        await asyncio.to_thread(self._redis.start)

    async def cut_database(self) -> None:
        await asyncio.to_thread(
            psql,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "  # noqa: S608  # the run's own name
            f"WHERE datname = '{self._database}'",
        )

    async def roll(self) -> None:
        before = {worker.pid for worker in self._cluster.workers}
        self._cluster.signal(signal.SIGHUP)

        def is_over() -> bool:
            return len(after := {w.pid for w in self._cluster.workers}) == WORKERS and not (
                after & before
            )

        self.unfinished_rolls += not await until(is_over, MAX_ROLL_S)


# -- the run ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Sample:
    at: float
    p50_ms: float
    p99_ms: float
    rss_mib: dict[int, float]
    connected: int


async def watch(
    world: World,
    writers: list[Writer],
    cluster: Cluster,
    machine: Machine,
    samples: list[Sample],
    began: float,
) -> None:
    own = psutil.Process()  # servers and Redis are below it
    while True:
        await asyncio.sleep(SAMPLE_S)
        await asyncio.to_thread(machine.sample, [own])
        delays, world.delays = sorted(world.delays), []
        rss = {}
        for worker in cluster.workers:
            with contextlib.suppress(psutil.Error):
                rss[worker.pid] = worker.memory_info().rss / 2**20
        samples.append(
            Sample(
                at=now() - began,
                p50_ms=delays[len(delays) // 2] * 1000 if delays else float("nan"),
                p99_ms=delays[int(len(delays) * 0.99)] * 1000 if delays else float("nan"),
                rss_mib=rss,
                connected=sum(writer._transport is not None for writer in writers),
            )
        )
        for writer in writers:
            if writer.unsaved_since is not None:
                world.unsaved_s = max(world.unsaved_s, now() - writer.unsaved_since)
        old = now() - 120
        world.sent_at = {key: sent for key, sent in world.sent_at.items() if sent > old}


@dataclass(slots=True)
class Report:
    """Claims and whether they held."""

    results: list[tuple[str, bool, str]] = field(default_factory=list)
    unjudged: int = 0

    def claim(self, name: str, holds: bool, detail: str = "") -> None:
        self.results.append((name, holds, detail))
        print(f"{'ok    ' if holds else 'FAILED'} {name}{f': {detail}' if detail else ''}")

    def pass_over(self, name: str, why: str) -> None:
        self.unjudged += 1
        print(f"not judged: {name}: {why}")

    def end(self) -> int:
        failed = sum(not holds for _, holds, _ in self.results)
        unjudged = f", {self.unjudged} not judged" if self.unjudged else ""
        print(f"{len(self.results) - failed} passed, {failed} failed{unjudged}")
        return int(failed > 0)


async def until(claim: Callable[[], bool], within_s: float) -> bool:
    deadline = now() + within_s
    while not claim():
        if now() > deadline:
            return False
        await asyncio.sleep(0.2)
    return True


def vectors_equal(writers: list[Writer], document: str) -> bool:
    vectors = [writer.vector for writer in writers if writer.document == document]
    return all(vector == vectors[0] for vector in vectors)


async def soak(minutes: float, rate: float, plot: Path | None) -> int:
    seconds = minutes * 60
    report = Report()
    with _services() as (world, cluster, redis, database):
        writers = [Writer(world, number) for number in range(WRITERS)]
        faults = Faults(cluster, redis, database)
        samples: list[Sample] = []
        began = now()
        lives = [asyncio.create_task(writer.live(rate)) for writer in writers]
        machine = Machine(database)
        watching = asyncio.create_task(watch(world, writers, cluster, machine, samples, began))
        every_s = min(150.0, max(15.0, seconds / 25))
        breaking = asyncio.create_task(faults.run(began, seconds, every_s))
        print(
            f"{WRITERS} writers for {minutes:g} minutes, a fault every {every_s:.0f} s", flush=True
        )
        await asyncio.sleep(seconds)
        await breaking
        world.ends = True
        saved = await until(lambda: all(writer.is_saved for writer in writers), MAX_UNSAVED_S)
        equal = await until(
            lambda: all(vectors_equal(writers, document) for document in world.documents), 60
        )
        watching.cancel()
        others = machine.others
        report.claim(
            "things broke",
            len(faults.happened) >= 3,
            str(dict(Counter(name for _, name in faults.happened))),
        )
        report.claim("every roll replaced all processes", not faults.unfinished_rolls)
        report.claim("everything written was acknowledged in the end", saved)
        prompt = f"nobody waited longer than {MAX_UNSAVED_S:.0f} s for it"
        waited = f"at most {world.unsaved_s:.1f} s, other work took {others:.0%} of the CPUs"
        if world.unsaved_s > MAX_UNSAVED_S and others > MAX_OTHERS:
            report.pass_over(prompt, waited)
        else:
            report.claim(prompt, world.unsaved_s <= MAX_UNSAVED_S, waited)
        report.claim("all replicas are equal without a reload", equal)
        final = {code: n for code, n in world.closes.items() if code.startswith("44")}
        report.claim("no honest writer was refused", not final, str(dict(world.closes)))
        _judge_memory(report, samples, seconds)
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
        for writer in writers:
            writer.close()
        await asyncio.to_thread(cluster.stop)
        await asyncio.to_thread(cluster.start)
        await _judge_content(report, world, writers, cluster)
        await asyncio.to_thread(_judge_log, report, cluster, world, writers)
        sent = sum(writer.clock for writer in writers)
        print(f"{sent} updates, {len(faults.happened)} faults, closes {dict(world.closes)}")
    if plot is not None:
        await asyncio.to_thread(draw, plot, samples, faults.happened, sent)
    status = report.end()
    if status:
        print(f"The servers' log is {LOG}; what went wrong in it:")
        print("\n".join(_troubles(LOG.read_text("utf-8", "replace").splitlines())))
    else:
        LOG.unlink()
    return status


def _troubles(log: list[str]) -> list[str]:
    """The last lines that tell of a fault, each once."""
    words = ("ERROR", "CRITICAL", "Error:", "thrown away", "Timeout")
    found = dict.fromkeys(line for line in log if any(word in line for word in words))
    return list(found)[-30:]


def _judge_memory(report: Report, samples: list[Sample], seconds: float) -> None:
    """The processes that lived through the quiet half: what they grew."""
    late = [sample for sample in samples if sample.at > seconds * 0.5]
    grown = {}
    for pid in {pid for sample in late for pid in sample.rss_mib}:
        born = min(sample.at for sample in samples if pid in sample.rss_mib)
        grown_up = [sample for sample in late if sample.at > born + WARM_UP_S]
        line = [sample.rss_mib[pid] for sample in grown_up if pid in sample.rss_mib]
        if len(line) >= len(late) * 0.6:
            tenth = max(1, len(line) // 10)
            first, last = sorted(line[:tenth])[tenth // 2], sorted(line[-tenth:])[tenth // 2]
            grown[pid] = last - first
    report.claim(
        f"memory is flat: at most {MAX_GROWTH_MIB:.0f} MiB more in the second half",
        bool(grown) and max(grown.values()) <= MAX_GROWTH_MIB,
        ", ".join(f"{mib:+.1f} MiB" for mib in grown.values()) or "no process lived through it",
    )


async def _judge_content(
    report: Report, world: World, writers: list[Writer], cluster: Cluster
) -> None:
    """After a restart: a fresh reader, with a real CRDT, has every acknowledged letter once."""
    lost = doubled = 0
    for document in world.documents:
        state = await asyncio.to_thread(
            _get, f"{cluster.address}/api/v1/documents/{document}/content?format=yjs", world
        )
        doc: Doc[Any] = Doc()
        text = doc.get("text", type=Text)
        doc.apply_update(state)
        mine = [writer for writer in writers if writer.document == document]
        kept = sum(writer.kept for writer in mine)
        lost += max(0, kept - len(str(text)))
        doubled += max(0, len(str(text)) - sum(writer.clock for writer in mine))
        expected = Counter(
            letter for writer in mine for letter in written(0, writer.clock).decode()
        )
        if Counter(str(text)) != expected and not lost:
            lost += 1
    report.claim("nothing that was acknowledged is lost after a restart", not lost, f"{lost} lost")
    report.claim("nothing is there twice", not doubled, f"{doubled} twice")


def _get(url: str, world: World) -> bytes:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {world.tokens[0]}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return bytes(answer.read())


def _judge_log(report: Report, cluster: Cluster, world: World, writers: list[Writer]) -> None:
    """The log: numbers without a gap, and of each writer every clock once."""
    made = subprocess.run(
        [str(PYTHON), "-m", "bench.readlog", *world.documents],
        cwd=ROOT,
        env={**os.environ, **cluster._environment},
        capture_output=True,
        check=True,
        text=True,
    )
    found = json.loads(made.stdout.splitlines()[-1])
    report.claim("the log's numbers have no gap", found["gaps"] == 0, f"{found['records']} records")
    short = [w.number for w in writers if found["clocks"].get(str(w.number), 0) < w.kept]
    report.claim("the log has every acknowledged update", not short, f"{len(short)} writers short")


@contextlib.contextmanager
def _services() -> Iterator[tuple[World, Cluster, Redis, str]]:
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
            for command in (
                ["manage.py", "migrate", "-v0"],
                ["-m", "bench.seed", str(DOCUMENTS), str(WRITERS // DOCUMENTS)],
            ):
                made = subprocess.run(
                    [str(PYTHON), *command],
                    cwd=ROOT,
                    env={**os.environ, **environment},
                    check=True,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            seeded = json.loads(made.stdout.splitlines()[-1])
            cluster.start()
            url = f"ws://127.0.0.1:{cluster.port}/ws/documents/{{document}}"
            world = World(url, seeded["documents"], seeded["tokens"])
            yield world, cluster, redis, urls["DATABASE_URL"].rpartition("/")[2]
        finally:
            cluster.stop()
            redis.kill()


def draw(path: Path, samples: list[Sample], faults: list[tuple[float, str]], sent: int) -> None:
    """Draw memory and latency over the run."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    minutes = [sample.at / 60 for sample in samples]
    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(9, 6), layout="constrained")
    above.plot(minutes, [s.p50_ms for s in samples], label="p50", color="#2b6cb0")
    above.plot(minutes, [s.p99_ms for s in samples], label="p99", color="#c05621", lw=0.8)
    above.set_yscale("log")
    above.set_ylabel("latency, ms")
    above.legend(loc="upper right")
    colours = {"kill": "#e53e3e", "roll": "#805ad5", "freeze": "#3182ce"}
    for at, name in faults:
        for axis in (above, below):
            axis.axvline(at / 60, color=colours.get(name, "#718096"), lw=0.6, ls=":")
        above.annotate(
            name,
            (at / 60, 1.0),
            xycoords=("data", "axes fraction"),
            fontsize=5,
            rotation=60,
            annotation_clip=False,
        )
    for pid in sorted({pid for sample in samples for pid in sample.rss_mib}):
        line = [(s.at / 60, s.rss_mib[pid]) for s in samples if pid in s.rss_mib]
        below.plot([x for x, _ in line], [y for _, y in line], lw=1)
    below.set_ylabel("memory of each process, MiB")
    below.set_ylim(bottom=0)
    below.set_xlabel(f"minutes; {WRITERS} writers, {sent:,} updates, {len(faults)} faults")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main() -> int:
    minutes = float(os.environ.get("SOAK_MINUTES", "60"))
    rate = float(os.environ.get("SOAK_RATE", "1"))
    missing = [name for name in ("redis-server",) if shutil.which(name) is None]
    if missing:
        print(f"not run: {', '.join(missing)} is not installed")
        return 1
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    plot = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    return uvloop.run(soak(minutes, rate, plot))


if __name__ == "__main__":
    sys.exit(main())
