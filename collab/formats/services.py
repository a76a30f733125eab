"""The doors of this package for the rest of the server: limits come from Django's settings."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from collab.formats.export import Exported, export
from collab.formats.images import ResolveImage
from collab.formats.imports import Imported, StoreImage, import_file
from collab.formats.limits import Limits
from collab.formats.programs import Programs
from collab.richtext.tree import Node


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


def import_document(
    data: bytes,
    *,
    filename: str,
    media_type: str | None = None,
    store_image: StoreImage | None = None,
) -> Imported:
    """Return the document in a file; see ``imports.import_file``. Never call it in the loop."""
    return import_file(
        data,
        filename=filename,
        media_type=media_type,
        store_image=store_image,
        programs=programs(),
    )
