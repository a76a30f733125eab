"""The parts that some tests need beside Python: where they are, and whether they are there."""

from __future__ import annotations

import os
import shutil
import socket
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

#: In CI nothing is skipped: a missing part fails the test.
IN_CI = bool(os.environ.get("CI"))
DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
CHROMIUM = os.environ.get("CHROMIUM", "") or shutil.which("chromium") or ""
PARTS = (
    "postgresql",
    "redis",
    "node",
    "chromium",
    "curl",
    "libreoffice",
    "nginx",
    "firefox",
    "gettext",
)


def _listens(url: str) -> bool:
    where = urlsplit(url)
    try:
        socket.create_connection((where.hostname, where.port), timeout=2).close()
    except OSError:
        return False
    return True


@cache
def missing(part: str) -> str | None:
    """Return what is to be done about ``part`` where it is missing; None where it is there."""
    match part:
        case "postgresql" if not _listens(DATABASE_URL):
            return f"PostgreSQL does not answer at {DATABASE_URL} (TEST_DATABASE_URL)"
        case "redis" if not _listens(REDIS_URL):
            return f"Redis does not answer at {REDIS_URL} (TEST_REDIS_URL)"
        case "node" if not shutil.which("npm"):
            return "npm (Node 20 or later) is not installed"
        case "chromium" if not Path(CHROMIUM).is_file():
            return "Chromium is not installed (or name it by CHROMIUM)"
        case "curl" if not shutil.which("curl"):
            return "curl is not installed"
        case "firefox" if not shutil.which("firefox-esr"):
            return "Firefox (firefox-esr) is not installed"
        case "nginx" if not (shutil.which("nginx") and shutil.which("openssl")):
            return "nginx or openssl is not installed"
        case "gettext" if not (shutil.which("xgettext") and shutil.which("msgattrib")):
            return "gettext is not installed"
        case "libreoffice" if not (shutil.which("soffice") and shutil.which("pdftotext")):
            return "LibreOffice Writer (soffice) or pdftotext is not installed"
        case "libreoffice":
            return None
        case name if name in PARTS:
            return None
        case _:
            raise ValueError(f"no such part: {part}")
