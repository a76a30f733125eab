"""Many documents as one zip, written while it is sent: a folder, a selection, or all that is mine.

``manifest.json`` comes last and says of each document what it was, and of those that could not be
written why. Files that documents show lie under ``files/`` and are named relative to the document.
"""

from __future__ import annotations

import io
import json
import secrets
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from collab.attachments.selectors import image_resolver
from collab.crdt.doc import CrdtFailure
from collab.crdt.replant import with_roots
from collab.crdt.whole import read_shown
from collab.documents.models import Document, Folder, FolderLink
from collab.documents.policy import folders_seen_by, readable_by
from collab.formats.errors import ConversionError
from collab.formats.export import Exported
from collab.formats.registry import FORMATS
from collab.formats.services import export_document
from collab.history.selectors import current_state
from collab.library.copies import attachment_ids, readdressed
from collab.types import ClientId, DocumentId, Update

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from collab.accounts.models import User
    from collab.attachments.models import Attachment

MAX_NAME_CHARS = 100
CHUNK_BYTES = 256 * 1024
#: What Windows, macOS or Linux refuse in a file name.
_FORBIDDEN = frozenset('\\/:*?"<>|')
#: Formats that name their pictures; the others hold them.
_NAMING = frozenset({"markdown", "json"})


def documents_to_export(
    user: User, *, folder: Folder | None, document_ids: Collection[UUID]
) -> QuerySet[Document]:
    """Return what ``user`` may read of the folder and all below it, or of the documents named.

    Neither: all documents that are their own.
    """
    readable = Document.objects.filter(readable_by(user)).select_related("owner")
    if document_ids:
        chosen = readable.filter(pk__in=document_ids)
    elif folder is not None:
        below = FolderLink.objects.filter(ancestor=folder).values("folder")
        chosen = readable.filter(folder__in=below)
    else:
        chosen = readable.filter(owner=user)
    return chosen.prefetch_related("tags").order_by("title", "pk")


def zip_of(
    documents: QuerySet[Document], *, user: User, wanted: str, language: str
) -> Iterator[bytes]:
    """Yield the zip piece by piece; one document is in memory at a time."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        names = _Names(user)
        manifest: list[dict[str, Any]] = []
        for document in documents.iterator(chunk_size=50):
            entry = _described(document)
            manifest.append(entry)
            try:
                yield from _write(archive, sink, document, entry, names, wanted, language)
            except (ConversionError, CrdtFailure) as error:
                entry["error"] = str(error)
        about = {
            "exported_at": timezone.now().isoformat(),
            "format": wanted,
            "documents": manifest,
        }
        archive.writestr("manifest.json", json.dumps(about, ensure_ascii=False, indent=2))
        yield sink.taken()
    yield sink.taken()


def with_all_of(state: Update, made: Exported) -> Exported:
    """Return what was made of a document; as Yjs with what it has beside the rich text.

    Other formats show that as blocks (``crdt/whole.py``).
    """
    if made.extension != FORMATS["yjs"].extension:
        return made
    client = ClientId(secrets.randbits(32))
    return replace(made, data=bytes(with_roots(Update(made.data), state, client)))


def _write(
    archive: zipfile.ZipFile,
    sink: _Sink,
    document: Document,
    entry: dict[str, Any],
    names: _Names,
    wanted: str,
    language: str,
) -> Iterator[bytes]:
    state, entry["seq"] = current_state(DocumentId(document.pk))
    content = read_shown(state, wanted)
    folder = names.folder(document.folder_id)
    files = list(document.attachments.filter(pk__in=set(attachment_ids(content))))
    places = {file.pk: names.free(f"files/{file.pk}", file.name) for file in files}
    if wanted in _NAMING:
        up = "../" * (folder.count("/") + 1 if folder else 0)
        content = readdressed(content, {key: up + place for key, place in places.items()})
    made = export_document(
        content,
        wanted,
        title=document.title,
        language=language,
        resolve_image=image_resolver(document),
    )
    made = with_all_of(state, made)
    entry["path"] = names.free(folder, document.title or "document", made.extension)
    entry["files"] = list(places.values())
    archive.writestr(entry["path"], made.data)
    yield sink.taken()
    for file in files:
        yield from _copy(archive, sink, file, places[file.pk])


def _copy(archive: zipfile.ZipFile, sink: _Sink, file: Attachment, place: str) -> Iterator[bytes]:
    with file.open() as source, archive.open(place, "w") as entry:
        for chunk in iter(lambda: source.read(CHUNK_BYTES), b""):
            entry.write(chunk)
            yield sink.taken()
    yield sink.taken()


def _described(document: Document) -> dict[str, Any]:
    return {
        "id": str(document.pk),
        "title": document.title,
        "owner": document.owner.get_username(),
        "created_at": document.created_at.isoformat(),
        "tags": [tag.name for tag in document.tags.all()],
        "is_template": document.is_template,
        "path": None,
        "seq": 0,
        "files": [],
        "error": None,
    }


class _Names:
    """Names in the archive: the folders as the person sees them, and no name twice."""

    def __init__(self, user: User) -> None:
        self._folders = {folder.pk: folder for folder in folders_seen_by(user)}
        self._taken: set[str] = set()

    def folder(self, folder_id: UUID | None) -> str:
        """Return the path of the folder; empty where it is none that the person sees."""
        parts: list[str] = []
        while folder_id is not None and (found := self._folders.get(folder_id)) is not None:
            parts.insert(0, clean_file_name(found.name))
            folder_id = found.parent_id
        return "/".join(parts)

    def free(self, folder: str, name: str, extension: str = "") -> str:
        """Return a path in ``folder`` that nothing has yet, whatever case a system tells apart."""
        stem, ending = clean_file_name(name), f".{extension}" if extension else ""
        number = 1
        while True:
            counted = f"{stem} ({number})" if number > 1 else stem
            path = f"{folder}/{counted}{ending}" if folder else f"{counted}{ending}"
            if path.lower() not in self._taken:
                self._taken.add(path.lower())
                return path
            number += 1


def clean_file_name(name: str) -> str:
    """Return ``name`` as every system takes it for a file or a folder."""
    kept = "".join(
        " " if char in _FORBIDDEN or unicodedata.category(char)[0] == "C" else char for char in name
    )
    return " ".join(kept.split())[:MAX_NAME_CHARS].strip(". ") or "untitled"


class _Sink(io.RawIOBase):
    """A file that cannot be sought in: what is written waits here to be sent."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Keep ``data`` until it is taken."""
        self._waiting += data
        return len(data)

    def taken(self) -> bytes:
        """Return what waits, and forget it."""
        data = bytes(self._waiting)
        self._waiting.clear()
        return data
