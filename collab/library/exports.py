"""Many documents as one zip, written while it is sent: a folder, a selection, or all that is mine.

``manifest.json`` comes last and says of each document what it was, and of those that could not be
written why. Files that documents show lie under ``files/`` and are named relative to the document.
What the formats cannot say lies beside, for ``imports.py``: docs/formats.md, "Archives".
"""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

from django.utils import timezone

from collab.attachments.selectors import image_resolver
from collab.crdt.doc import CrdtFailure
from collab.crdt.replant import with_roots
from collab.crdt.whole import read_shown
from collab.documents.models import Document, Folder, FolderLink, Star
from collab.documents.policy import Action, actions_of, folders_seen_by, readable_by
from collab.formats.errors import ConversionError
from collab.formats.export import Exported
from collab.formats.registry import FORMATS
from collab.formats.services import export_document
from collab.history.export import HistoryExport
from collab.history.selectors import current_state
from collab.library import manifests
from collab.library.addresses import DOCUMENT_ADDRESS, with_addresses
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
    readable = Document.objects.filter(readable_by(user)).select_related("owner", "draft")
    if document_ids:
        chosen = readable.filter(pk__in=document_ids)
    elif folder is not None:
        below = FolderLink.objects.filter(ancestor=folder).values("folder")
        chosen = readable.filter(folder__in=below)
    else:
        chosen = readable.filter(owner=user)
    return chosen.prefetch_related("tags").order_by("title", "pk")


