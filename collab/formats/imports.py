"""From a file to a document: what it is, is told by its bytes; its name only breaks ties.

Nothing is unpacked before its table of contents was weighed, nothing is fetched, and scripts,
styles and what the schema has no place for are left behind.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from pathlib import PurePosixPath
from urllib.parse import unquote

from django.utils.translation import gettext as _

from collab.formats.charsets import DECLARED_BYTES, decoded, guess_said
from collab.formats.errors import ConversionError, TooLarge, Unreadable
from collab.formats.images import from_data_url, pixel_width, sniff
from collab.formats.limits import Limits
from collab.formats.odt import readable
from collab.formats.pandoc_in import from_pandoc
from collab.formats.programs import Programs
from collab.formats.words import format_error_text
from collab.richtext.errors import FormatError
from collab.richtext.formats import parse
from collab.richtext.prolog import root_element
from collab.richtext.tree import Node

#: Keeps the bytes of an image with its media type and returns its address; None: it may not stay.
StoreImage = Callable[[bytes, str], str | None]

_MAX_TITLE_CHARS = 255
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: How a DOCX or ODT begins, whatever it unpacks to.
PACKED = b"PK\x03\x04"
_ODT = b"application/vnd.oasis.opendocument.text"
_PAGES = frozenset({"html", "head", "body"})
_TITLE = re.compile(r"<title(?=[\s/>])", re.IGNORECASE)
_TITLE_END = re.compile(r"</title", re.IGNORECASE)
_BY_NAME = {
    "md": "markdown",
    "markdown": "markdown",
    "html": "html",
    "htm": "html",
    "xhtml": "html",
    "json": "json",
    "txt": "text",
    "text": "text",
}
_BY_MEDIA_TYPE = {
    "text/markdown": "markdown",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/json": "json",
    "text/plain": "text",
}
_FOREIGN = (
    (b"%PDF-", "a PDF, which has no words to edit"),
    (b"{\\rtf", "in RTF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
)


@dataclass(frozen=True, slots=True)
class Imported:
    """A document that was read, and what of the file it does not hold."""

    title: str
    node: Node
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Images:
    """Where a file's images go."""

    store: StoreImage | None
    read: Callable[[str], bytes | None]
    left_out: int = 0
    _kept: dict[str, str | None] = field(default_factory=dict)

    def keep_sized(self, source: str) -> tuple[str | None, int | None]:
        """Return the address of the image, and how wide it is, in pixels."""
        data = self.read(source)
        return self.keep(source), None if data is None else pixel_width(data)

    def keep(self, source: str) -> str | None:
        """Return the address of the image named ``source``; None where it has none now."""
        if source not in self._kept:
            self._kept[source] = self._stored(source)
            self.left_out += self._kept[source] is None
        return self._kept[source]

    def _stored(self, source: str) -> str | None:
        data = self.read(source)
        if data is None:
            # An image from elsewhere stays where it is: the reader's browser decides.
            return source if source.startswith(("http://", "https://")) else None
        media_type = sniff(data)
        if media_type is None or self.store is None:
            return None
        return self.store(data, media_type)


def import_file(
    data: bytes,
    *,
    filename: str,
    media_type: str | None,
    store_image: StoreImage | None,
    programs: Programs,
) -> Imported:
    """Return the document that ``data`` holds.

    Args:
        data: the file.
        filename: as it was named; its stem is the title where the file has none.
        media_type: as the sender says; believed only where the bytes tell nothing.
        store_image: keeps images; without, they are left out.
        programs: what runs pandoc.

    Raises:
        Unreadable: broken, locked, empty of meaning, or of a kind that is not read.
        TooLarge: it is, or would unpack to, more than the limits have.
    """
    limits = programs.limits
    if len(data) > limits.import_bytes:
        most = limits.import_bytes // 1024 // 1024
        raise TooLarge(_("The file is larger than %(most)d MB.") % {"most": most})
    stem = PurePosixPath(filename.replace("\\", "/")).stem.strip()[:_MAX_TITLE_CHARS]
    for beginning, what in _FOREIGN:
        if data.startswith(beginning):
            raise Unreadable(f"The file is {what}. Markdown, HTML, DOCX, ODT and text are read.")
    if data.startswith(_OLE):
        raise Unreadable(_("The file is locked by a password, or in Word's format of before 2007."))
    if data.startswith(PACKED):
        made = _packed(data, store_image, programs)
    else:
        made = _plain(data, filename, media_type, store_image, limits)
    if sum(len(node.text) for node in made.node.walk()) > limits.text_chars:
        raise TooLarge(f"The document has more than {limits.text_chars:,} characters.")
    return Imported(made.title[:_MAX_TITLE_CHARS] or stem, made.node, made.warnings)


def _packed(data: bytes, store_image: StoreImage | None, programs: Programs) -> Imported:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        kind = _kind_of(archive, programs.limits)
        if kind == "odt":
            data = readable(data, archive)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unreadable(_("The file is damaged: it cannot be unpacked.")) from error
    source = "docx+styles+empty_paragraphs" if kind == "docx" else "odt"
    try:
        tree = json.loads(programs.pandoc(data, "-f", source, "-t", "json", suffix="json"))
    except (TooLarge, ValueError):
        raise
    except ConversionError as error:
        if type(error) is not ConversionError:
            raise
        raise Unreadable(_("The file is damaged: it says it is a text, but holds none.")) from error
    prefix = "word/" if kind == "docx" else ""

    def read(name: str) -> bytes | None:
        if name.startswith("data:"):
            return from_data_url(name)
        try:
            with archive.open(prefix + unquote(name)) as entry:
                found = entry.read(programs.limits.image_bytes + 1)
        except (KeyError, zipfile.BadZipFile, OSError, RuntimeError, ValueError):
            return None
        return found if len(found) <= programs.limits.image_bytes else None

    images = _Images(store_image, read)
    try:
        title, node = from_pandoc(tree, images.keep_sized)
    except RecursionError as error:
        raise Unreadable(_("The document is nested too deep.")) from error
    if kind == "odt" and not title:
        title, node = _odt_title(archive, node)
    return Imported(title, node, _warnings(images))


