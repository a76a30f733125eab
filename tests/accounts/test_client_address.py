"""Whose address a request is counted by: never one that the visitor writes."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from pytest_django import Settings

from collab.accounts.client_address import believed, client_address, counted, socket_address
from collab.api.throttling import TokenThrottle
from collab.settings import env
from collab.web.account_adapter import AccountAdapter


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, [], "192.0.2.1"),
        (0, ["198.51.100.7"], "192.0.2.1"),
        (1, ["198.51.100.7"], "198.51.100.7"),
        (1, ["10.0.0.1, 10.0.0.2,198.51.100.7"], "198.51.100.7"),
        (1, ["10.0.0.1", "198.51.100.7"], "198.51.100.7"),
        (2, ["10.0.0.1, 198.51.100.7, 203.0.113.5"], "198.51.100.7"),
        (2, ["10.0.0.1", "198.51.100.7", "203.0.113.5"], "198.51.100.7"),
        (2, ["198.51.100.7"], "192.0.2.1"),
        (1, [], "192.0.2.1"),
        (1, [""], "192.0.2.1"),
        (1, ["198.51.100.7, unknown"], "192.0.2.1"),
        (1, ["198.51.100.7:4711"], "198.51.100.7"),
        (1, ["[2001:db8::7]:4711"], "2001:db8::7"),
        (1, ["2001:db8::7"], "2001:db8::7"),
        (1, ["::ffff:198.51.100.7"], "198.51.100.7"),
        (1, ["fe80::1%eth0"], "fe80::1"),
        (-1, ["198.51.100.7"], "192.0.2.1"),
    ],
)
def test_our_own_proxies_are_believed(proxies: int, forwarded: list[str], expected: str) -> None:
    assert believed("192.0.2.1", forwarded, proxies) == expected


@pytest.mark.parametrize("peer", ["", "no address", "/run/socket"])
def test_without_an_address_all_are_one(peer: str) -> None:
    assert believed(peer, [], 0) == "0.0.0.0"  # noqa: S104  # nothing is bound to it


def test_a_network_of_ipv6_is_one_visitor() -> None:
    assert counted("2001:db8:1:2::7") == counted("2001:db8:1:2:ffff::9")
    assert counted("2001:db8:1:2::7") != counted("2001:db8:1:3::7")
    assert counted("198.51.100.7") == "198.51.100.7"


@pytest.mark.parametrize(("proxies", "expected"), [(0, "192.0.2.1"), (1, "198.51.100.7")])
def test_all_who_count_ask_the_same_function(
    settings: Settings, proxies: int, expected: str
) -> None:
    """Sign-in and links (allauth), REST, and sockets."""
    settings.NUM_PROXIES = proxies
    written = "10.9.8.7, 198.51.100.7"
    request = RequestFactory().get(
        "/", headers={"X-Forwarded-For": written}, REMOTE_ADDR="192.0.2.1"
    )
    assert client_address(request) == expected
    assert AccountAdapter(request).get_client_ip(request) == expected

    class Wrapped:
        _request = request

    assert TokenThrottle().get_ident(Wrapped()) == expected  # type: ignore[arg-type]
    headers = [(b"x-forwarded-for", b"10.9.8.7"), (b"x-forwarded-for", b"198.51.100.7")]
    assert socket_address({"client": ("192.0.2.1", 5), "headers": headers}) == expected


def test_a_proxy_that_speaks_https_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number is read as a number; what is said of one proxy needs no second setting."""
    monkeypatch.setenv("NUM_PROXIES", "2")
    assert env.read().num_proxies == 2
    monkeypatch.setenv("NUM_PROXIES", "two")
    with pytest.raises(ImproperlyConfigured, match="NUM_PROXIES"):
        env.read()
