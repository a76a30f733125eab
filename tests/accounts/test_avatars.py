"""Pictures of people: what becomes of an upload, and what is not even decoded."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from collab.accounts.avatars import MAX_BYTES, MAX_PIXELS, AvatarError, avatar_from


def file(picture: Image.Image, kind: str = "PNG", **more: object) -> BytesIO:
    out = BytesIO()
    picture.save(out, kind, **more)
    out.seek(0)
    return out


def opened(source: BytesIO) -> Image.Image:
    return Image.open(BytesIO(avatar_from(source)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("size", [(1, 1), (40, 700), (700, 40), (256, 256)])
def test_whatever_comes_is_a_small_square_webp(kind: str, size: tuple[int, int]) -> None:
    made = opened(file(Image.new("RGB", size, "#336699"), kind))
    assert (made.format, made.size) == ("WEBP", (256, 256))
    red, green, blue = made.convert("RGB").getpixel((128, 128))  # type: ignore[misc]
    assert abs(red - 0x33) < 8
    assert abs(green - 0x66) < 8
    assert abs(blue - 0x99) < 8


def test_a_phone_s_picture_stands_upright_and_says_nothing_of_the_phone() -> None:
    """The turn that EXIF asks for is made; place, time and camera are gone."""
    picture = Image.new("RGB", (300, 300), "white")
    picture.paste("black", (0, 0, 300, 150))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    exif[0x010F] = "Camera"
    exif.get_ifd(0x8825)[1] = "N"
    source = file(picture, "JPEG", exif=exif)
    assert b"Camera" in source.getvalue()
    made = opened(source)
    assert made.convert("L").getpixel((128, 20)) > 200  # type: ignore[operator]
    assert made.convert("L").getpixel((128, 230)) < 50  # type: ignore[operator]
    assert not made.getexif()


def test_the_middle_is_kept_of_what_is_no_square() -> None:
    wide = Image.new("RGB", (900, 300), "red")
    wide.paste("blue", (300, 0, 600, 300))
    made = opened(file(wide)).convert("RGB")
    for x in (5, 128, 250):
        red, _green, blue = made.getpixel((x, 128))  # type: ignore[misc]
        assert blue > 200 > red


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (BytesIO(b"<svg onload='alert(1)'/>"), "no PNG"),
        (BytesIO(b""), "no PNG"),
        (BytesIO(file(Image.new("RGB", (99, 99))).getvalue()[:50]), "no PNG"),
        (file(Image.new("RGB", (9, 9)), "BMP"), "no PNG"),
        (BytesIO(b"x" * (MAX_BYTES + 1)), "larger than 5 MB"),
    ],
    ids=["svg", "nothing", "cut off", "another kind", "too large"],
)
def test_what_is_no_picture_is_refused_in_words(source: BytesIO, words: str) -> None:
    with pytest.raises(AvatarError, match=words):
        avatar_from(source)


def test_a_bomb_is_refused_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pixels are counted before one of them is decoded."""
    side = int(MAX_PIXELS**0.5) + 1
    bomb = file(Image.new("1", (side, side)))
    assert len(bomb.getvalue()) < 100_000

    def decoded(*_: object) -> None:
        raise AssertionError("a pixel was decoded")

    monkeypatch.setattr(Image.Image, "load", decoded)
    with pytest.raises(AvatarError, match="too many pixels"):
        avatar_from(bomb)