def _odt_title(archive: zipfile.ZipFile, node: Node) -> tuple[str, Node]:
    """Return the title that an ODT carries beside its text, and the text without it.

    pandoc reads the paragraph in the style of titles as any other.
    """
    has_meta = "meta.xml" in archive.NameToInfo
    meta = archive.read("meta.xml").decode("utf-8", "replace") if has_meta else ""
    words = meta.partition("<dc:title>")[2].partition("</dc:title>")[0]
    title = " ".join(unescape(words).split()) if "</dc:title>" in meta else ""
    first, *rest = node.content
    if title and rest and first.type in ("paragraph", "heading") and first.plain.strip() == title:
        return title, Node("doc", content=tuple(rest))
    return title, node


def _kind_of(archive: zipfile.ZipFile, limits: Limits) -> str:
    """Return what an archive is, by what is in it, once its table of contents was weighed."""
    entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > limits.unpacked_entries or total > limits.unpacked_bytes:
        raise TooLarge(_("The file unpacks to more than the server takes."))
    if total > 1024 * 1024 and total > packed * limits.unpacked_ratio:
        raise TooLarge(_("The file unpacks to far more than a document of its size."))
    names = {entry.filename for entry in entries}
    if "EncryptedPackage" in names or any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable(_("The file is locked by a password."))
    if "word/document.xml" in names:
        return "docx"
    if "content.xml" in names and "mimetype" in names:
        if archive.read("mimetype").strip() != _ODT:
            raise Unreadable(_("The file is an OpenDocument of another kind, not a text."))
        manifest = (
            archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""
        )
        if b"encryption-data" in manifest:
            raise Unreadable(_("The file is locked by a password."))
        return "odt"
    raise Unreadable(_("The file is an archive, but neither DOCX nor ODT."))


def _plain(
    data: bytes,
    filename: str,
    media_type: str | None,
    store_image: StoreImage | None,
    limits: Limits,
) -> Imported:
    known = decoded(data, media_type=media_type, is_markup=_is_markup(data))
    if known is None:
        raise Unreadable(_("The file is not text, and no kind of document that is read."))
    text = known.text
    if len(text) > limits.text_chars * 4:  # markup included
        raise TooLarge(f"The file has more than {limits.text_chars * 4:,} characters.")
    kind = _kind_of_text(text, filename, media_type)
    images = _Images(store_image, from_data_url)
    title = ""
    try:
        if kind == "html":
            title = _html_title(text)
        if kind in ("html", "markdown"):
            text = _with_images(text, images)
        node = parse(text, kind)
    except FormatError as error:
        raise Unreadable(format_error_text(error)) from error
    if kind == "markdown":
        title = _first_heading(node)
    return Imported(title, node, (*guess_said(known), *_warnings(images)))


def _is_markup(data: bytes) -> bool:
    return data[:DECLARED_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _kind_of_text(text: str, filename: str, media_type: str | None) -> str:
    root = root_element(text)
    is_page = root in _PAGES or (root == "!doctype" and _is_doctype_of_html(text))
    if is_page:
        return "html"
    extension = filename.rpartition(".")[2].lower() if "." in filename else ""
    named = _BY_NAME.get(extension)
    said = _BY_MEDIA_TYPE.get((media_type or "").partition(";")[0].strip().lower())
    return named or said or "text"


def _is_doctype_of_html(text: str) -> bool:
    words = text[: text.find(">") + 1].lower() if ">" in text else ""
    return words.partition("<!doctype")[2].split()[:1] in (["html"], ["html>"])


def _html_title(text: str) -> str:
    """Return the words of the first title; its end is looked for once."""
    began = _TITLE.search(text)
    begin = text.find(">", began.end()) + 1 if began else 0
    ended = _TITLE_END.search(text, begin) if begin else None
    words = unescape(text[begin : ended.start()]) if ended else ""
    return " ".join(words.split())


def _first_heading(node: Node) -> str:
    first = node.content[0]
    is_title = first.type == "heading" and first.attrs.get("level") == 1
    return " ".join(first.plain.split()) if is_title else ""


_DATA_URL = re.compile(r"data:image/[a-z+.-]+;base64,[A-Za-z0-9+/=\s]+")


def with_carried_images(text: str, store: StoreImage) -> tuple[str, tuple[str, ...]]:
    """Return Markdown or HTML with the images that it carries kept, and what could not be."""
    images = _Images(store, from_data_url)
    return _with_images(text, images), _warnings(images)


def _with_images(text: str, images: _Images) -> str:
    """Return HTML or Markdown with the images that it carries kept, and named where they are."""

    def kept(match: re.Match[str]) -> str:
        return images.keep("".join(match[0].split())) or ""

    return _DATA_URL.sub(kept, text)


def _warnings(images: _Images) -> tuple[str, ...]:
    if images.left_out == 0:
        return ()
    return (f"{images.left_out} of the images could not be kept.",)
