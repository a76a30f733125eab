"""A paper as it was written, edit by edit, brought through the socket; and what that costs.

``python -m tests.system.trace`` prints the figures of the README.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from collab.protocol.codec import decode, encode
from collab.protocol.messages import Saved, SyncStep1, SyncStep2, SyncUpdate
from collab.types import StateVector, Update
from tests.system.conftest import HERE, ROOT, Server, World, eventually, install_node_modules

TRACES = Path(os.environ.get("TRACES_DIR", ROOT.parent / "shared" / "data" / "traces"))
RECORDED = TRACES / "automerge-paper.json.gz"
NAME = "recorded" if RECORDED.exists() else "generated"
EDITS = 259_778
#: What a fast writer's browser gathers while a slow line is busy; the recorded session holds
#: 259,778 keystrokes, of which each would be a frame of its own on a good line.
EDITS_A_FRAME = 250
#: Frames on their way without an acknowledgement: the only pace that is kept.
IN_FLIGHT = 32


@dataclass(frozen=True, slots=True)
class Trace:
    """A writing session: ``edits`` as (position, deleted, inserted) make ``end`` of nothing."""

    name: str
    edits: list[tuple[int, int, str]]
    end: str


def load() -> Trace:
    """Return the recorded session; where it is absent, a generated one of the same size."""
    if NAME == "generated":
        return generated()
    found: dict[str, Any] = json.loads(gzip.decompress(RECORDED.read_bytes()))
    assert hashlib.sha256(found["end"].encode()).hexdigest() == found["sha256"]
    # Positions are code points; Yjs counts UTF-16 units. They are the same below U+10000.
    assert all(character <= "\uffff" for character in found["end"])
    return Trace(NAME, [tuple(edit) for edit in found["txns"]], found["end"])


def generated(seed: int = 1) -> Trace:
    """A session in which somebody types, goes elsewhere, and takes some back."""
    dice = random.Random(seed)
    text: list[str] = []
    edits: list[tuple[int, int, str]] = []
    at = 0
    while len(edits) < EDITS:
        if dice.random() < 0.01:
            at = dice.randint(0, len(text))
        if at and dice.random() < 0.3:
            at -= 1
            del text[at]
            edits.append((at, 1, ""))
        else:
            letter = dice.choice("etaoin shrdlu你好\n")
            text.insert(at, letter)
            edits.append((at, 0, letter))
            at += 1
    return Trace(NAME, edits, "".join(text))


def updates_of(
    trace: Trace,
    *clients: int,
    edits_a_record: int = EDITS_A_FRAME,
    records_a_turn: int = 1,
) -> list[Update]:
    """Return the session as the real Yjs sends it; several ``clients`` take turns.

    The first update makes the empty paragraph; ``edits_a_record`` are in each of the others.
    """
    numbers = ",".join(map(str, clients or (7,)))
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(trace.edits, file)
        file.flush()
        done = subprocess.run(
            ["node", "replay.mjs", file.name, str(edits_a_record), numbers, str(records_a_turn)],
            cwd=HERE,
            check=True,
            capture_output=True,
            text=True,
        )
    return [Update(bytes.fromhex(line)) for line in done.stdout.split()]


async def send_all(world: World, name: str, updates: Sequence[Update]) -> float:
    """Bring ``updates`` to the document; return how long it took until all were committed."""
    url = f"ws://127.0.0.1:{world.server.port}/ws/documents/{world.document}"
    async with connect(
        url,
        additional_headers={"Authorization": f"Bearer {world.tokens[name]}"},
        subprotocols=[Subprotocol("scriptorium.v1")],
        max_size=None,
    ) as socket:
        began = time.monotonic()
        saved = 0
        for count, update in enumerate(updates, start=1):
            await socket.send(encode(SyncUpdate(update)))
            while count - saved >= (IN_FLIGHT if count < len(updates) else 1):
                message = decode(bytes(await socket.recv(decode=False)))
                if isinstance(message, Saved):
                    saved = message.frames
        return time.monotonic() - began


@dataclass(frozen=True, slots=True)
class Opened:
    """What a fresh client got, and what it took: from the socket's opening to sync step 2."""

    text: str
    wall_s: float
    server_cpu_s: float


