"""One POST to an address that a person gave: never into the server's own network.

A name is resolved here and the address that it gives is looked at before the connection is made to
that very address, so that a name cannot mean one thing when it is checked and another when it is
used. Redirects are answers like others; proxies of the environment are not asked.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

#: Read of an answer; what it says after that is not looked at.
MAX_ANSWER_BYTES = 4096
#: IPv6 addresses in which others are written (RFC 6052, RFC 8215), the last four bytes.
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


_NOT_ALLOWED = "The name leads to no address that is allowed: only to those of the public internet."


class NoAnswer(Exception):
    """Nothing came back; the sentence says why."""


class AddressRefused(NoAnswer):
    """The address is none that may be called."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    excerpt: str


def check_url(url: str, *, allow_private: bool) -> None:
    """Refuse what cannot be called, as far as it shows without asking for the name.

    Raises:
        AddressRefused: the sentence says why.
    """
    try:
        where = urlsplit(url)
        port = where.port
    except ValueError as error:
        raise AddressRefused("This is no address.") from error
    if not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefused("An address has printable ASCII characters only.")
    if where.scheme not in ("http", "https") or not where.hostname or port == 0:
        raise AddressRefused("An address begins with https:// or http:// and names a host.")
    if where.username is not None or where.password is not None or where.fragment:
        raise AddressRefused("An address has no user name, no password and no #part.")
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(where.hostname)
        if not (allow_private or is_public(address)):
            raise AddressRefused(f"{address} is not an address of the public internet.")


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether an address is of the public internet, whatever it is written in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and any(address in network for network in _TRANSLATED):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float, allow_private: bool
) -> Answer:
    """Send ``body`` and return what comes back.

    Args:
        url: where to; checked again here.
        body: as it goes out.
        headers: besides those that HTTP wants.
        timeout_s: for all of it, but for the resolver, which has its own.
        allow_private: whether addresses of private networks may be called.

    Raises:
        NoAnswer: there was none in time, or the address is refused.
    """
    check_url(url, allow_private=allow_private)
    where = urlsplit(url)
    connection = _connection(where.scheme, where.hostname or "", where.port, timeout_s)
    try:
        plain = _connected(connection.host, connection.port, timeout_s, allow_private)
    except TimeoutError as error:
        raise NoAnswer(f"Timed out: no connection within {timeout_s:g} s") from error
    except OSError as error:
        raise NoAnswer(f"No connection: {error}") from error
    line = plain
    is_late = threading.Event()

    def cut() -> None:
        is_late.set()
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    # A peer that sends a byte now and then would outwait any timeout of the socket's.
    alarm = threading.Timer(timeout_s, cut)
    alarm.daemon = True
    alarm.start()
    try:
        if where.scheme == "https":
            line = _tls().wrap_socket(plain, server_hostname=connection.host)
        connection.sock = line
        target = (where.path or "/") + (f"?{where.query}" if where.query else "")
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        excerpt = answer.read(MAX_ANSWER_BYTES).decode("utf-8", "replace")
        if is_late.is_set():  # what came until then looks whole to http.client
            raise TimeoutError(f"not within {timeout_s:g} s")
        return Answer(answer.status, excerpt)
    except (OSError, http.client.HTTPException, ValueError) as error:
        # Cut by the alarm, the connection ends as if the peer had ended it.
        if is_late.is_set() or isinstance(error, TimeoutError):
            raise NoAnswer(f"Timed out: no whole answer within {timeout_s:g} s") from error
        raise NoAnswer(f"No answer: {type(error).__name__} {error}".strip()) from error
    finally:
        alarm.cancel()
        connection.close()
        line.close()


def _connection(
    scheme: str, host: str, port: int | None, timeout_s: float
) -> http.client.HTTPConnection:
    # Of http.client only the talking is used; it never connects by itself.
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    return kind(host, port, timeout=timeout_s)


def _connected(host: str, port: int, timeout_s: float, allow_private: bool) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        # The words of AddressRefused below: nobody learns which names there are inside.
        raise NoAnswer(_NOT_ALLOWED) from error
    last: OSError | None = None
    for family, kind, protocol, _name, where in found:
        address = ipaddress.ip_address(str(where[0]).partition("%")[0])
        if not (allow_private or is_public(address)):
            raise AddressRefused(_NOT_ALLOWED)
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(timeout_s)
        try:
            sock.connect(where)
        except OSError as error:
            sock.close()
            last = error
        else:
            return sock
    raise last or OSError("the name has no address")


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
