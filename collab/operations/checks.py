"""The self-check: what an administrator would otherwise find out from users.

Each check does what it speaks of; none trusts a setting to be true.
"""

from __future__ import annotations

import platform
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import version
from smtplib import SMTPException

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import get_connection
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from collab.accounts.models import WaitingLetter
from collab.operations.models import ServerProcess
from collab.operations.selectors import live_processes

#: Edits that wait longer than this for their commit are an outage.
MAX_LOG_LAG_MS = 10_000
#: Clocks that differ by more put edits in the wrong order for readers, in seconds.
MAX_CLOCK_DIFFERENCE_S = 2.0
SLOW_DATABASE_MS = 50.0
LAYER_PATIENCE_S = 2.0
MAIL_PATIENCE_S = 5.0


class Verdict(Enum):
    """How a check ended."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in words."""

    name: str
    verdict: Verdict
    detail: str


def self_check() -> list[Finding]:
    """Run all checks; one that fails unexpectedly is a finding itself."""
    found = []
    for name, check in _CHECKS:
        try:
            found += [Finding(str(name()), verdict, detail) for verdict, detail in check()]
        except Exception as error:  # noqa: BLE001  # whatever it is, the page must show it
            found.append(Finding(str(name()), Verdict.BAD, f"{type(error).__name__}: {error}"))
    return found


Results = Iterator[tuple[Verdict, str]]


def _database() -> Results:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    took_ms = (time.perf_counter() - began) * 1000
    detail = _("%(vendor)s answers in %(ms).1f ms") % {"vendor": connection.vendor, "ms": took_ms}
    yield (Verdict.GOOD if took_ms < SLOW_DATABASE_MS else Verdict.WARNING), detail
    try:
        _write()
    except DatabaseError as error:
        words = _("the database answers and takes nothing: %s")
        yield Verdict.BAD, words % f"{type(error).__name__}: {error}"
        return
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
            sync = cursor.execute("PRAGMA synchronous").fetchone()[0]
        is_durable = mode in ("wal", "memory") and sync >= 2
        yield (
            (Verdict.GOOD, _("a commit is on the disk when it is said to be"))
            if is_durable
            else (Verdict.BAD, f"journal_mode={mode}, synchronous={sync}")
        )


def _write() -> None:
    """Commit what nobody ever sees: a locked, full or read-only database answers reads."""
    with transaction.atomic():
        now = timezone.now()
        row = ServerProcess.objects.create(
            id=secrets.token_hex(16), host="", pid=0, started_at=now, seen_at=now
        )
        row.delete()