async def open_once(world: World, name: str) -> Opened:
    """Open the document with nothing at hand."""
    url = f"ws://127.0.0.1:{world.server.port}/ws/documents/{world.document}"
    cpu, began = cpu_s(world.server), time.monotonic()
    async with connect(
        url,
        additional_headers={"Authorization": f"Bearer {world.tokens[name]}"},
        max_size=None,
    ) as socket:
        await socket.send(encode(SyncStep1(StateVector(b"\0"))))
        while not isinstance(message := decode(bytes(await socket.recv(decode=False))), SyncStep2):
            pass
        wall_s, used_s = time.monotonic() - began, cpu_s(world.server) - cpu
    return Opened(text_of(message.update), wall_s, used_s)


def text_of(state: Update) -> str:
    """Return the text of the paragraphs of a state."""
    replica: Doc[Any] = Doc()
    body = replica.get("default", type=XmlFragment)
    replica.apply_update(state)
    texts = (t for block in body.children if isinstance(block, XmlElement) for t in block.children)
    # The one text has no marks; str() would write some characters as entities.
    return "".join(
        str(run) for text in texts if isinstance(text, XmlText) for run, _ in text.diff()
    )


def cpu_s(server: Server) -> float:
    """Return the processor time that the server's process has used, in all of its threads."""
    total = 0
    for task in Path(f"/proc/{server.pid}/task").iterdir():
        with suppress(FileNotFoundError):  # the thread has ended
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def exported(world: World, wanted: str = "text") -> str:
    """Return the REST export."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{world.server.port}/api/v1/documents/{world.document}"
        f"/export?format={wanted}",
        headers={"Authorization": f"Bearer {world.tokens['ann']}"},
    )
    with urllib.request.urlopen(request) as answer:
        return str(answer.read().decode())


SIZES = """
SELECT count(*), sum(length("update")), (SELECT sum(length(state)) FROM history_checkpoint)
FROM history_updaterecord
"""


def sizes(data: Path) -> tuple[int, int, int | None]:
    """Return the number of records, the bytes of their updates, and those of the checkpoint."""
    with closing(sqlite3.connect(data / "scriptorium.sqlite3")) as database:
        row: tuple[int, int, int | None] = database.execute(SIZES).fetchone()
        return row


def main() -> None:
    """Replay the session on SQLite and print what it took."""
    install_node_modules()
    trace = load()
    updates = updates_of(trace)
    with tempfile.TemporaryDirectory() as data:
        # Idle rooms go soon, and leave a checkpoint: that is how a document is found next day.
        world = World(Server(Path(data), ROOM_IDLE_S="2"))
        world.server.start()
        try:
            took_s = asyncio.run(send_all(world, "ann", updates))
            warm = [asyncio.run(open_once(world, "bob")) for _ in range(9)]
            world.server.kill()
            world.server.start()
            crashed = asyncio.run(open_once(world, "bob"))
            eventually(lambda: sizes(Path(data))[2] is not None)
            world.server.stop()
            world.server.start()
            cold = asyncio.run(open_once(world, "bob"))
            assert crashed.text == cold.text == warm[0].text == trace.end
            assert exported(world).rstrip("\n") == trace.end.rstrip("\n")
            world.server.stop()
            count, size, state = sizes(Path(data))
            file_bytes = (Path(data) / "scriptorium.sqlite3").stat().st_size
        finally:
            world.close()
    middle = sorted(warm, key=lambda opened: opened.server_cpu_s)[len(warm) // 2]
    lines = [
        f"session                  {trace.name}, {len(trace.edits):,} edits, "
        f"{len(updates):,} frames of {EDITS_A_FRAME} edits, {sum(map(len, updates)):,} bytes",
        f"until all is committed   {took_s:.2f} s ({len(trace.edits) / took_s:,.0f} edits/s)",
        f"log                      {count:,} records, {size:,} bytes of updates, "
        f"checkpoint {state or 0:,} bytes; database file {file_bytes:,} bytes",
        *(
            f"{how:<24} {opened.wall_s * 1000:.0f} ms until synced, "
            f"{opened.server_cpu_s * 1000:.0f} ms of server time"
            for how, opened in [
                ("opens after a crash", crashed),
                ("opens from a checkpoint", cold),
                ("opens, room loaded", middle),
            ]
        ),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
