"""A document's images as bytes, for formats that hold them: its own only, nothing is fetched."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image as Picture
from PIL import UnidentifiedImageError

from collab.formats.limits import Limits
from collab.richtext.tree import Node

#: Gives the bytes of an image that belongs to the document; None for all others.
ResolveImage = Callable[[str], bytes | None]

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
}


@dataclass(frozen=True, slots=True)
class Image:
    """An image's bytes and what they are."""

    data: bytes
    media_type: str

    @property
    def extension(self) -> str:
        """The ending of a file that holds it."""
        return EXTENSIONS[self.media_type]

    @property
    def data_url(self) -> str:
        """The image as an address that carries it."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.data).decode('ascii')}"


def sniff(data: bytes) -> str | None:
    """Return the media type that ``data`` begins like; None where no format here holds it."""
    for beginning, media_type in _BEGINNINGS:
        if data.startswith(beginning):
            return media_type
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def pixel_width(data: bytes) -> int | None:
    """Return how wide a picture is; None where its head cannot be read. No pixel is unpacked."""
    try:
        with Picture.open(io.BytesIO(data)) as opened:
            return opened.width or None
    except (
        UnidentifiedImageError,
        Picture.DecompressionBombError,
        Picture.DecompressionBombWarning,
        OSError,
        ValueError,
        SyntaxError,
    ):
        return None


def from_data_url(address: str) -> bytes | None:
    """Return the bytes that a ``data:`` address carries; None where it is none, or is broken."""
    head, comma, body = address.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        return None
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return None


def collect(document: Node, resolve_image: ResolveImage, limits: Limits) -> dict[str, Image]:
    """Return the images that ``document`` shows and that may stand in its file, by address."""
    found: dict[str, Image] = {}
    total = 0
    for node in document.walk():
        source = node.attrs.get("src") if node.type == "image" else None
        if not isinstance(source, str) or source in found:
            continue
        data = from_data_url(source) if source.startswith("data:") else resolve_image(source)
        if data is None or len(data) > limits.image_bytes:
            continue
        media_type = sniff(data)
        total += len(data)
        if media_type is not None and total <= limits.images_bytes:
            found[source] = Image(data, media_type)
    return found
