"""A document with every node, and what LibreOffice makes of a file.

``python -m tests.formats.office FOLDER`` writes it there in each format, with the pages that
LibreOffice shows as pictures, for people to look at.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from collab.formats.export import export
from collab.formats.limits import Limits
from collab.formats.programs import Programs
from collab.richtext.formats import parse
from collab.richtext.tree import Node
from tests.formats.samples import RICH, SAMPLE, resolve

REST = """
### Third

#### Fourth

Line one\\
line two with emoji 😀🎉 and 日本語 한국어 العربية עברית in a row.

שלום עולם, זה טקסט בעברית.

مرحبا بالعالم، هذا نص عربي.

> [!NOTE]
>
> A callout with a list:
>
> - inside

<table><tbody>
<tr><th colspan="2"><p>Wide head</p></th><th><p>C</p></th></tr>
<tr><td rowspan="2"><p>Tall</p></td><td><p>b1</p></td><td><p>c1</p><p>second</p></td></tr>
<tr><td><p>b2</p></td><td><p>c2</p></td></tr>
</tbody></table>

<p style="text-align: right">At the right.</p>

- [x] outer task
  - [ ] inner task

1. number
   - bullet in it
     1. number in that

x<sup>2</sup> and `code`{.x} and **_both_**.
"""
#: Words of each part; each must be found in every format.
WORDS = (
    "第一章",
    "bold",
    "gone",
    "mark",
    "deep",
    "完成",
    "quote",
    "def f(x):",
    "comment",
    "二",
    "Energy",
    "A footnote, 脚注",
    "Mind the gap",
    "More",
    "Hidden words",
    "In the middle",
    "Third",
    "Fourth",
    "line two",
    "日本語",
    "한국어",
    "A callout",
    "inside",
    "Wide head",
    "Tall",
    "second",
    "c2",
    "At the right",
    "inner task",
    "bullet in it",
    "number in that",
)


def everything() -> Node:
    """Return a document with every node and mark that the schema has."""
    return parse(f"{SAMPLE}\n{RICH}\n{REST}", "markdown")


def written(wanted: str, programs: Programs) -> bytes:
    """Return it as a file."""
    return export(
        everything(),
        wanted,
        title="标题 Title",
        language="en",
        resolve_image=resolve,
        programs=programs,
    ).data


def opened(file: Path) -> Path:
    """Open a file in LibreOffice and print it; return the PDF."""
    profile = file.parent / "profile"
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--convert-to",
            "pdf:writer_pdf_Export",
            "--outdir",
            str(file.parent),
            str(file),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return file.with_suffix(".pdf")


def text_of(pdf: Path) -> str:
    """Return the words of the pages, runs of white space as one space."""
    done = subprocess.run(
        ["pdftotext", str(pdf), "-"], check=True, capture_output=True, text=True, timeout=60
    )
    return " ".join(done.stdout.split())


def places_in(pdf: Path) -> dict[str, float]:
    """Return how far from the left each word of a PDF begins, in points."""
    done = subprocess.run(
        ["pdftotext", "-bbox", str(pdf), "-"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = re.findall(r'<word xMin="([0-9.]+)"[^>]*>([^<]*)</word>', done.stdout)
    return {word: float(place) for place, word in found}


def main(folder: Path) -> None:
    """Write everything, and pictures of the pages."""
    programs = Programs(Limits())
    for wanted in ("docx", "odt", "pdf"):
        place = folder / wanted
        place.mkdir(parents=True, exist_ok=True)
        file = place / f"all.{wanted}"
        file.write_bytes(written(wanted, programs))
        pdf = file if wanted == "pdf" else opened(file)
        subprocess.run(["pdftoppm", "-r", "70", "-png", str(pdf), str(place / "page")], check=True)
        text = text_of(pdf)
        sys.stdout.write(f"{wanted}: lacks {[each for each in WORDS if each not in text]}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
