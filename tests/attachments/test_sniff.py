"""A file is what its first bytes say."""

from __future__ import annotations

import pytest

from collab.attachments.sniff import IMAGES, SHOWN_INLINE, UNKNOWN, sniff

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 24


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0....JFIF", "image/jpeg"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", UNKNOWN),
        (b"\x00\x00\x00\x20ftypavif", "image/avif"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"<svg xmlns='x'>", "image/svg+xml"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a --><svg>', "image/svg+xml"),
        (b"<!DOCTYPE html><script>alert(1)</script>", UNKNOWN),
        (b"<html><svg>", UNKNOWN),
        (b"plain words", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_the_type_is_found_by_content(head: bytes, media_type: str) -> None:
    assert sniff(head) == media_type


def test_nothing_that_can_run_is_shown_in_place() -> None:
    assert "image/svg+xml" in IMAGES - SHOWN_INLINE
    assert not {"text/html", "application/xml", "application/pdf", UNKNOWN} & SHOWN_INLINE


def test_a_long_comment_does_not_hold_the_finder() -> None:
    assert sniff(b"<!--" * 256) == UNKNOWN
