"""The process that reads and writes what is large: run by programs.py as a script, with limits.

Usage: apart_worker.py TASK, in a folder with the task in ``source``, packed as packing.py says;
what came of it is written to ``output`` in the same way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from collab.crdt.whole import read_whole
from collab.formats import written
from collab.formats.errors import ConversionError
from collab.formats.limits import Limits
from collab.formats.packing import REFUSALS, pack, refusal_said, unpack
from collab.types import ClientId, Update

#: What was made, as JSON, and the bytes with it.
Made = tuple[Any, Sequence[bytes]]
Said = Mapping[str, Any]


def read(said: Said, _blobs: Sequence[bytes]) -> Made:
    """See ``written.read``."""
    return written.read(said["source"], said["source_format"]).to_json(), ()


def merge(said: Said, blobs: Sequence[bytes]) -> Made:
    """See ``written.merge``."""
    given = said["source"], said["source_format"], Update(blobs[0]), ClientId(said["client_id"])
    return _update(written.merge(*given))


def extend(said: Said, blobs: Sequence[bytes]) -> Made:
    """See ``written.extend``."""
    given = said["source"], said["source_format"], Update(blobs[0]), ClientId(said["client_id"])
    return _update(written.extend(*given, at_end=said["at_end"]))


def _update(update: Update | None) -> Made:
    return None, () if update is None else (bytes(update),)


def render(said: Said, blobs: Sequence[bytes]) -> Made:
    """See ``written.shown``."""
    return None, (written.shown(Update(blobs[0]), said["wanted"]),)


def images(_said: Said, blobs: Sequence[bytes]) -> Made:
    """Return where the document's images lie; those that it carries are no matter."""
    nodes = read_whole([Update(blobs[0])]).walk()
    sources = {str(node.attrs.get("src")): None for node in nodes if node.type == "image"}
    return [source for source in sources if not source.startswith("data:")], ()


def page(said: Said, blobs: Sequence[bytes]) -> Made:
    """Return the document as a page of its own, with the images that are given."""
    from collab.formats.export import export

    state, *files = blobs
    made = export(
        read_whole([Update(state)]),
        "html",
        title=said["title"],
        language=said["language"],
        resolve_image=dict(zip(said["images"], files, strict=True)).get,
        programs=_programs(said["limits"]),
    )
    return None, (made.data,)


def import_held(said: Said, blobs: Sequence[bytes]) -> Made:
    """Return the document in a file, and its images by the names that they have in it."""
    _speak(said["language"])
    from collab.formats.imports import import_file

    held: dict[str, bytes] = {}

    def hold(image: bytes, _image_type: str) -> str:
        name = f"/apart/{len(held)}"
        held[name] = image
        return name

    made = import_file(
        blobs[0],
        filename=said["filename"],
        media_type=said["media_type"],
        store_image=hold,
        programs=_programs(said["limits"]),
    )
    document = {"title": made.title, "node": made.node.to_json(), "warnings": made.warnings}
    return {**document, "images": list(held)}, tuple(held.values())


def _programs(limits: Said) -> Any:
    from collab.formats.programs import INHERITED, Programs

    return Programs(Limits(**limits), means=(INHERITED,))


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


TASKS: dict[str, Callable[[Said, Sequence[bytes]], Made]] = {
    "read": read,
    "merge": merge,
    "extend": extend,
    "render": render,
    "images": images,
    "page": page,
    "import": import_held,
}


def main(task: str) -> int:
    """Do the task; return the status of the process."""
    said, blobs = unpack(Path("source").read_bytes())
    try:
        made, given = TASKS[task](said, blobs)
        answer = pack({"made": made}, given)
    except REFUSALS as error:
        answer = pack({"refused": refusal_said(error)})
    except RecursionError:
        answer = pack(
            {"refused": refusal_said(ConversionError("The document is nested too deep."))}
        )
    Path("output").write_bytes(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
