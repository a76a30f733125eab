"""What an operator may have forgotten: each fault as a sentence that says the mend. No Django."""

from __future__ import annotations

import os
import stat
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from collab.settings.env import Environment

MIN_KEY_CHARS = 32
#: A key of 32 random letters has far more; one that was typed to fill the field has not.
MIN_KEY_KINDS = 8
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def is_loopback(host: str) -> bool:
    """Return whether ``host``, a name or an address to listen on, is this machine only."""
    bare = host.strip("[]")
    try:
        return ip_address(bare).is_loopback
    except ValueError:
        return bare == "localhost" or bare.endswith(".localhost")


def development_fault(env: Environment) -> str | None:
    """Return why the development settings must not serve this environment; None: they may."""
    if env.development_on_network:
        return None
    foreign = [host for host in env.allowed_hosts if not is_loopback(host)]
    signs = [f"ALLOWED_HOSTS names {foreign[0]}"] if foreign else []
    signs += ["BEHIND_TLS_PROXY is on"] if env.behind_tls_proxy else []
    signs += ["BASE_URL is set"] if env.base_url else []
    if not signs:
        return None
    return (
        f"This looks like a public server ({', '.join(signs)}), and these are the development "
        "settings, with known demo passwords and without secure cookies: set "
        "DJANGO_SETTINGS_MODULE=collab.settings.prod. For a try on a network that you trust: "
        "DEVELOPMENT_ON_NETWORK=true."
    )


def listening_fault(host: str, env: Environment) -> str | None:
    """Return why the development settings must not listen on ``host``; None: they may."""
    if env.development_on_network or is_loopback(host):
        return None
    return (
        f"The development settings serve this machine only, not {host}: their demo passwords are "
        "known to everybody. For a public server set DJANGO_SETTINGS_MODULE=collab.settings.prod; "
        "for a try on a network that you trust set DEVELOPMENT_ON_NETWORK=true, and ALLOWED_HOSTS "
        "to the names by which others call this machine."
    )


def public_faults(env: Environment) -> Iterator[str]:
    """Yield what keeps a public server from starting."""
    key = env.secret_key
    if len(key) < MIN_KEY_CHARS or len(set(key)) < MIN_KEY_KINDS:
        yield "Set SECRET_KEY to a random string of at least 32 characters."
    if not env.allowed_hosts or not all(map(_is_full_name, env.allowed_hosts)):
        yield (
            "Set ALLOWED_HOSTS to the host names that this server answers to, each in full: "
            "no *, no name that begins with a dot, no port, no https://."
        )
    if env.debug:
        yield "DEBUG must not be on under the production settings."
    for origin in env.trusted_origins:
        where = urlsplit(origin)
        if "*" in origin or where.scheme not in _schemes(env) or not where.hostname:
            yield f"TRUSTED_ORIGINS: write {origin!r} as https://host, without *."
    base = urlsplit(env.base_url)
    if env.base_url and (base.scheme not in _schemes(env) or not base.hostname or base.query):
        yield "Set BASE_URL to the address that people type: https://host, or https://host:port."


def plain_http_fault(env: Environment) -> str | None:
    """Return why a public server must not serve: people would sign in over plain HTTP."""
    if env.behind_tls_proxy or env.allow_plain_http:
        return None
    return (
        "Passwords and session cookies would go over plain HTTP: put a proxy that speaks https in "
        "front (docs/operations.md) and set BEHIND_TLS_PROXY=true. On a network where nobody "
        "listens: ALLOW_PLAIN_HTTP=true."
    )


def _schemes(env: Environment) -> tuple[str, ...]:
    return ("https", "http") if env.allow_plain_http else ("https",)


def _is_full_name(host: str) -> bool:
    bare = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if not bare or bare.startswith(".") or any(sign in bare for sign in "*/ @"):
        return False
    return ":" not in bare or host.startswith("[")


# -- files ---------------------------------------------------------------------------------------


def keep_private(data_dir: Path, databases: Iterable[Path] = ()) -> None:
    """Let nobody else on this machine read what the server writes: files 600, folders 700.

    New ones by the process's mask; those of ours that earlier versions left open are closed. The
    data directory itself is made private where we make it: one that exists may be shared, and is
    the operator's.
    """
    os.umask(0o077)
    data_dir.mkdir(parents=True, exist_ok=True)
    # Whoever cannot enter a folder reads nothing in it: what is inside need not be walked.
    for folder in ("attachments", "media"):
        _close(data_dir / folder, 0o700)
    for path in databases:
        for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            _close(name, 0o600)


def _close(path: Path, mode: int) -> None:
    try:
        found = path.stat()
        if stat.S_IMODE(found.st_mode) & 0o077 and found.st_uid == os.geteuid():
            path.chmod(mode)
    except FileNotFoundError:
        return
