"""Pictures of people: whatever is uploaded becomes a small square WebP, or is refused.

Decoding is bounded: the size is read from the header before a pixel is decoded.
"""

from __future__ import annotations

from io import BytesIO
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

SIDE_PX = 256
MAX_BYTES = 5 * 1024 * 1024
#: 4000 x 6000, a large camera's picture: 72 MB decoded at most.
MAX_PIXELS = 24_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


class AvatarError(ValueError):
    """A file that cannot be somebody's picture: the sentence says why."""


def avatar_from(file: IO[bytes]) -> bytes:
    """Return the picture in ``file`` as a WebP of ``SIDE_PX`` squared, without what cameras add.

    Raises:
        AvatarError: it is no picture, or too large.
    """
    source = file.read(MAX_BYTES + 1)
    if len(source) > MAX_BYTES:
        raise AvatarError(_("The picture is larger than 5 MB."))
    try:
        with Image.open(BytesIO(source), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise AvatarError(_("The picture has too many pixels."))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            small = ImageOps.fit(upright, (SIDE_PX, SIDE_PX))
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise AvatarError(_("The file is no PNG, JPEG, WebP or GIF picture.")) from error
    out = BytesIO()
    small.save(out, "WEBP", quality=85)
    return out.getvalue()
