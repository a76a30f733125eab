"""Large blocks go back to the system."""

from __future__ import annotations

import platform
import subprocess
import sys

from collab.realtime.memory import give_large_blocks_back
from tests.system.conftest import ROOT

#: Blocks of a megabyte, each with a small one behind it that stays; then the large ones go.
PROGRAM = """
import os, sys
from collab.realtime.memory import give_large_blocks_back
if sys.argv[1] == "fixed":
    assert give_large_blocks_back()
def resident():
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
for _ in range(3):
    bytearray(4 << 20)
before = resident()
kept, large = [], []
for _ in range(40):
    large.append(bytearray(b"x") * (1 << 20))
    kept.append(bytearray(1000))
del large
print((resident() - before) >> 20)
"""


def test_what_is_freed_between_small_blocks_is_given_back() -> None:
    """Without it all forty megabytes stay: so does the memory of a checkpoint that is made."""
    if platform.libc_ver()[0] != "glibc":
        assert not give_large_blocks_back()
        return
    kept = {
        how: int(
            subprocess.run(
                [sys.executable, "-c", PROGRAM, how],
                cwd=ROOT,
                capture_output=True,
                check=True,
                text=True,
            ).stdout
        )
        for how in ("as it is", "fixed")
    }
    assert kept["as it is"] >= 30
    assert kept["fixed"] <= 3
