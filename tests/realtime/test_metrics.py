"""``/metrics``: who may read it, what a request adds. Rooms: tests/system/test_metrics.py."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest
from django.test import Client
from environ import ImproperlyConfigured
from pytest_django import Settings

from collab.metrics import exposition
from collab.settings import env
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def allow(settings: Settings, token: str = "", *networks: str) -> None:
    made = tuple(ip_network(each) for each in networks)
    settings.ENV = replace(settings.ENV, metrics_token=token, metrics_networks=made)


def status(address: str = "127.0.0.1", **headers: str) -> int:
    return Client(REMOTE_ADDR=address, headers=headers).get("/metrics").status_code


def test_nobody_reads_them_unless_the_settings_say_so() -> None:
    """Not even from this machine: behind a proxy everybody comes from here."""
    assert status() == 404
    assert status(authorization="Bearer ") == 404
    browser = Client()
    browser.force_login(make_user(is_staff=True, is_superuser=True))
    assert browser.get("/metrics").status_code == 404


def test_the_token_opens_them(settings: Settings) -> None:
    allow(settings, "s3cret")
    assert status(authorization="Bearer s3cret") == 200
    for wrong in ("Bearer s3cre", "Bearer s3crets", "Bearer ", "Basic s3cret", "Bearer schlüssel"):
        assert status(authorization=wrong) == 403
    assert status() == 403


def test_so_does_an_allowed_network(settings: Settings) -> None:
    allow(settings, "", "10.1.0.0/16", "::1")
    for address in ("10.1.2.3", "::1", "::ffff:10.1.2.3"):
        assert status(address) == 200
    for address in ("10.2.0.1", "127.0.0.1", "::2", "", "unix:"):
        assert status(address) == 403
    # An empty token is none.
    assert status("10.2.0.1", authorization="Bearer ") == 403


def test_networks_that_are_none_are_said_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_NETWORKS", "10.0.0.0/8, here")
    with pytest.raises(ImproperlyConfigured, match="METRICS_NETWORKS: 'here'"):
        env.read()


def counted(line: str) -> float:
    found = [row for row in exposition().decode().splitlines() if row.startswith(line)]
    return float(found[0].rpartition(" ")[2]) if found else 0.0


def test_requests_are_counted_by_route_never_by_address(settings: Settings) -> None:
    allow(settings, "", "127.0.0.1")
    document = "/api/v1/documents/11111111-2222-3333-4444-555555555555"
    by_route = 'scriptorium_http_requests_total{method="GET",route="api-document",status="401"}'
    before = counted(by_route)
    assert Client().get(document).status_code == 401
    assert counted(by_route) == before + 1
    timed = 'scriptorium_http_request_seconds_count{method="GET",route="api-document"}'
    assert counted(timed) >= before + 1
    Client().generic("BREW", "/coffee")
    lost = 'scriptorium_http_requests_total{method="other",route="none",status="404"}'
    assert counted(lost) >= 1
    page = Client().get("/metrics")
    assert page["Content-Type"].startswith("text/plain; version=")
    assert "11111111" not in page.content.decode()
    assert "coffee" not in page.content.decode()
