"""Webhooks never reach into the server's own network, and no receiver holds them up."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from collab.webhooks.connecting import AddressRefused, NoAnswer, check_url, is_public, post
from tests.webhooks.receiver import receiving


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  # not bound: refused
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)
def test_addresses_that_are_not_of_the_internet(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/hook",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http://[::1",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://ann:secret@example.org/",
        "http://example.org/#part",
        "http://example.org/a b",
        "http://example.org/\r\nX-Own: 1",
        "http://例子.测试/",
        "http://127.0.0.1/",
        "http://[::1]:8000/",
        "https://169.254.169.254/latest/meta-data/",
    ],
)
def test_what_is_no_address_to_call(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url, allow_private=False)


def test_a_name_is_refused_by_what_it_leads_to() -> None:
    """Its address is looked at when the connection is made; nothing is connected to."""
    with receiving() as receiver:
        url = f"http://localhost:{receiver.port}/"
        check_url(url, allow_private=False)  # a name says nothing yet
        with pytest.raises(AddressRefused, match="leads to no address that is allowed"):
            post(url, b"{}", {}, timeout_s=5, allow_private=False)
        # Numbers that resolvers take for addresses, too.
        for host in ("2130706433", "0x7f000001", "127.1"):
            with pytest.raises(NoAnswer):
                post(f"http://{host}:{receiver.port}/", b"{}", {}, timeout_s=5, allow_private=False)
        assert receiver.got == []
        assert post(url, b"{}", {}, timeout_s=5, allow_private=True).status == 204


def test_redirects_are_answers() -> None:
    with receiving() as receiver, receiving() as elsewhere:
        receiver.answers = [(302, {"Location": elsewhere.url}, b"go there")]
        answer = post(receiver.url, b"{}", {}, timeout_s=5, allow_private=True)
        assert (answer.status, answer.excerpt) == (302, "go there")
        assert elsewhere.got == []
        assert receiver.got[0][0] == "/hook?of=tests"


def test_no_more_of_an_answer_is_read_than_is_kept() -> None:
    with receiving() as receiver:
        receiver.answers = [(200, {}, b"x" * 5_000_000)]
        answer = post(receiver.url, b"{}", {}, timeout_s=5, allow_private=True)
        assert answer.excerpt == "x" * 4096


@contextmanager
def _dripping(head: bytes) -> Iterator[int]:
    """A server that answers ``head``, then a byte every tenth of a second."""
    ends = threading.Event()

    def serve(listener: socket.socket) -> None:
        line, _ = listener.accept()
        with line:
            line.sendall(head)
            try:
                while not ends.wait(0.1):
                    line.sendall(b"x")
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=[listener])
        thread.start()
        yield listener.getsockname()[1]
        ends.set()
        thread.join()


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"]
)
def test_a_receiver_that_drips_is_cut_off(head: bytes) -> None:
    """Each byte comes in time; all of them together do not."""
    with _dripping(head) as port:
        began = time.monotonic()
        with pytest.raises(NoAnswer, match="Timed out: no whole answer within 1 s"):
            post(f"http://127.0.0.1:{port}/", b"{}", {}, timeout_s=1, allow_private=True)
        assert time.monotonic() - began < 5


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NoAnswer, match="No connection"):
        post(f"http://127.0.0.1:{port}/", b"{}", {}, timeout_s=1, allow_private=True)