def _work() -> Results:
    """Of every process that was heard of lately: by its report, so that one page tells of all."""
    found = False
    processes = list(live_processes())
    if not processes:
        # Who reports removes the rows of the silent, and a process that ends its own.
        found = True
        silent = ", ".join(map(str, ServerProcess.objects.all()))
        yield (
            (Verdict.BAD, _("nothing is heard of: %s") % silent)
            if silent
            else (Verdict.WARNING, _("no server process has reported"))
        )
    for process in processes:
        for name, ended in sorted(process.ended_work.items()):
            found = True
            detail = _("%(process)s: %(work)s has ended %(count)d times, at last: %(why)s") % {
                "process": process,
                "work": name,
                "count": ended["count"],
                "why": ended["why"],
            }
            yield (Verdict.BAD if ended["is_stopped"] else Verdict.WARNING), detail
        if process.log_lag_ms > MAX_LOG_LAG_MS:
            found = True
            yield (
                Verdict.BAD,
                _("%(process)s: edits wait for the database for %(s)d s")
                % {"process": process, "s": process.log_lag_ms // 1000},
            )
    if not found:
        yield Verdict.GOOD, _("everything goes on, and edits are saved at once")


def _layer() -> Results:
    layer = get_channel_layer()
    if layer is None:
        yield Verdict.BAD, _("there is no channel layer")
        return

    async def round_trip() -> bool:
        name = f"check.{secrets.token_hex(8)}"
        channel = await layer.new_channel("check")  # type: ignore[call-arg]  # its stubs want more
        await layer.group_add(name, channel)
        await layer.group_send(name, {"type": "check", "name": name})
        import asyncio

        async with asyncio.timeout(LAYER_PATIENCE_S):
            message = await layer.receive(channel)
        await layer.group_discard(name, channel)
        return bool(message.get("name") == name)

    arrived = async_to_sync(round_trip)()
    shared = _("shared by processes") if settings.ENV.redis_url else _("of one process only")
    yield (Verdict.GOOD if arrived else Verdict.BAD), shared


def _storage() -> Results:
    name = default_storage.save(f"check-{secrets.token_hex(8)}", ContentFile(b"check"))
    try:
        with default_storage.open(name) as file:
            is_same = file.read() == b"check"
    finally:
        default_storage.delete(name)
    yield (
        (Verdict.GOOD, _("files are written and read"))
        if is_same
        else (Verdict.BAD, _("what is read is not what was written"))
    )


def _mail() -> Results:
    backend = settings.EMAIL_BACKEND.rpartition(".")[0].rpartition(".")[2]
    if backend in ("console", "dummy", "locmem", "filebased"):
        yield Verdict.WARNING, _("letters are not sent but shown to: %s") % backend
        return
    where = {"server": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"}
    server = get_connection(timeout=MAIL_PATIENCE_S)
    try:
        server.open()
        server.close()
    except (OSError, SMTPException) as error:
        said = {**where, "why": f"{type(error).__name__}: {error}"}
        yield Verdict.BAD, _("%(server)s does not answer: %(why)s") % said
    else:
        words = _("%(server)s answers. To send a letter: manage.py sendtestemail <address>")
        yield Verdict.GOOD, words % where
    waiting = WaitingLetter.objects.filter(attempts__gt=0).order_by("created_at")
    if count := waiting.count():
        last = waiting.exclude(error="").values_list("error", flat=True).last() or ""
        words = ngettext(
            "%(count)d letter waits to be sent again. %(why)s",
            "%(count)d letters wait to be sent again. %(why)s",
            count,
        )
        yield Verdict.WARNING, words % {"count": count, "why": last}


def _clock() -> Results:
    if connection.vendor != "postgresql":
        yield Verdict.GOOD, timezone.now().isoformat(timespec="seconds")
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    apart_s = abs((timezone.now() - theirs).total_seconds())
    verdict = Verdict.GOOD if apart_s < MAX_CLOCK_DIFFERENCE_S else Verdict.BAD
    yield verdict, _("%(s).2f s apart from the database") % {"s": apart_s}


def _versions() -> Results:
    names = ("Django", "channels", "pycrdt", "uvicorn")
    shown = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)]
    yield Verdict.GOOD, ", ".join(shown)


def _settings() -> Results:
    unsafe = [
        (settings.DEBUG, _("DEBUG is on: errors show secrets")),
        (len(settings.SECRET_KEY) < 32, _("SECRET_KEY is short")),
        ("*" in settings.ALLOWED_HOSTS, _("ALLOWED_HOSTS takes any host")),
        (
            any(network.prefixlen == 0 for network in settings.ENV.metrics_networks),
            _("METRICS_NETWORKS lets the whole Internet read the metrics"),
        ),
        (
            settings.ENV.impersonation,
            _("IMPERSONATION is on: administrators may see what others see"),
        ),
        (
            settings.DEMO_ACCOUNTS_ALLOWED,
            _("development settings: demo accounts with known passwords may exist"),
        ),
        (
            not getattr(settings, "SESSION_COOKIE_SECURE", False),
            _("session cookies go over plain HTTP too (BEHIND_TLS_PROXY is off)"),
        ),
    ]
    found = [detail for is_unsafe, detail in unsafe if is_unsafe]
    yield from ((Verdict.WARNING, detail) for detail in found)
    if not found:
        yield Verdict.GOOD, _("nothing unsafe")


_CHECKS: tuple[tuple[Callable[[], str], Callable[[], Results]], ...] = (
    (lambda: _("Database"), _database),
    (lambda: _("Background work"), _work),
    (lambda: _("Channel layer"), _layer),
    (lambda: _("File storage"), _storage),
    (lambda: _("Mail"), _mail),
    (lambda: _("Clock"), _clock),
    (lambda: _("Versions"), _versions),
    (lambda: _("Settings"), _settings),
)
