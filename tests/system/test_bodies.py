"""Bodies and headers of requests have bounds that hold before anything is kept of them."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.conftest import Server, World

pytestmark = pytest.mark.system
MB = 1024 * 1024


@pytest.fixture(scope="module")
def server_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(Server(tmp_path_factory.mktemp("bodies"), BODY_IDLE_S="1"))
    world.server.start()
    yield world
    world.close()


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def exchange(world: World, *parts: bytes, patience_s: float = 20) -> tuple[int, bytes, int]:
    """Send the parts, until they are not taken; return status, answer, and how much was taken."""
    taken = 0
    with socket.create_connection(("127.0.0.1", world.server.port), timeout=patience_s) as sock:
        try:
            for part in parts:
                sock.sendall(part)
                taken += len(part)
        except OSError:
            pass
        answer = b""
        try:
            while data := sock.recv(65536):
                answer += data
        except OSError:
            pass
    return (int(answer[9:12]) if answer else 0), answer, taken


def memory(world: World) -> int:
    return int(Path(f"/proc/{world.server.pid}/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize(
    ("path", "size", "has_token"),
    [
        ("/healthz", 100 * 10**9, False),
        ("/healthz", 1, False),
        ("/sign-in/", 100 * 10**9, False),
        ("/api/v1/documents/import", 64 * 1024 + 1, False),
        ("/api/v1/documents/import", 101 * MB, True),
        ("/api/v1/documents", 10 * MB + 1, True),
        ("/nowhere", 10 * MB + 1, True),
        ("/api/v1/documents/x/attachments", 26 * MB, True),
    ],
)
def test_a_body_that_says_that_it_is_too_large_is_not_read(
    server_world: World, path: str, size: int, has_token: bool
) -> None:
    token = f"Authorization: Bearer {server_world.tokens['ann']}"
    headers = [f"Content-Length: {size}", *([token] if has_token else [])]
    status, answer, _ = exchange(server_world, head(path, *headers))
    assert status == 413
    assert b"application/problem+json" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == 413


def test_a_body_that_does_not_say_how_large_it_is_is_counted(server_world: World) -> None:
    """A chunked one: what comes beyond the limit is not kept."""
    world = server_world
    before = memory(world)
    token = f"Authorization: Bearer {world.tokens['ann']}"
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    start = head("/api/v1/documents", token, "Transfer-Encoding: chunked")
    status, _, taken = exchange(world, start, *([chunk] * 3000))
    # The connection is closed while we send: the answer may be lost on the way.
    assert status in (413, 0)
    assert taken < 40 * MB
    assert memory(world) - before < 64 * MB


def test_a_body_that_comes_slowly_is_given_up(server_world: World) -> None:
    began = time.monotonic()
    status, _, _ = exchange(server_world, head("/sign-in/", "Content-Length: 1000"), b"a")
    assert status == 408
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    "start",
    [
        b"GET /" + b"a" * (70 * 1024) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        head("/", *(f"X-{n}: {'a' * 8000}" for n in range(10)), method="GET"),
        head("/", *(f"X-{n}: a" for n in range(300)), method="GET"),
        b"GET / HTTP/1.1\r\nX: " + b"a" * (2 * MB),
        b"a" * (2 * MB),
    ],
    ids=["address", "headers", "many headers", "a header without end", "a method without end"],
)
def test_what_stands_before_a_body_is_bounded(server_world: World, start: bytes) -> None:
    status, _, _ = exchange(server_world, start)
    assert status in (431, 400, 0)
    assert exchange(server_world, head("/healthz", "Connection: close", method="GET"))[0] == 200


def test_honest_requests_pass(server_world: World) -> None:
    token = f"Authorization: Bearer {server_world.tokens['ann']}"
    body = json.dumps({"title": "T", "content": "a" * MB}).encode()
    start = head(
        "/api/v1/documents",
        token,
        "Content-Type: application/json",
        "Connection: close",
        f"Content-Length: {len(body)}",
    )
    assert exchange(server_world, start, body)[0] == 201
