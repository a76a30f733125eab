from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.formats.charsets import decoded, guess_said

CHINESE = ["你好", "# 标题\n\nhello 世界", "会议纪要\n\n今天讨论了数据库的设计，大家都同意。"]
JAPANESE = ["東京", "# 日本語 test", "議事録\n\n今日はデータベースの設計について話し合いました。"]
WESTERN = ["Ä", "© 2020 – x", "Größe: 5 €", "Straße nach Köln – schön “quoted” für jeden"]


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        *((text, "gbk", "GBK") for text in CHINESE),
        *((text, "cp932", "Shift_JIS") for text in JAPANESE),
        *((text, "cp1252", "windows-1252") for text in WESTERN),
        ("會議記錄，今天討論資料庫的設計。" * 6, "big5", "Big5"),
        ("오늘은 데이터베이스 설계에 대해 이야기했습니다. " * 4, "cp949", "EUC-KR"),
    ],
)
def test_what_a_file_does_not_say_is_seen_and_told(text: str, encoding: str, name: str) -> None:
    known = decoded(text.encode(encoding))
    assert known is not None
    assert (known.text, known.guessed) == (text, name)
    assert name in guess_said(known)[0]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("gb2312", "gbk"),
        ("Shift_JIS", "cp932"),
        ("ISO-2022-JP", "iso2022_jp"),
        ("big5", "big5"),
        ("windows-1251", "cp1251"),
        ("ISO-8859-2", "iso-8859-2"),
    ],
)
def test_what_a_file_declares_is_believed(declared: str, encoding: str) -> None:
    text = {"cp1251": "Привет", "iso-8859-2": "Łódź", "gbk": "数据"}.get(encoding, "東京")
    page = f'<html><head><meta charset="{declared}"></head><p>{text}</p></html>'
    known = decoded(page.encode(encoding), is_markup=True)
    assert known is not None
    assert (known.text, known.guessed) == (page, "")
    sent = decoded(text.encode(encoding), media_type=f"text/plain; charset={declared}")
    assert sent is not None
    assert sent.text == text


def test_utf_8_is_believed_before_a_wrong_declaration() -> None:
    """Converted files keep the line that was true once, where it cannot be true."""
    page = '<meta charset="shift_jis"><p>数据库的设计</p>'
    assert decoded(page.encode(), is_markup=True) is not None
    assert decoded(b"plain", media_type="text/plain; charset=zip_codec") is not None


def test_what_is_no_text_is_told_from_one() -> None:
    for data in (
        b"\xff\x00\xfe",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        bytes(range(1, 256)),
        b"\xff\xfe\x00",
    ):
        assert decoded(data) is None


@given(st.binary(max_size=400))
def test_no_bytes_are_too_odd(data: bytes) -> None:
    known = decoded(data, media_type="text/html; charset=" + data[:9].hex(), is_markup=True)
    assert known is None or "\x00" not in known.text


@given(st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_utf_8_is_never_guessed(text: str) -> None:
    known = decoded(text.encode())
    assert known is not None
    assert known.guessed == ""
