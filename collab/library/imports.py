"""Files become documents: one, or a zip of them with folders. What cannot be read is named.

A file's format is told by the ending of its name; the reader then takes it or says why not. One
that fails leaves nothing behind, and the others are taken.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from collab.attachments.models import attachment_storage
from collab.attachments.selectors import attachment_url
from collab.attachments.services import AttachmentRefused, attachment_store, attachments_insert
from collab.crdt.doc import CrdtFailure
from collab.documents.folders import FolderError, document_move, folder_create
from collab.documents.models import Document, Folder
from collab.documents.services import document_create
from collab.formats.errors import ConversionError
from collab.formats.images import EXTENSIONS
from collab.formats.services import import_document
from collab.formats.words import format_error_text
from collab.history.services import BLANK, document_seed, seed_of
from collab.richtext.errors import FormatError
from collab.richtext.formats import parse
from collab.richtext.tree import Node

if TYPE_CHECKING:
    from collab.accounts.models import User
    from collab.attachments.models import Attachment

#: The formats that are read, by the ending of the name.
TEXT_ENDINGS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".txt": "text",
    ".json": "json",
}
#: Whose images come too, and whose bytes are looked at before they are believed.
FILE_ENDINGS = (".docx", ".odt", ".html", ".htm")
#: What archives hold besides documents: those of a Mac, and our own exports.
OTHER_FOLDERS = ("__MACOSX/", "files/")
OTHER_FILES = frozenset({"manifest.json", ".DS_Store"})


class ImportRefused(ValueError):
    """A file that no document can be made of; the sentence is for people."""


_REFUSALS = (
    ImportRefused,
    ConversionError,
    AttachmentRefused,
    FolderError,
    CrdtFailure,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    name: str
    document: Document | None = None
    error: str | None = None


def import_file(
    *, owner: User, name: str, source: IO[bytes], folder: Folder | None
) -> list[Outcome]:
    """Make documents of ``owner``'s of a file, or of each file in a zip."""
    if PurePosixPath(name).suffix.lower() != ".zip":
        return [_import_one(owner, PurePosixPath(name), source, lambda: folder)]
    try:
        with zipfile.ZipFile(source) as archive:
            return list(_import_archive(owner, name, archive, folder))
    except zipfile.BadZipFile:
        return [Outcome(name, error=_("This is not a zip that can be read."))]


def _import_archive(
    owner: User, name: str, archive: zipfile.ZipFile, folder: Folder | None
) -> Iterator[Outcome]:
    entries = [entry for entry in archive.infolist() if _is_wanted(entry)]
    most = settings.ENV.import_max_files
    if len(entries) > most:
        text = _("The zip has %(count)d files; %(most)d are taken at most.")
        yield Outcome(name, error=text % {"count": len(entries), "most": most})
        return
    folders: dict[PurePosixPath, Folder | None] = {PurePosixPath(): folder}
    for entry in entries:
        path = _sound(entry.filename)
        place = partial(_folder_at, owner, path.parent, folders)
        try:
            with archive.open(entry) as source:
                yield _import_one(owner, path, source, place)
        # A password, an unknown method, a broken entry: zipfile and zlib say it so.
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error):
            yield Outcome(str(path), error=_("The file is damaged: it cannot be unpacked."))


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename
    is_other = name.startswith(OTHER_FOLDERS) or PurePosixPath(name).name in OTHER_FILES
    return not entry.is_dir() and not is_other


def _sound(name: str) -> PurePosixPath:
    """Return the path of an entry without what would lead out of the archive."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return PurePosixPath(*(part for part in parts if part.strip("/. ")))


def _folder_at(
    owner: User, path: PurePosixPath, folders: dict[PurePosixPath, Folder | None]
) -> Folder | None:
    """Return the folder for a path in the archive, made where it is not there yet."""
    if path not in folders:
        parent = _folder_at(owner, path.parent, folders)
        folders[path] = folder_create(owner=owner, name=path.name, parent=parent)
    return folders[path]


def _import_one(
    owner: User, path: PurePosixPath, source: IO[bytes], place: Callable[[], Folder | None]
) -> Outcome:
    images = _HeldImages()
    # Its row comes last: all that takes time is done before the transaction.
    document = Document(owner=owner, title=path.stem.replace("\x00", ""))
    try:
        content = _read(path, source, images)
        with ExitStack() as undo:
            content, files = images.store(content, document=document, owner=owner, undo=undo)
            seed = seed_of(content)
            with transaction.atomic():
                made = document_create(owner=owner, title=document.title, document_id=document.pk)
                if (folder := place()) is not None:
                    document_move(document=made, folder=folder)
                attachments_insert(files)
                document_seed(document=made, author=owner, content=seed)
            undo.pop_all()
    except _REFUSALS as error:
        return Outcome(str(path), error=str(error))
    return Outcome(str(path), made)


class _HeldImages:
    """Images of a file that is being read: reading takes seconds, a write to the database locks."""

    def __init__(self) -> None:
        self._images: dict[str, tuple[bytes, str]] = {}

    def hold(self, data: bytes, media_type: str) -> str:
        """Return a name for the image until it has an address."""
        name = f"/held/{len(self._images)}"
        self._images[name] = (data, media_type)
        return name

    def store(
        self, content: Node, *, document: Document, owner: User, undo: ExitStack
    ) -> tuple[Node, list[Attachment]]:
        """Store the images; return the content with their addresses, and the rows to be written.

        ``undo`` takes the files away where the rest fails.
        """
        addresses: dict[str, str] = {}
        files: list[Attachment] = []
        for name, (data, media_type) in self._images.items():
            file = ContentFile(data)
            shown = f"image.{EXTENSIONS[media_type]}"
            stored = attachment_store(document=document, uploader=owner, name=shown, source=file)
            undo.callback(attachment_storage().delete, stored.path)
            addresses[name] = attachment_url(stored)
            files.append(stored)
        return _addressed(content, addresses), files


def _addressed(node: Node, addresses: dict[str, str]) -> Node:
    if node.type == "image" and (source := str(node.attrs.get("src"))) in addresses:
        return Node("image", {**node.attrs, "src": addresses[source]})
    if not node.content:
        return node
    content = tuple(_addressed(child, addresses) for child in node.content)
    return Node(node.type, node.attrs, content, node.text, node.marks)


def _read(path: PurePosixPath, source: IO[bytes], images: _HeldImages) -> Node:
    """Return what the file says."""
    ending = path.suffix.lower()
    if ending not in TEXT_ENDINGS and ending not in FILE_ENDINGS:
        known = ", ".join(dict.fromkeys((*TEXT_ENDINGS, *FILE_ENDINGS)))
        text = _("Files of this kind are not read; these are: %(endings)s, .zip.")
        raise ImportRefused(text % {"endings": known})
    limit = settings.CONVERSION_LIMITS.import_bytes
    data = source.read(limit + 1)
    if len(data) > limit:
        raise ImportRefused(_("The file has more than %(most)d bytes.") % {"most": limit})
    if ending in FILE_ENDINGS and data.strip():
        return import_document(data, filename=path.name, store_image=images.hold).node
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportRefused(_("The file is not text in UTF-8.")) from error
    if "\x00" in text:
        raise ImportRefused(_("The file is not text."))
    if not text.strip():
        return BLANK
    try:
        return parse(text, TEXT_ENDINGS[ending])
    except FormatError as error:
        raise ImportRefused(format_error_text(error)) from error
