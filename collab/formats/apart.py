"""Reading and merging of what others send: what is large, in a limited process. docs/adr/0092.

Our readers are Python: in a thread of the server they would take turns with the event loop for as
long as they run, and an import of a book runs for seconds.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from collab.formats import written

if TYPE_CHECKING:
    from collab.formats.imports import Imported, StoreImage
    from collab.formats.programs import Programs
    from collab.richtext.tree import Node
    from collab.types import ClientId, Update

#: Text and state of more than so many characters and bytes together are handled apart. To start a
#: process takes 0.3 s of its own; to merge a changed text of this size into itself takes 1.5 s.
INLINE_SIZE = 32 * 1024


def read(source: str, source_format: str, programs: Programs) -> Node:
    """Return what ``source`` says; see ``written.read``.

    Raises:
        Busy | TooLarge: no turn came; it went past a limit.
    """
    if len(source) <= INLINE_SIZE:
        return written.read(source, source_format)
    node: Node = _done(programs, "read", source, source_format)
    return node


def merge(
    source: str, source_format: str, state: Update, client_id: ClientId, programs: Programs
) -> Update | None:
    """Return the update that makes ``state`` say ``source``; see ``read`` and ``written.merge``."""
    if len(source) + len(state) <= INLINE_SIZE:
        return written.merge(source, source_format, state, client_id)
    update: Update | None = _done(programs, "merge", source, source_format, state, client_id)
    return update


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
    given = (source, source_format, state, client_id)
    update: Update | None = _done(programs, "extend", *given, at_end=at_end)
    return update


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
    made: Imported
    given = (data, filename, media_type, programs.limits, language)
    made, images = _done(programs, "import", *given)
    if not images:
        return made
    addresses = {name: store_image(image, kind) for name, (image, kind) in images.items()}
    return replace(made, node=_addressed(made.node, addresses))


def _addressed(node: Node, addresses: Mapping[str, str | None]) -> Node:
    if node.type == "image" and (source := str(node.attrs.get("src"))) in addresses:
        return replace(node, attrs={**node.attrs, "src": addresses[source]})
    if not node.content:
        return node
    return replace(node, content=tuple(_addressed(child, addresses) for child in node.content))


def _done(programs: Programs, task: str, *arguments: Any, **more: Any) -> Any:
    given = pickle.dumps((arguments, more), pickle.HIGHEST_PROTOCOL)
    # From a program of ours, which was given text and bytes: docs/adr/0092.
    is_made, answer = pickle.loads(programs.apart(task, given))  # noqa: S301
    if not is_made:
        raise answer
    return answer