def zip_of(
    documents: QuerySet[Document],
    *,
    user: User,
    wanted: str,
    language: str,
    folders: QuerySet[Folder] | None = None,
    including: Collection[str] = (),
) -> Iterator[bytes]:
    """Yield the zip piece by piece; one document is in memory at a time.

    Args:
        documents: which.
        user: who gets it: the folders are those that they see.
        wanted: the format.
        language: of what stands in the files beside the text.
        folders: those that shall be there though nothing is in them.
        including: ``history`` and ``members``, of documents where ``user`` may see them.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        names = _Names(user)
        # Documents name one another by their places: all are known before the first is written.
        if wanted in _NAMING:
            ending = FORMATS[wanted].extension
            for key, title, folder_id in documents.values_list("pk", "title", "folder_id"):
                names.place(key, folder_id, title, ending)
        manifest: list[dict[str, Any]] = []
        starred = set(Star.objects.filter(user=user).values_list("document_id", flat=True))
        for document in documents.iterator(chunk_size=50):
            entry = _described(document, names)
            entry["is_starred"] = document.pk in starred
            manifest.append(entry)
            try:
                yield from _write_state(archive, sink, document, entry)
                yield from _write(archive, sink, document, entry, names, wanted, language)
            except (ConversionError, CrdtFailure) as error:
                entry["error"] = str(error)
            yield from _write_choices(archive, sink, document, entry, user, including)
        kept = [names.parts(folder.pk) for folder in folders or ()]
        for parts in kept:
            path = "/".join(clean_file_name(part) for part in parts)
            if parts and not any(name.startswith(f"{path}/") for name in archive.NameToInfo):
                archive.mkdir(path)
        about = {
            "version": manifests.VERSION,
            "exported_at": timezone.now().isoformat(),
            "format": wanted,
            "folders": [list(parts) for parts in kept if parts],
            "documents": manifest,
        }
        archive.writestr(manifests.NAME, json.dumps(about, ensure_ascii=False, indent=2))
        yield sink.taken()
    yield sink.taken()


def folders_to_export(user: User, *, folder: Folder | None, is_chosen: bool) -> QuerySet[Folder]:
    """Return the folders that come with ``documents_to_export``, empty ones too."""
    seen = folders_seen_by(user)
    if is_chosen:
        return seen.none()
    if folder is None:
        return seen.filter(owner=user)
    return seen.filter(above__ancestor=folder)


def _write_state(
    archive: zipfile.ZipFile, sink: _Sink, document: Document, entry: dict[str, Any]
) -> Iterator[bytes]:
    state, seq = current_state(DocumentId(document.pk))
    if seq:
        entry["state"] = f"{manifests.STATES}/{document.pk}.yjs"
        archive.writestr(entry["state"], bytes(state))
        yield sink.taken()


def _write_choices(
    archive: zipfile.ZipFile,
    sink: _Sink,
    document: Document,
    entry: dict[str, Any],
    user: User,
    including: Collection[str],
) -> Iterator[bytes]:
    actions = actions_of(user, document) if including else frozenset()
    if "members" in including and Action.SEE_MEMBERS in actions:
        members = document.memberships.select_related("user").order_by("pk")
        entry["members"] = [{"user": m.user.get_username(), "role": m.role} for m in members]
    if "history" in including and Action.SEE_HISTORY in actions:
        history = HistoryExport.of(document)
        if not history.seq:
            return
        entry["history"] = f"{manifests.HISTORY}/{document.pk}.ndjson"
        entry["people"] = history.user_names()
        entry["revisions"] = [
            {"seq": row.seq, "name": row.name} for row in history.revisions if row.name
        ]
        with archive.open(entry["history"], "w", force_zip64=True) as file:
            for lines in history.as_ndjson():
                file.write(lines)
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
    entry["files"] = list(places.values())
    entry["attachments"] = [
        {"id": str(file.pk), "name": file.name, "path": places[file.pk]} for file in files
    ]
    # First: where the format cannot be written, the files are there all the same.
    for file in files:
        yield from _copy(archive, sink, file, places[file.pk])
    if wanted in _NAMING:
        up = "../" * (folder.count("/") + 1 if folder else 0)
        by_file = {key: quote(up + place) for key, place in places.items()}
        content = readdressed(content, by_file)
        content = with_addresses(content, partial(names.address, up=up))
    made = export_document(
        content,
        wanted,
        title=document.title,
        language=language,
        resolve_image=image_resolver(document),
    )
    made = with_all_of(state, made)
    entry["path"] = names.place(document.pk, document.folder_id, document.title, made.extension)
    entry["sha256"] = hashlib.sha256(made.data).hexdigest()
    archive.writestr(entry["path"], made.data)
    yield sink.taken()


def _copy(archive: zipfile.ZipFile, sink: _Sink, file: Attachment, place: str) -> Iterator[bytes]:
    with file.open() as source, archive.open(place, "w") as entry:
        for chunk in iter(lambda: source.read(CHUNK_BYTES), b""):
            entry.write(chunk)
            yield sink.taken()
    yield sink.taken()


def _described(document: Document, names: _Names) -> dict[str, Any]:
    draft = getattr(document, "draft", None)
    is_draft = draft is not None and draft.origin_id is not None
    return {
        "id": str(document.pk),
        "title": document.title,
        "owner": document.owner.get_username(),
        "created_at": document.created_at.isoformat(),
        "tags": [tag.name for tag in document.tags.all()],
        "is_template": document.is_template,
        "folder": names.parts(document.folder_id),
        "draft_of": str(draft.origin_id) if draft is not None and is_draft else None,
        "base_seq": draft.base_seq if draft is not None and is_draft else None,
        "path": None,
        "sha256": None,
        "state": None,
        "seq": 0,
        "files": [],
        "attachments": [],
        "error": None,
    }


class _Names:
    """Names in the archive: the folders as the person sees them, and no name twice."""

    def __init__(self, user: User) -> None:
        self._folders = {folder.pk: folder for folder in folders_seen_by(user)}
        self._taken: set[str] = set()
        self._places: dict[UUID, str] = {}

    def parts(self, folder_id: UUID | None) -> list[str]:
        """Return the names of the folder and of those that it lies in, as the person sees them."""
        parts: list[str] = []
        while folder_id is not None and (found := self._folders.get(folder_id)) is not None:
            parts.insert(0, found.name)
            folder_id = found.parent_id
        return parts

    def folder(self, folder_id: UUID | None) -> str:
        """Return the path of the folder; empty where it is none that the person sees."""
        return "/".join(clean_file_name(name) for name in self.parts(folder_id))

    def place(self, key: UUID, folder_id: UUID | None, title: str, ending: str) -> str:
        """Return the path of a document, the same each time."""
        if key not in self._places:
            self._places[key] = self.free(self.folder(folder_id), title or "document", ending)
        return self._places[key]

    def address(self, old: str, *, up: str) -> str:
        """Return the address of a document in the zip as another names it; others stay."""
        found = DOCUMENT_ADDRESS.match(old)
        place = self._places.get(UUID(found["id"])) if found else None
        return old if found is None or place is None else quote(up + place) + found["rest"]

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
