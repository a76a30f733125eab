"""What a file says, and the pictures and files that come with it, until the document is there."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING
from urllib.parse import quote, unquote
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from collab.attachments.models import attachment_storage
from collab.attachments.selectors import attachment_url
from collab.attachments.services import AttachmentTooBig, attachment_store
from collab.attachments.sniff import HEAD_BYTES, IMAGES, sniff
from collab.formats.charsets import decoded, guess_said
from collab.formats.images import EXTENSIONS
from collab.formats.imports import with_carried_images
from collab.formats.services import import_document, source_read
from collab.formats.words import format_error_text
from collab.formats.written import SourceRefused
from collab.library.addresses import with_addresses
from collab.richtext.front_matter import split_front_matter
from collab.richtext.tree import Node

if TYPE_CHECKING:
    from collab.accounts.models import User
    from collab.attachments.models import Attachment
    from collab.documents.models import Document

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
ENDINGS = frozenset({*TEXT_ENDINGS, *FILE_ENDINGS})
#: What zipfile and zlib say of a password, an unknown method, a broken entry.
BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError)
_HELD = "/held/"


class ImportRefused(ValueError):
    """A file that no document can be made of; the sentence is for people."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a file says of a document."""

    content: Node
    title: str = ""
    tags: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class HeldFiles:
    """Files that come with one that is read: reading takes seconds, a write to the database locks.

    Their bytes are read when they are stored, one file at a time.
    """

    def __init__(self) -> None:
        self._files: dict[str, tuple[Callable[[], bytes], UUID | None]] = {}
        self._entries: dict[str, str] = {}

    @staticmethod
    def is_held(address: str) -> bool:
        """Return whether the address is one that ``hold`` has given."""
        return address.startswith(_HELD)

    @staticmethod
    def is_picture(address: str) -> bool:
        """Return whether what is held there can be shown as a picture."""
        return address.split("/")[3] == "picture"

    @staticmethod
    def name_of(address: str) -> str:
        """Return the name of the file that is held there."""
        return unquote(address.rpartition("/")[2])

    def hold(self, data: bytes, media_type: str) -> str:
        """Return a name for an image until it has an address."""
        return self._keep(f"image.{EXTENSIONS[media_type]}", lambda: data, "picture", None)

    def hold_entry(
        self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, key: UUID | None = None
    ) -> str:
        """Return a name for a file in a zip; the same for the same file.

        Args:
            archive: the zip.
            entry: the file in it.
            name: as it shall be called.
            key: its id where the zip was made.
        """
        if entry.filename not in self._entries:

            def read() -> bytes:
                most = settings.ENV.attachment_max_bytes
                try:
                    with archive.open(entry) as source:
                        data = source.read(most + 1)
                except BROKEN as error:
                    text = _("A file in it is damaged: it cannot be unpacked.")
                    raise ImportRefused(text) from error
                if len(data) > most:
                    text = _("The file has %(size)d bytes; %(most)d are taken at most.")
                    raise AttachmentTooBig(text % {"size": entry.file_size, "most": most})
                return data

            try:
                with archive.open(entry) as source:
                    kind = "picture" if sniff(source.read(HEAD_BYTES)) in IMAGES else "file"
            except BROKEN:
                kind = "file"
            self._entries[entry.filename] = self._keep(name or "file", read, kind, key)
        return self._entries[entry.filename]

    def _keep(self, name: str, read: Callable[[], bytes], kind: str, key: UUID | None) -> str:
        address = f"{_HELD}{len(self._files)}/{kind}/{quote(name, safe='')}"
        self._files[address] = (read, key)
        return address

    def store(
        self, *, document: Document, owner: User, undo: ExitStack
    ) -> tuple[dict[str, str], list[Attachment], dict[UUID, str]]:
        """Store the files.

        Args:
            document: whose they become; its row need not be there.
            owner: who brings them.
            undo: takes the files away where the rest fails.

        Returns:
            Their addresses by the names that they were held under, the rows to be written, and the
            addresses by the ids that they had where the zip was made.
        """
        addresses: dict[str, str] = {}
        placed: dict[UUID, str] = {}
        files: list[Attachment] = []
        for name, (read, key) in self._files.items():
            file = ContentFile(read())
            stored = attachment_store(
                document=document, uploader=owner, name=self.name_of(name), source=file
            )
            undo.callback(attachment_storage().delete, stored.path)
            addresses[name] = attachment_url(stored)
            files.append(stored)
            if key is not None:
                placed[key] = addresses[name]
        return addresses, files, placed


def with_stored(content: Node, addresses: dict[str, str]) -> Node:
    """Return ``content`` with the addresses of what was held."""
    return with_addresses(content, lambda address: addresses.get(address, address))


def read_file(path: PurePosixPath, source: IO[bytes], held: HeldFiles) -> Said:
    """Return what the file says.

    Raises:
        ImportRefused: it is of a kind that is not read, too large, or not what its name says.
        ConversionError: a file of a word processor that cannot be read.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ImportRefused(not_read())
    limit = settings.CONVERSION_LIMITS.import_bytes
    data = source.read(limit + 1)
    if len(data) > limit:
        raise ImportRefused(_("The file has more than %(most)d bytes.") % {"most": limit})
    if ending in FILE_ENDINGS and data.strip():
        read = import_document(data, filename=path.name, store_image=held.hold)
        return Said(read.node, warnings=read.warnings)
    kind = TEXT_ENDINGS[ending]
    known = decoded(data, is_markup=kind == "html")
    if known is None:
        raise ImportRefused(_("The file is not text."))
    try:
        said = _said(known.text, kind, held)
    except SourceRefused as refused:
        raise ImportRefused(format_error_text(refused.error)) from refused
    return replace(said, warnings=(*guess_said(known), *said.warnings))


def not_read() -> str:
    """Return the sentence for a file of a kind that is not read."""
    known = ", ".join(dict.fromkeys((*TEXT_ENDINGS, *FILE_ENDINGS)))
    text = _("Files of this kind are not read; these are: %(endings)s, .zip.")
    return text % {"endings": known}


def _said(text: str, kind: str, held: HeldFiles) -> Said:
    if kind != "markdown":
        return Said(source_read(text, kind))
    head, text = split_front_matter(text)
    text, warnings = with_carried_images(text, held.hold)
    content = source_read(text, kind)
    if head.rest:
        # What nobody here has a place for is kept where people find it.
        rest = Node("codeBlock", {"language": "yaml"}, (Node("text", text=head.rest),))
        content = Node("doc", content=(rest, *content.content))
    return Said(content, head.title, head.tags, warnings)
