"""What a file of a word processor costs us grows with its size, no faster; in pandoc no cubes.

Steps of ours are counted, and the bytes that pandoc allocates, which are the same in every run of
the same file: no clock is read. Text and pages: ``tests/api/test_cost.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from collab.formats.imports import import_file
from collab.formats.limits import Limits
from collab.formats.programs import Programs
from tests.cost import LINEAR, exponent_of, steps_of
from tests.formats.packed import DOCX, ODT

SIZES = (400, 800, 1600)
#: pandoc's readers take some of these the square of their number; what bounds that is the process:
#: its time and memory, and how many there are (docs/security.md).
_SQUARE = 2.2
_ALLOCATED = re.compile(r'"bytes allocated", "(\d+)"')


class Counting(Programs):
    """Programs that count what pandoc allocates."""

    allocated = 0

    def _run(self, command: Sequence[str], folder: Path) -> None:
        assert command[-1] == "-RTS"
        super()._run([*command[:-1], "-tstats", "--machine-readable", "-RTS"], folder)
        said = _ALLOCATED.search((folder / "stats").read_text())
        assert said is not None
        self.allocated += int(said[1])


def costs_of(make: Callable[[int], bytes], size: int) -> tuple[int, int]:
    """Return the steps here and the bytes there."""
    data, programs = make(size), Counting(Limits())

    def read() -> None:
        made = import_file(
            data, filename="a", media_type=None, store_image=lambda *_: "/a", programs=programs
        )
        assert made.node.type == "doc"

    return steps_of(read), programs.allocated


@pytest.mark.parametrize(
    ("kind", "name"), [(k, n) for k, all_ in (("docx", DOCX), ("odt", ODT)) for n in all_]
)
def test_files_are_read_in_proportion(kind: str, name: str) -> None:
    make = {"docx": DOCX, "odt": ODT}[kind][name]
    costs_of(make, 1)  # what is imported at the first use
    steps, allocated = zip(*(costs_of(make, size) for size in SIZES), strict=True)
    assert exponent_of(steps, SIZES) <= LINEAR, f"steps: {steps}"
    most = _SQUARE if kind == "odt" or name in ("headings", "styles") else LINEAR
    assert exponent_of(allocated, SIZES) <= most, f"bytes that pandoc allocates: {allocated}"


def test_names_of_places_do_not_reach_pandoc() -> None:
    """Each takes it a look at all others: 3,200 bookmarks in a paragraph took over a minute."""
    bare, named = (costs_of(ODT[name], 3200)[1] for name in ("nothing", "names of places"))
    assert named < bare * 1.2 + 1_000_000
