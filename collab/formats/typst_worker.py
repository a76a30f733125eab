"""The process that sets a PDF: run by programs.py as a script, with limits on it.

Usage: typst_worker.py SOURCE OUTPUT, both in the current folder, which is all that the markup sees.
"""

from __future__ import annotations

import sys
from pathlib import Path

import typst


def main(source: str, output: str) -> int:
    """Write the PDF; say why not, and return the status of the process."""
    here = Path.cwd()
    try:
        typst.compile(str(here / source), output=str(here / output), root=str(here))
    except typst.TypstError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
