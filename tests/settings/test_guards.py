"""What keeps a server from starting, case by case; started for real in tests/system."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from collab.realtime.loopback import loopback_only
from collab.settings import env, guards

GOOD = replace(
    env.read(),
    secret_key="0123456789abcdefghijklmnopqrstuvwxyz",
    allowed_hosts=["docs.example.org", "192.0.2.7", "[2001:db8::1]"],
    behind_tls_proxy=True,
)


def test_a_whole_environment_has_no_fault() -> None:
    assert [*guards.public_faults(GOOD)] == []
    assert guards.plain_http_fault(GOOD) is None


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("secret_key", "", "SECRET_KEY"),
        ("secret_key", "ab" * 30, "SECRET_KEY"),
        ("allowed_hosts", [], "ALLOWED_HOSTS"),
        ("allowed_hosts", ["docs.example.org", "*"], "ALLOWED_HOSTS"),
        ("allowed_hosts", [".org"], "ALLOWED_HOSTS"),
        ("allowed_hosts", ["*.example.org"], "ALLOWED_HOSTS"),
        ("allowed_hosts", ["docs.example.org:8443"], "ALLOWED_HOSTS"),
        ("allowed_hosts", ["https://docs.example.org"], "ALLOWED_HOSTS"),
        ("allowed_hosts", [""], "ALLOWED_HOSTS"),
        ("debug", True, "DEBUG"),
        ("trusted_origins", ["https://*.example.org"], "TRUSTED_ORIGINS"),
        ("trusted_origins", ["http://docs.example.org"], "TRUSTED_ORIGINS"),
        ("trusted_origins", ["docs.example.org"], "TRUSTED_ORIGINS"),
        ("base_url", "docs.example.org", "BASE_URL"),
        ("base_url", "http://docs.example.org", "BASE_URL"),
    ],
)
def test_each_fault_names_its_setting(field: str, value: Any, word: str) -> None:
    (fault,) = guards.public_faults(replace(GOOD, **{field: value}))
    assert word in fault


def test_plain_http_must_be_asked_for() -> None:
    plain = replace(GOOD, behind_tls_proxy=False)
    assert "ALLOW_PLAIN_HTTP=true" in (guards.plain_http_fault(plain) or "")
    assert guards.plain_http_fault(replace(plain, allow_plain_http=True)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"allowed_hosts": ["docs.example.org"]},
        {"behind_tls_proxy": True},
        {"base_url": "https://docs.example.org"},
    ],
)
def test_development_settings_know_a_public_server(changes: dict[str, Any]) -> None:
    here = replace(GOOD, allowed_hosts=["localhost", "127.0.0.1"], behind_tls_proxy=False)
    assert guards.development_fault(here) is None
    public = replace(here, **changes)
    assert "collab.settings.prod" in (guards.development_fault(public) or "")
    assert guards.development_fault(replace(public, development_on_network=True)) is None


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104  # refused
        ("::", False),
        ("192.0.2.1", False),
        ("example.org", False),
        ("", False),
    ],
)
async def test_who_is_this_machine(host: str, is_here: bool) -> None:
    """The command's own check, and that of each connection, whatever server took it."""
    assert guards.is_loopback(host) == is_here
    assert (guards.listening_fault(host, GOOD) is None) == is_here

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    scope = {"type": "http", "server": (host, 8000)}
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    await loopback_only(answer)(scope, receive, send)
    assert sent[0]["status"] == (200 if is_here or not host else 403)


@pytest.mark.parametrize(
    ("name", "written", "form"),
    [
        ("ROOM_IDLE_S", "abc", "a number"),
        ("ROOM_IDLE_S", "5 min", "a number"),
        ("MAX_PEERS", "1e3", "a whole number"),
    ],
)
def test_a_value_of_another_form_is_said_in_a_sentence(
    name: str, written: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting, what it is, and what it should be; never half of it taken as a number."""
    monkeypatch.setenv(name, written)
    with pytest.raises(ImproperlyConfigured) as said:
        env.read()
    assert str(said.value) == f"{name} is {written!r}; the setting needs {form} (docs/settings.md)."
