"""Reading, merging and writing for others: what is large, in a limited process. docs/adr/0092.

Our readers and writers are Python: in a thread of the server they would take turns with the event
loop for as long as they run, and an import of a book runs for seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, TypeVar

from collab.formats import written
from collab.formats.errors import ConversionError
from collab.formats.images import collect, sniff
from collab.formats.packing import NotPacked, pack, refusal_of, unpack
from collab.formats.registry import FORMATS
from collab.richtext.errors import FormatError
from collab.richtext.tree import Node
from collab.types import ClientId, Update

if TYPE_CHECKING:
    from collab.formats.export import Exported
    from collab.formats.images import ResolveImage
    from collab.formats.imports import Imported, StoreImage
    from collab.formats.programs import Programs

T = TypeVar("T")
#: What goes between: JSON values, and bytes.
Packed = tuple[dict[str, Any], Sequence[bytes]]

#: Text and state of more than so many characters and bytes together are handled apart. To start a
#: process takes 0.3 s of its own; to merge a changed text of this size into itself takes 1.5 s.
INLINE_SIZE = 32 * 1024
#: A state of more than so many bytes is written apart: this much takes 0.4 s to read and write.
INLINE_STATE_SIZE = 512 * 1024


def read(source: str, source_format: str, programs: Programs) -> Node:
    """Return what ``source`` says; see ``written.read``.

    Raises:
        Busy | TooLarge: no turn came; it went past a limit.
    """
    if len(source) <= INLINE_SIZE:
        return written.read(source, source_format)
    given = {"source": source, "source_format": source_format}
    return _done(programs, "read", (given, ()), _node)


def merge(
    source: str, source_format: str, state: Update, client_id: ClientId, programs: Programs
) -> Update | None:
    """Return the update that makes ``state`` say ``source``; see ``read`` and ``written.merge``."""
    if len(source) + len(state) <= INLINE_SIZE:
        return written.merge(source, source_format, state, client_id)
    given = {"source": source, "source_format": source_format, "client_id": client_id}
    return _done(programs, "merge", (given, (state,)), _update)


def extend(
    source: str,
    source_format: str,
    state: Update,
    client_id: ClientId,
    programs: Programs,
    *,
    at_end: bool,
) -> Update | None:
    """Return the update that puts ``source`` at an end; see ``written.extend``."""
    if len(source) + len(state) <= INLINE_SIZE:
        return written.extend(source, source_format, state, client_id, at_end=at_end)
    given = {"source": source, "source_format": source_format, "client_id": client_id}
    return _done(programs, "extend", ({**given, "at_end": at_end}, (state,)), _update)


def render(state: Update, wanted: str, programs: Programs) -> bytes:
    """Return what ``state`` says in a format of text; see ``written.shown``, and ``read``."""
    if len(state) <= INLINE_STATE_SIZE:
        return written.shown(state, wanted)
    return _done(programs, "render", ({"wanted": wanted}, (state,)), _bytes)


def page(
    state: Update, *, title: str, language: str, resolve_image: ResolveImage, programs: Programs
) -> Exported:
    """Return ``state`` as a page of its own; see ``export.export``. Called for what is large.

    Its images are looked for first: the process has no database to take them from.
    """
    from collab.formats.export import Exported

    sources = _done(programs, "images", ({}, (state,)), _strings)
    shown = Node("doc", content=tuple(Node("image", {"src": source}) for source in sources))
    images = collect(shown, resolve_image, programs.limits)
    given = {
        "title": title,
        "language": language,
        "limits": asdict(programs.limits),
        "images": list(images),
    }
    blobs = (state, *(image.data for image in images.values()))
    known = FORMATS["html"]
    made = _done(programs, "page", (given, blobs), _bytes)
    return Exported(made, known.media_type, known.extension)


def import_file(
    data: bytes,
    *,
    filename: str,
    media_type: str | None,
    store_image: StoreImage,
    language: str,
    programs: Programs,
) -> Imported:
    """Return the document in a file; see ``imports.import_file``.

    Args:
        data: as there, like ``filename``, ``media_type`` and ``programs``.
        filename: the same.
        media_type: the same.
        store_image: keeps an image and returns its address; called when all is read.
        language: of what is said where it is refused.
        programs: the same.
    """
    given = {
        "filename": filename,
        "media_type": media_type,
        "limits": asdict(programs.limits),
        "language": language,
    }
    made, images = _done(programs, "import", (given, (data,)), _imported)
    # What an image is, is told by its bytes, not by a process that others may have taken over.
    kinds = {name: sniff(image) for name, image in images.items()}
    addresses = {
        name: None if (kind := kinds[name]) is None else store_image(image, kind)
        for name, image in images.items()
    }
    return replace(made, node=_addressed(made.node, addresses)) if images else made


def _addressed(node: Node, addresses: Mapping[str, str | None]) -> Node:
    if node.type == "image" and (source := str(node.attrs.get("src"))) in addresses:
        return replace(node, attrs={**node.attrs, "src": addresses[source]})
    if not node.content:
        return node
    return replace(node, content=tuple(_addressed(child, addresses) for child in node.content))


def _done(programs: Programs, task: str, given: Packed, made_of: Callable[[Any, Any], T]) -> T:
    """Return what the process made.

    Raises:
        ConversionError: its answer is none; and each refusal that it answers with.
    """
    answer = programs.apart(task, pack(*given))
    try:
        said, blobs = unpack(answer)
        refused = refusal_of(said["refused"]) if "refused" in said else None
        if refused is None:
            return made_of(said.get("made"), blobs)
    except (NotPacked, FormatError, RecursionError) as error:
        raise ConversionError("The converter could not make sense of this.") from error
    raise refused


# -- what answers are made of ----------------------------------------------------------------------


def _node(made: object, _blobs: Sequence[bytes]) -> Node:
    return Node.from_json(made)


def _update(_made: object, blobs: Sequence[bytes]) -> Update | None:
    if len(blobs) > 1:
        raise NotPacked
    return Update(blobs[0]) if blobs else None


def _bytes(_made: object, blobs: Sequence[bytes]) -> bytes:
    if len(blobs) != 1:
        raise NotPacked
    return blobs[0]


def _strings(made: object, _blobs: Sequence[bytes]) -> list[str]:
    if not isinstance(made, list) or not all(isinstance(each, str) for each in made):
        raise NotPacked
    return made


def _imported(made: object, blobs: Sequence[bytes]) -> tuple[Imported, dict[str, bytes]]:
    from collab.formats.imports import Imported

    match made:
        case {"title": str(title), "node": node, "warnings": warnings, "images": names}:
            images = dict(zip(_strings(names, ()), blobs, strict=False))
            warned = tuple(_strings(warnings, ()))
            return Imported(title, Node.from_json(node), warned), images
    raise NotPacked
