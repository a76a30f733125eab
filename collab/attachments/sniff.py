"""What a file is, by its first bytes. Names and claimed types are not believed.

Browsers are told the type found here together with ``nosniff``, so a file that is two things at
once is only ever the harmless one.
"""

from __future__ import annotations

from collab.richtext.prolog import behind_doctype, root_element

#: So many bytes are looked at.
HEAD_BYTES = 1024
UNKNOWN = "application/octet-stream"
SVG = "image/svg+xml"
#: What a browser may show in place: pictures made of pixels, which run nothing.
SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
#: What the editor puts in as an image. An SVG in <img> runs nothing; opened by itself it could,
#: so it is served as a download.
IMAGES = SHOWN_INLINE | {SVG}

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"OggS", "application/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
#: In ISO media files the brand stands after a length and "ftyp".
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"M4A ": "audio/mp4"}


def sniff(head: bytes) -> str:
    """Return the media type of a file that begins with ``head``; UNKNOWN where none is found."""
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    text = head.decode("utf-8", "replace")
    # A declaration, comments and a doctype may stand before the root element.
    return SVG if root_element(behind_doctype(text)) == "svg" else UNKNOWN
