"""From a document to a file of any format in ``registry.py``."""

from __future__ import annotations

import io
import secrets
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from collab.crdt.writer import document_to_update
from collab.formats import images as image_files
from collab.formats.errors import ConversionError, TooLarge, UnknownFormat
from collab.formats.images import Image, ResolveImage
from collab.formats.mathml import formulas
from collab.formats.pandoc_elements import Dialect
from collab.formats.pandoc_out import to_pandoc
from collab.formats.pdf import typst_document
from collab.formats.programs import Programs
from collab.formats.registry import FORMATS
from collab.formats.styles import docx_template
from collab.richtext.formats import render
from collab.richtext.html import Standalone
from collab.richtext.schema import normalise
from collab.richtext.tree import Node
from collab.types import ClientId

#: Languages as word processors name them.
_LANGUAGES = {"zh-hans": "zh-CN", "zh-hant": "zh-TW"}


@dataclass(frozen=True, slots=True)
class Exported:
    """A document as a file."""

    data: bytes
    media_type: str
    extension: str


def export(
    document: Node,
    wanted: str,
    *,
    title: str,
    language: str,
    resolve_image: ResolveImage,
    programs: Programs,
) -> Exported:
    """Return ``document`` as a file in the format ``wanted``, a name in ``FORMATS``.

    Args:
        document: what the reader returned, as it is.
        title: stands in the file where the format has a place for it.
        language: of the words, as the browser names it; chooses fonts and the callouts' titles.
        resolve_image: gives the bytes of the document's own images; nothing else is fetched.
        programs: what runs pandoc and typst.

    Raises:
        UnknownFormat: no such format.
        ConversionError: it could not be done; see ``errors.py`` for the kinds.
    """
    known = FORMATS.get(wanted)
    if known is None:
        raise UnknownFormat(f"There is no format named {wanted}.")
    whole = normalise(document)
    job = _Job(whole, title, _LANGUAGES.get(language.lower(), language), resolve_image, programs)
    made = _WRITERS[wanted](job)
    return made if isinstance(made, Exported) else Exported(made, known.media_type, known.extension)


@dataclass(frozen=True, slots=True)
class _Job:
    document: Node
    title: str
    language: str
    resolve_image: ResolveImage
    programs: Programs

    def images(self) -> dict[str, Image]:
        return image_files.collect(self.document, self.resolve_image, self.programs.limits)

    def tree(
        self,
        target: str,
        images: dict[str, str],
        *,
        language: str | None = None,
        widths: dict[str, int] | None = None,
    ) -> bytes:
        spoken = self.language if language is None else language
        dialect = Dialect(target, self.title, spoken, images, widths or {})
        return to_pandoc(self.document, dialect)

    def named_images(self) -> tuple[dict[str, str], dict[str, bytes]]:
        """Return names of files for the images, by address, and the files."""
        names: dict[str, str] = {}
        files: dict[str, bytes] = {}
        for place, (source, image) in enumerate(self.images().items(), start=1):
            names[source] = f"image-{place}.{image.extension}"
            files[names[source]] = image.data
        return names, files


def _text_format(name: str) -> Callable[[_Job], bytes]:
    return lambda job: render(job.document, name).encode()


def _html(job: _Job) -> bytes:
    images = {source: image.data_url for source, image in job.images().items()}
    mathml = formulas(job.document, job.programs)
    page = Standalone(job.title, job.language, images, mathml)
    return render(job.document, "html", page=page).encode()


def _yjs(job: _Job) -> bytes:
    return bytes(document_to_update(job.document, ClientId(secrets.randbits(32))))


def _office(target: str, *options: str, to: str = "") -> Callable[[_Job], bytes]:
    def write(job: _Job) -> bytes:
        found = job.images()
        images = {source: image.data_url for source, image in found.items()}
        # Without, pandoc sets 72 pixels to the inch where browsers have 96.
        is_sized = target in ("docx", "odt")
        widths = {
            source: width
            for source, image in found.items()
            if is_sized and (width := image_files.pixel_width(image.data))
        }
        template = {"template.docx": _docx_template(job.programs)} if target == "docx" else {}
        return job.programs.pandoc(
            job.tree(target, images, widths=widths),
            *("-f", "json", "-t", to or target, "--standalone", "--wrap=none", *options),
            suffix=target,
            files=template,
        )

    return write


@cache
def _docx_template(programs: Programs) -> bytes:
    arguments = ("--print-default-data-file", "reference.docx")
    return docx_template(programs.pandoc(b"", *arguments, suffix="docx"))


def _pdf(job: _Job) -> bytes:
    names, files = job.named_images()
    try:
        return _set(job, names, files)
    except TooLarge:
        raise
    except ConversionError:
        if not files:
            raise
        # A broken image stops the whole page: better the words without the images.
        return _set(job, {}, {})


def _set(job: _Job, names: dict[str, str], files: dict[str, bytes]) -> bytes:
    tree = job.tree("typst", names)
    body = job.programs.pandoc(tree, "-f", "json", "-t", "typst", "--wrap=none", suffix="typ")
    markup = typst_document(body.decode(), title=job.title, language=job.language)
    return job.programs.typst(markup, files)


def _latex(job: _Job) -> bytes | Exported:
    """Write the source; where there are images, a zip with them beside it."""
    names, files = job.named_images()
    is_chinese = job.language.startswith("zh")
    options = ["-f", "json", "-t", "latex", "--standalone", "--wrap=none"]
    if is_chinese:
        # Chooses fonts of the system that it is set on; pandoc's babel would stand in its way.
        options += ["-V", "documentclass=ctexart"]
    tree = job.tree("latex", names, language="" if is_chinese else None)
    source = job.programs.pandoc(tree, *options, suffix="tex")
    if not files:
        return source
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("document.tex", source)
        for name, data in files.items():
            archive.writestr(name, data)
    return Exported(packed.getvalue(), "application/zip", "zip")


_WRITERS: dict[str, Callable[[_Job], bytes | Exported]] = {
    "markdown": _text_format("markdown"),
    "html": _html,
    "text": _text_format("text"),
    "json": _text_format("json"),
    "yjs": _yjs,
    "docx": _office("docx", "--reference-doc=template.docx", to="docx+empty_paragraphs"),
    "odt": _office("odt", to="odt+empty_paragraphs"),
    "epub": _office("epub", "--mathml", to="epub3"),
    "latex": _latex,
    "pdf": _pdf,
}
