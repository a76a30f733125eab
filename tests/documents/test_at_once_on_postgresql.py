"""Acts at the same moment on PostgreSQL, where transactions really run beside each other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.conftest import postgresql_database

HERE = Path(__file__)
EXAMS = [HERE.with_name("test_at_once.py"), HERE.parents[1] / "accounts" / "test_counters.py"]


@pytest.mark.needs("postgresql")
def test_postgresql_passes_the_exam() -> None:
    with postgresql_database() as url:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, EXAMS)],
            env={**os.environ, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-5000:]
