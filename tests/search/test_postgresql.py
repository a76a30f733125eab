"""PostgreSQL sits the same exam as the default database, in a run of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts import DATABASE_URL

EXAM = Path(__file__).with_name("test_index.py")


@pytest.mark.needs("postgresql")
def test_postgresql_passes_the_exam() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAM)],
        env={**os.environ, "DATABASE_URL": DATABASE_URL},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
