from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from collab.formats.errors import Busy, ConversionError, TooLarge
from collab.formats.limits import MB, Limits
from collab.formats.programs import Programs

LOOP = "#{ for i in range(100000) { for j in range(100000) { } } }"
SMALL = Limits(timeout_s=1.0, waiting_s=0.1, processes=1, output_bytes=MB)


def test_a_conversion_has_a_deadline() -> None:
    with pytest.raises(TooLarge, match="longer than the 1 seconds"):
        Programs(SMALL).typst(LOOP, {})


def test_a_conversion_has_bounded_memory() -> None:
    source = '#let s = "x" * 400000000\n#s'
    with pytest.raises((TooLarge, ConversionError)):
        Programs(Limits(memory_bytes=300 * MB, timeout_s=20)).typst(source, {})


def test_output_is_bounded() -> None:
    patient = replace(SMALL, timeout_s=60)
    with pytest.raises(TooLarge, match="space"):
        Programs(patient).pandoc(b"a" * (2 * MB), "-f", "commonmark", "-t", "plain", suffix="txt")


def test_what_finds_no_turn_is_told_to_come_again() -> None:
    programs = Programs(SMALL)
    is_in = threading.Event()

    def hold() -> None:
        is_in.set()
        with pytest.raises(TooLarge):
            programs.typst(LOOP, {})

    holder = threading.Thread(target=hold)
    holder.start()
    is_in.wait(5)

    def others() -> None:
        while True:
            programs.pandoc(b"a", "-f", "commonmark", "-t", "plain", suffix="txt")

    with pytest.raises(Busy):
        others()
    holder.join(10)


@pytest.mark.parametrize("path", ["/etc/hostname", "../../etc/hostname"])
def test_typst_reads_nothing_but_its_folder(programs: Programs, path: str) -> None:
    with pytest.raises(ConversionError):
        programs.typst(f'#read("{path}")', {})


def test_pandoc_reads_nothing_but_its_source(programs: Programs) -> None:
    source = b"![a](/etc/hostname)\n\n![b](http://127.0.0.1:1/x.png)"
    out = programs.pandoc(source, "-f", "commonmark", "-t", "html", "--embed-resources", suffix="h")
    assert b"base64" not in out


def test_nothing_of_the_server_is_told(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    source = 'return { Writer = function() return tostring(os.getenv("SECRET_KEY")) end }'
    with pytest.raises(ConversionError):  # in the sandbox there is no such thing as a Lua writer
        programs.pandoc(
            b"a", "-f", "commonmark", "-t", "w.lua", suffix="txt", files={"w.lua": source.encode()}
        )
