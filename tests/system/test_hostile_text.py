"""Text that once stopped the server is sent to a running one, while somebody writes beside it."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.client import Peer
from tests.system.conftest import Server, World

pytestmark = pytest.mark.system
#: No acknowledgement takes longer, however busy the machine of the tests is: what stopped the
#: server stopped it for 30 s and more.
ACK_S = 5.0
COMMENTS = "<!---->" * 40 + "x"
GROWING = "<p>" + "".join(f'<b class="{n}">' for n in range(1_500)) + "<p>x" * 1_500
LINES = "a\n" * 30_000
FEWER_LINES = "".join(f"line {n}\n" for n in range(4_000))
#: What each of ``send_all`` is answered.
ANSWERS = {
    "a code block": 201,
    "its pdf": 200,
    "its latex": 200,
    "an attachment": 201,
    "a page": 201,
    "a growing page": 201,
    "growing text": 201,
    "lines": 201,
    "fewer lines": 201,
    "other lines": 200,
    "one line": 200,
    "what runs": 200,
    "quotes": 422,
    "a search": 400,
    "markdown": 201,
    "details": 201,
    "more lines": 200,
}
INJECTED = 'x\n```\n#panic("ran")\n#read("main.typ")\n```'


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
)
def served(request: pytest.FixtureRequest, tmp_path: Path, node_modules: None) -> Iterator[World]:
    """A running server on either database."""
    if request.param == "sqlite":
        environment = {}
    else:
        environment = {"DATABASE_URL": request.getfixturevalue("postgresql_url")}
    world = World(Server(tmp_path, **environment))
    world.server.start()
    yield world
    world.close()


def asked(
    world: World, method: str, path: str, body: bytes = b"", media: str = "application/json"
) -> tuple[int, bytes]:
    """Return the status and the answer, whatever it is."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{world.server.port}/api/v1/{path}",
        method=method,
        data=body or None,
        headers={
            "Authorization": f"Bearer {world.tokens['ann']}",
            "Content-Type": media,
            "If-Match": "*",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def uploaded(world: World, path: str, name: str, content: str) -> tuple[int, bytes]:
    edge = uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = f"{head}{content}\r\n--{edge}--\r\n".encode()
    return asked(world, "POST", path, body, f"multipart/form-data; boundary={edge}")


def created(world: World, content: str, wanted: str) -> tuple[int, bytes]:
    sent = {"title": "t", "content": content, "content_format": wanted}
    return asked(world, "POST", "documents", json.dumps(sent).encode())


def send_all(world: World) -> dict[str, int]:
    """Send all of it; return the statuses."""
    code = {
        "type": "codeBlock",
        "attrs": {"language": INJECTED},
        "content": [{"type": "text", "text": "x"}],
    }
    status, answer = created(world, json.dumps({"type": "doc", "content": [code]}), "json")
    made = json.loads(answer)["id"] if status == 201 else ""
    path = f"documents/{made}"
    begun, answer = created(world, FEWER_LINES, "text")
    lines = f"documents/{json.loads(answer)['id']}/content" if begun == 201 else ""
    quotes = '"' + 'a\\"' * 50_000
    return {
        "a code block": status,
        "its pdf": asked(world, "GET", f"{path}/export?format=pdf")[0],
        "its latex": asked(world, "GET", f"{path}/export?format=latex")[0],
        "an attachment": uploaded(world, f"{path}/attachments", "a.svg", COMMENTS)[0],
        "a page": uploaded(world, "documents/import", "a.html", COMMENTS)[0],
        "a growing page": uploaded(world, "documents/import", "a.html", GROWING)[0],
        "growing text": created(world, GROWING, "html")[0],
        "lines": created(world, LINES, "text")[0],
        "fewer lines": begun,
        "other lines": asked(world, "PUT", lines, FEWER_LINES[::2].encode(), "text/plain")[0],
        "one line": asked(world, "PUT", lines, b"one", "text/plain")[0],
        "what runs": asked(world, "PUT", f"{path}/content", b"<a " * 50_000, "text/html")[0],
        "quotes": asked(
            world, "POST", f"{path}/updates", quotes.encode(), "application/octet-stream"
        )[0],
        "a search": asked(world, "GET", "search?q=" + "%E3%80%8C" * 600)[0],
        "markdown": created(world, "<b></i>" * 20_000, "markdown")[0],
        "details": created(world, "<details><summary>" + "</summary>" * 20_000, "markdown")[0],
        "more lines": asked(
            world, "POST", f"{path}/content/append", FEWER_LINES.encode(), "text/plain"
        )[0],
    }


async def acks_until(peer: Peer, done: asyncio.Future[dict[str, int]]) -> tuple[int, float]:
    """Write words until the work is done; return how many, and the longest wait for one."""
    count, longest = 0, 0.0
    while not done.done():
        sent = time.monotonic()
        await peer.write("word ")
        count, longest = count + 1, max(longest, time.monotonic() - sent)
        await asyncio.sleep(0.05)
    return count, longest


async def test_nobody_waits_for_hostile_text(served: World) -> None:
    """All of it is answered by the same process, and writers are acknowledged all the while."""
    pid = served.server.pid
    address = f"ws://127.0.0.1:{served.server.port}/ws/documents/{served.document}"
    async with Peer(address, served.tokens["bob"]) as peer:
        peer.patience_s = 60.0
        await peer.synced()
        work = asyncio.ensure_future(asyncio.to_thread(send_all, served))
        count, longest = await acks_until(peer, work)
        answers = await work
    assert served.server.pid == pid
    assert answers == ANSWERS, "what stands in a name is not run"
    assert "panicked" not in served.server.log.read_text("utf-8")
    assert count > len(ANSWERS), "acknowledgements come between the answers"
    assert longest <= ACK_S
