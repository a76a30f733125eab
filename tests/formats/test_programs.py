from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from collab.formats import launch
from collab.formats.errors import Busy, ConversionError, TooLarge
from collab.formats.limits import MB, Limits
from collab.formats.programs import MEANS, Programs

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


#: Says what it could do: a connection, a datagram, a pair of sockets of its own, a name.
PROBE = """
import socket, sys
def attempt(what):
    try: what()
    except OSError: return "no"
    return "yes"
port = int(sys.argv[1])
print(
    attempt(lambda: socket.create_connection(("127.0.0.1", port), 3)),
    attempt(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port))),
)
"""


def probed(port: int, means: str | None) -> str:
    """Return what a process could reach; without ``means`` one that nothing was taken from."""
    command = [sys.executable, "-I", "-S", "-c", PROBE, str(port)]
    if means is not None:
        bounds = (str(2048 * MB), "10", str(MB), means)
        command = [sys.executable, "-I", "-S", launch.__file__, *bounds, *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    return done.stdout.strip() or f"{done.returncode} {done.stderr.strip()}"


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces and filters are Linux's")
@pytest.mark.parametrize("means", [*MEANS, ",".join(MEANS)])
def test_a_converter_has_no_network(means: str) -> None:
    """Each means alone cuts it off, the one that is left where the system refuses the other too."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert probed(port, None) == "yes yes"
        said = probed(port, means)
    if said.startswith(str(launch.NOT_CUT_OFF)):
        pytest.skip(f"this system allows no {means}")
    assert said == "no no"


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces and filters are Linux's")
def test_without_any_means_nothing_is_run(caplog: pytest.LogCaptureFixture) -> None:
    """A converter that could reach the network is not started, and the log says why."""
    with caplog.at_level(logging.WARNING), pytest.raises(ConversionError):
        Programs(Limits(), means=()).pandoc(b"a", "-f", "commonmark", "-t", "plain", suffix="txt")
    assert "no means to cut a converter off" in caplog.text


@pytest.mark.parametrize("means", MEANS)
def test_pandoc_and_typst_need_no_network(means: str) -> None:
    """Both work under each means."""
    programs = Programs(Limits(), means=(means,))
    assert programs.pandoc(b"a", "-f", "commonmark", "-t", "plain", suffix="txt") == b"a\n"
    assert programs.typst("= Title", {}).startswith(b"%PDF")


def test_what_a_program_says_is_one_line_of_the_log(
    programs: Programs, caplog: pytest.LogCaptureFixture
) -> None:
    """Markup that names its error itself writes no line that looks like the server's."""
    forged = "x\\n2026-11-30 12:00:00 INFO root: all is well"
    with caplog.at_level(logging.WARNING), pytest.raises(ConversionError):
        programs.typst(f'#panic("{forged}")', {})
    (record,) = caplog.records
    assert "all is well" in record.getMessage()
    assert record.getMessage().isprintable()


def test_what_a_program_began_ends_with_it(tmp_path: Path) -> None:
    """At the deadline the whole group of processes is ended, not only the first."""
    script = tmp_path / "begins.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open(sys.argv[1], 'w').write(str(inner.pid))\n"
        "time.sleep(60)\n"
    )
    noted = tmp_path / "pid"
    patient = Programs(replace(SMALL, timeout_s=3.0))
    with pytest.raises(TooLarge):
        patient._run([sys.executable, str(script), str(noted)], tmp_path)
    status = Path(f"/proc/{noted.read_text()}/stat")
    if Path("/proc").is_dir():
        assert not status.exists() or " Z " in status.read_text()
