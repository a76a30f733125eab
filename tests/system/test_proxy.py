"""The proxy samples of docs/operations.md, started for real, and everything through them."""

from __future__ import annotations

import http.cookiejar
import json
import re
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.sync.client import connect

from collab.protocol.codec import decode, encode
from collab.protocol.messages import SyncStep1, SyncStep2
from collab.types import StateVector
from tests.system.conftest import ROOT, Server, World, eventually, free_port

pytestmark = [pytest.mark.system, pytest.mark.needs("nginx", "node")]

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "collab.settings.prod",
    "SECRET_KEY": "only-for-tests-0123456789-0123456789",
    "ALLOWED_HOSTS": "localhost,127.0.0.1",
    "BEHIND_TLS_PROXY": "1",
}
SIGN_IN = """
from collab.accounts.models import User
ann = User.objects.get(username="ann")
ann.set_password("a long password")
ann.save()
"""


def nginx_sample() -> str:
    """Return the block that the operator is told to copy."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    match = re.search(r"^    map \$http_upgrade.*?^    }\n(?!    )", text, re.M | re.S)
    assert match
    return re.sub(r"^    ", "", match[0], flags=re.M)


class Front:
    """nginx with the sample in front of a server; only addresses and files are put in."""

    def __init__(self, folder: Path, upstream: int) -> None:
        self.port = free_port()
        self.address = f"https://localhost:{self.port}"
        self.log = folder / "access.log"
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
             "-keyout", key, "-out", certificate],
            check=True,
            capture_output=True,
        )  # fmt: skip
        sample = nginx_sample()
        for told, here in {
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "server_name docs.example.org;": "server_name localhost;",
            "/etc/ssl/certs/docs.example.org.pem": str(certificate),
            "/etc/ssl/private/docs.example.org.key": str(key),
            "/var/log/nginx/scriptorium.log": str(self.log),
            "http://127.0.0.1:8000": f"http://127.0.0.1:{upstream}",
        }.items():
            assert sample.count(told) == 1, told
            sample = sample.replace(told, here)
        temporary = "".join(
            f"{name}_temp_path {folder}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        configuration = folder / "nginx.conf"
        configuration.write_text(
            f"pid {folder}/nginx.pid;\nevents {{}}\nhttp {{\n{temporary}{sample}}}\n", "utf-8"
        )
        self._process = subprocess.Popen(
            ["nginx", "-p", folder, "-c", configuration, "-e", folder / "error.log",
             "-g", "daemon off; user root;"]
        )  # fmt: skip
        self.tls = ssl.create_default_context(cafile=str(certificate))
        cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=self.tls),
            urllib.request.HTTPCookieProcessor(cookies),
        )
        self.cookies = cookies

    def open(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        asked = urllib.request.Request(self.address + path, body, headers)
        try:
            with self._opener.open(asked, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)


class BehindTls(Server):
    """A server that believes its proxy: without ``X-Forwarded-Proto`` it sends people away."""

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text("utf-8")[-4000:]
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/readyz", headers={"X-Forwarded-Proto": "https"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@pytest.fixture
def world(tmp_path: Path, node_modules: None) -> Iterator[World]:
    """A production server, with people and a document that were made before."""
    server = BehindTls(tmp_path)
    world = World(server, SIGN_IN)
    server.environment.update(PRODUCTION)
    server.start()
    yield world
    world.close()


@pytest.fixture
def front(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    front = Front(tmp_path_factory.mktemp("nginx"), world.server.port)
    eventually(lambda: _answers(front))
    yield front
    front.close()


def _answers(front: Front) -> bool:
    try:
        return front.open("/healthz")[0] == 200
    except OSError:
        return False


def test_people_sign_in_upload_and_write_through_nginx(world: World, front: Front) -> None:
    """The host keeps its port, so forms are no foreign ones; large files and sockets pass."""
    status, page = front.open("/sign-in/")
    assert status == 200
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = urlencode(
        {"csrfmiddlewaretoken": token[1], "username": "ann", "password": "a long password"}
    ).encode()
    status, page = front.open("/sign-in/", form, Origin=front.address, Referer=front.address + "/")
    assert status == 200, page
    assert "Shared" in page
    assert all(cookie.secure for cookie in front.cookies if cookie.name == "sessionid")

    bearer = {"Authorization": f"Bearer {world.tokens['ann']}"}
    large = multipart("large.bin", b"\x00\x01" * 12_000_000)
    path = f"/api/v1/documents/{world.document}/attachments"
    status, said = front.open(path, large[1], **bearer, **{"Content-Type": large[0]})
    assert status == 201, said
    assert json.loads(said)["size"] == 24_000_000

    with connect(
        f"wss://localhost:{front.port}/ws/documents/{world.document}?token={world.tokens['ann']}",
        ssl=front.tls,
        proxy=None,
    ) as socket:
        socket.send(encode(SyncStep1(StateVector(b"\0"))))
        assert eventually(lambda: isinstance(decode(_bytes(socket)), SyncStep2))
    written = eventually(
        lambda: "/ws/documents/" in front.log.read_text() and front.log.read_text()
    )
    assert "token" not in written


def _bytes(socket: Any) -> bytes:
    frame = socket.recv(timeout=30)
    assert isinstance(frame, bytes)
    return frame


def multipart(name: str, content: bytes) -> tuple[str, bytes]:
    """Return the type and the body of a form with one file."""
    head = (
        f'--border\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return "multipart/form-data; boundary=border", head.encode() + content + b"\r\n--border--\r\n"
