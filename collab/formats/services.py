"""The doors of this package for the rest of the server: limits come from Django's settings."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.translation import get_language

from collab.crdt.whole import read_shown
from collab.formats import apart
from collab.formats.export import Exported, export
from collab.formats.images import ResolveImage
from collab.formats.imports import PACKED, Imported, StoreImage, import_file
from collab.formats.limits import Limits
from collab.formats.programs import Programs
from collab.formats.registry import FORMATS
from collab.richtext.formats import FORMATS as TEXTS
from collab.richtext.tree import Node
from collab.types import ClientId, Update


@cache
def programs() -> Programs:
    """Return the process's one set of programs, so that its turns count for all."""
    limits: Limits = settings.CONVERSION_LIMITS
    return Programs(limits)


def no_image(_source: str) -> None:
    """Stand for a ``resolve_image`` where the document has no files of its own."""
    return


def export_document(
    node: Node,
    format: str,  # the word of the REST interface
    *,
    title: str,
    language: str,
    resolve_image: ResolveImage = no_image,
) -> Exported:
    """Return the document as a file; see ``export.export``. May take seconds: never in the loop."""
    return export(
        node,
        format,
        title=title,
        language=language,
        resolve_image=resolve_image,
        programs=programs(),
    )


def rendered(state: Update, wanted: str) -> bytes:
    """Return what ``state`` says in a format of text; see ``apart.render``. Never in the loop."""
    return apart.render(state, wanted, programs())


def export_state(
    state: Update,
    wanted: str,
    *,
    title: str,
    language: str,
    resolve_image: ResolveImage = no_image,
) -> Exported:
    """Return a document in this state as a file; see ``export_document``, of which all is true."""
    known = FORMATS.get(wanted)
    if len(state) > apart.INLINE_STATE_SIZE and known is not None and wanted in TEXTS:
        if wanted != "html":
            return Exported(rendered(state, wanted), known.media_type, known.extension)
        return apart.page(
            state,
            title=title,
            language=language,
            resolve_image=resolve_image,
            programs=programs(),
        )
    return export_document(
        read_shown(state, wanted),
        wanted,
        title=title,
        language=language,
        resolve_image=resolve_image,
    )


def import_document(
    data: bytes,
    *,
    filename: str,
    media_type: str | None = None,
    store_image: StoreImage,
) -> Imported:
    """Return the document in a file; see ``apart.import_file``. Never call it in the loop."""
    if len(data) <= apart.INLINE_SIZE and not data.startswith(PACKED):
        return import_file(
            data,
            filename=filename,
            media_type=media_type,
            store_image=store_image,
            programs=programs(),
        )
    return apart.import_file(
        data,
        filename=filename,
        media_type=media_type,
        store_image=store_image,
        language=get_language() or "en",
        programs=programs(),
    )


def source_read(source: str, source_format: str) -> Node:
    """Return what ``source`` says; see ``apart.read``."""
    return apart.read(source, source_format, programs())


def source_merged(
    source: str, source_format: str, state: Update, client_id: ClientId
) -> Update | None:
    """Return the update that makes ``state`` say ``source``; see ``apart.merge``."""
    return apart.merge(source, source_format, state, client_id, programs())


def source_added(
    source: str, source_format: str, state: Update, client_id: ClientId, *, at_end: bool
) -> Update | None:
    """Return the update that puts ``source`` at an end; see ``apart.extend``."""
    return apart.extend(source, source_format, state, client_id, programs(), at_end=at_end)
