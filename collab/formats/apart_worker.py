"""The process that reads what is large: run by programs.py as a script, with limits on it.

Usage: apart_worker.py TASK, in a folder with a pickled task in ``source``; what came of it is
written to ``output``. Both sides are this program: what others sent is a string or bytes in it.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from collab.crdt.doc import CrdtFailure
from collab.crdt.patch import Unseen
from collab.formats import written
from collab.formats.errors import ConversionError
from collab.formats.limits import Limits
from collab.richtext.errors import FormatError

#: Refusals that go back to whoever asked; all else is a fault of the process.
REFUSALS = (written.SourceRefused, written.Runs, FormatError, Unseen, CrdtFailure, ConversionError)


def import_held(
    data: bytes, filename: str, media_type: str | None, limits: Limits, language: str
) -> tuple[Any, dict[str, tuple[bytes, str]]]:
    """Return the document in a file, and its images by the names that they have in it."""
    _speak(language)
    from collab.formats.imports import import_file
    from collab.formats.programs import INHERITED, Programs

    held: dict[str, tuple[bytes, str]] = {}

    def hold(image: bytes, image_type: str) -> str:
        name = f"/apart/{len(held)}"
        held[name] = (image, image_type)
        return name

    programs = Programs(limits, means=(INHERITED,))
    made = import_file(
        data, filename=filename, media_type=media_type, store_image=hold, programs=programs
    )
    return made, held


def _speak(language: str) -> None:
    """Have Django translate what is refused, without the rest of the server."""
    import django
    from django.conf import settings
    from django.utils import translation

    if not settings.configured:
        locale = Path(__file__).parents[2] / "locale"
        settings.configure(USE_I18N=True, LOCALE_PATHS=[str(locale)], LANGUAGE_CODE="en")
        django.setup()
    translation.activate(language)


TASKS: dict[str, Callable[..., Any]] = {
    "read": written.read,
    "merge": written.merge,
    "extend": written.extend,
    "import": import_held,
}


def main(task: str) -> int:
    """Do the task; return the status of the process."""
    arguments, more = pickle.loads(Path("source").read_bytes())  # noqa: S301  # written by apart.py
    try:
        answer: tuple[bool, Any] = (True, TASKS[task](*arguments, **more))
    except REFUSALS as refused:
        answer = (False, refused)
    Path("output").write_bytes(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
