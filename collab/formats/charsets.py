"""From a text file's bytes to its text: by its mark, what it declares, or what it looks like."""

from __future__ import annotations

import re
from dataclasses import dataclass

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

#: So much is looked at to find out what a file is written in, and what it declares.
SAMPLE_BYTES = 128 * 1024
DECLARED_BYTES = 4 * 1024
#: So many letters beyond ASCII must there be before rarer encodings are thought of.
MANY_BYTES = 80

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
#: What files declare, by Python's names; read as browsers do, with the letters that were added.
_DECLARED = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk", "cp936"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "cp932"), "cp932"),
    **dict.fromkeys(("windows-1252", "cp1252", "iso-8859-1", "latin1", "us-ascii"), "cp1252"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-big5"), "big5hkscs"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "windows-949"), "cp949"),
    **{name: name for name in ("euc-jp", "iso-2022-jp", "iso-8859-15", "koi8-r", "koi8-u")},
    **{name: name for name in ("utf-8", "utf-16", "utf-16le", "utf-16be")},
    **{f"windows-{n}": f"cp{n}" for n in (*range(1250, 1252), *range(1253, 1259))},
    **{f"iso-8859-{n}": f"iso-8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 16)},
    "iso-8859-9": "cp1254",
}
_DECLARATION = re.compile(rb"""(?:charset|encoding)\s*=\s*(?:["']\s*)?([A-Za-z0-9_.:-]{2,30})""")
_LIKELY = ("gb18030", "cp932", "cp1252")
_RARER = ("big5hkscs", "euc_jp", "cp949", "cp1251")
_NAMES = {"gb18030": "GBK", "cp932": "Shift_JIS", "cp1252": "windows-1252", "euc_jp": "EUC-JP"}
_NAMES |= {"big5hkscs": "Big5", "cp949": "EUC-KR", "cp1251": "windows-1251"}
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
#: No text has them: what is decoded to these was something else.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text; and the encoding that was guessed, where the file did not say it."""

    text: str
    guessed: str = ""


def decoded(
    data: bytes, *, media_type: str | None = None, is_markup: bool = False
) -> Decoded | None:
    """Return the text in ``data``; None: it is no text.

    Args:
        data: the file.
        media_type: what was sent with it; it may name the encoding.
        is_markup: whether the file itself may declare its encoding, as HTML does.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _checked(_strictly(data, encoding))
    for name in _declared(data, media_type, is_markup=is_markup):
        text = _strictly(data, _DECLARED[name]) if name in _DECLARED else None
        if text is not None and name != "utf-8":
            return _checked(text)
    text = _strictly(data, "utf-8")
    return _checked(text) if text is not None else _guessed(data)


def guess_said(known: Decoded) -> tuple[str, ...]:
    """Return the warning about a text whose encoding was guessed."""
    if not known.guessed:
        return ()
    return (
        _("Read as %(encoding)s: the file does not say its encoding.")
        % {"encoding": known.guessed},
    )


def _declared(data: bytes, media_type: str | None, *, is_markup: bool) -> list[str]:
    said = [(media_type or "").encode("utf-8", "replace")]
    if is_markup:
        said.append(data[:DECLARED_BYTES])
    found = [match for each in said if (match := _DECLARATION.search(each))]
    return [match[1].decode("ascii").lower() for match in found]


def _guessed(data: bytes) -> Decoded | None:
    runs = _BEYOND_ASCII.findall(data, 0, SAMPLE_BYTES)
    # Letters with accents stand alone among others; those of two bytes each do not.
    if all(len(run) == 1 for run in runs):
        encodings: list[str] = ["cp1252"]
    else:
        is_long = sum(map(len, runs)) >= MANY_BYTES
        wanted = [*_LIKELY, *(_RARER if is_long else ())]
        best = from_bytes(data[:SAMPLE_BYTES], cp_isolation=wanted).best()
        encodings = [*([best.encoding] if best else []), *_LIKELY]
        if 2 * sum(map(len, runs)) > min(len(data), SAMPLE_BYTES):
            encodings = [each for each in encodings if each != "cp1252"]  # which takes any bytes
    for encoding in encodings:
        text = _strictly(data, encoding)
        if text is not None and not _CONTROLS.search(text):
            return Decoded(text, _NAMES.get(encoding, encoding))
    return None


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _checked(text: str | None) -> Decoded | None:
    return None if text is None or "\x00" in text else Decoded(text)
