"""The address that a request is counted by: what the visitor cannot choose.

``X-Forwarded-For`` is a list to whose end each proxy adds whom it saw. Whoever sends a request
writes the beginning, so only the entries of our own proxies, counted from the end, say anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest

#: Where the server listens on a file, there is no address: all are counted as one.
NOWHERE = "0.0.0.0"  # noqa: S104  # nothing is bound to it
#: A household or a machine has a whole network of IPv6 addresses.
COUNTED_V6_BITS = 64


def client_address(request: HttpRequest) -> str:
    """Return the visitor's address."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return believed(request.META.get("REMOTE_ADDR", ""), [forwarded], settings.NUM_PROXIES)


def socket_address(scope: Any) -> str:
    """Return the address of who opened a websocket, as its sockets are counted."""
    client = scope.get("client") or ("", None)
    forwarded = [
        value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"
    ]
    return counted(believed(client[0], forwarded, settings.NUM_PROXIES))


def believed(peer: str, forwarded: Iterable[str], proxies: int) -> str:
    """Return the address of whom the first of our proxies saw; without any, of the connection.

    Args:
        peer: where the connection comes from.
        forwarded: the lines of ``X-Forwarded-For``.
        proxies: how many of our own stand in front.
    """
    if proxies > 0:
        entries = ",".join(forwarded).split(",")
        # Where there are fewer, the request did not come by the proxies.
        if len(entries) >= proxies and (found := _parsed(entries[-proxies])) is not None:
            return str(found)
    return str(_parsed(peer) or NOWHERE)


def counted(address: str) -> str:
    """Return what stands for an address where visitors are counted: of IPv6, its network."""
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, COUNTED_V6_BITS), strict=False))
    return address


def _parsed(written: str) -> IPv4Address | IPv6Address | None:
    """Read an address; some proxies write a port behind it, and IPv6 in brackets."""
    text = written.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
