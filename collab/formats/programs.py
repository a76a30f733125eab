"""Runs pandoc, typst and our own readers apart: with a deadline, bounded memory, time and output.

They are separate programs that get bytes and give bytes. They start in a folder of their own with
none of the server's environment, and without a network (launch.py); pandoc runs in its sandbox
besides.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from collab.formats.errors import Busy, ConversionError, TooLarge
from collab.formats.limits import MB, Limits
from collab.logs import one_line

logger = logging.getLogger(__name__)

_HERE = Path(__file__).parent
#: Takes the limits on, and cuts the network off.
_LAUNCH = _HERE / "launch.py"
#: What it may take for that, in its order; docs/adr/0073.
MEANS = ("namespace", "filter")
#: For a program that is started by one of ours which has no network already.
INHERITED = "inherited"
_TYPST = _HERE / "typst_worker.py"
_APART = _HERE / "apart_worker.py"
_SAID_BYTES = 4096
#: GHC's exit status when its heap is full.
_HEAP_FULL = 251
#: What the programs say where the system refused them more.
_FULL = ("File too large", "MemoryError", "memory allocation")
#: Signals by which the system ends what goes past a limit.
_PAST_LIMIT = {-signal.SIGXCPU, -signal.SIGXFSZ, -signal.SIGKILL, -signal.SIGABRT}


class Programs:
    """The programs, so many at a time."""

    def __init__(self, limits: Limits, *, means: Sequence[str] = MEANS) -> None:
        """Take the programs.

        Args:
            limits: of each conversion.
            means: how they are cut off from the network; tests try each alone.
        """
        self.limits = limits
        self._means = ",".join(means)
        # Of one family with the process that was started, so that both are ended together.
        self._has_session = INHERITED not in means
        self._turns = threading.BoundedSemaphore(limits.processes)

    def pandoc(
        self, source: bytes, *arguments: str, suffix: str, files: Mapping[str, bytes] | None = None
    ) -> bytes:
        """Return what pandoc makes of ``source``.

        Args:
            source: what it reads.
            arguments: its options; formats among them. Files may be named as ``files`` has them.
            suffix: what the name of the output ends in.
            files: what else stands in its folder.

        Raises:
            Busy: no turn came.
            TooLarge: it went past a limit.
            ConversionError: it could not do it.
        """
        with self._folder({**(files or {}), "source": source}) as folder:
            output = folder / f"output.{suffix}"
            heap = f"-M{max(self.limits.memory_bytes // MB // 2, 64)}m"
            command = [_pandoc_path(), "--sandbox", "-o", output.name, *arguments, "source"]
            self._run([*command, "+RTS", heap, "-RTS"], folder)
            return _read(output)

    def typst(self, source: str, files: Mapping[str, bytes]) -> bytes:
        """Return the PDF of Typst markup that names ``files``; raises as ``pandoc`` does."""
        with self._folder({**files, "main.typ": source.encode()}) as folder:
            self._run([sys.executable, "-I", str(_TYPST), "main.typ", "output.pdf"], folder)
            return _read(folder / "output.pdf")

    def apart(self, task: str, source: bytes) -> bytes:
        """Return what our own worker (apart_worker.py) makes of a task; raises as ``pandoc``."""
        with self._folder({"source": source}) as folder:
            self._run([sys.executable, "-I", str(_APART), task], folder)
            return _read(folder / "output")

    @contextmanager
    def _folder(self, files: Mapping[str, bytes]) -> Iterator[Path]:
        if not self._turns.acquire(timeout=self.limits.waiting_s):
            raise Busy(max(self.limits.waiting_s, 1.0))
        try:
            with tempfile.TemporaryDirectory(prefix="scriptorium-") as name:
                folder = Path(name)
                for file, data in files.items():
                    (folder / file).write_bytes(data)
                yield folder
        finally:
            self._turns.release()

    def _run(self, command: Sequence[str], folder: Path) -> None:
        limits = self.limits
        bounds = (limits.memory_bytes, int(limits.timeout_s) + 1, limits.output_bytes)
        launch = [sys.executable, "-I", "-S", str(_LAUNCH), *map(str, bounds), self._means]
        said_path = folder / "said"
        with said_path.open("wb") as said:
            process = subprocess.Popen(  # noqa: S603  # no shell; the names are ours
                [*launch, *command],
                cwd=folder,
                env={"LANG": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=self._has_session,
            )
            try:
                status = process.wait(limits.timeout_s)
            except subprocess.TimeoutExpired as error:
                raise TooLarge(
                    f"This took longer than the {limits.timeout_s:g} seconds that the server gives."
                ) from error
            finally:
                _end(process, self._has_session)
        if status == 0:
            return
        with said_path.open("rb") as file:
            words = file.read(_SAID_BYTES).decode("utf-8", "replace").strip()
        logger.warning("%s ended with %s: %s", Path(command[0]).name, status, one_line(words))
        if status == _HEAP_FULL or status in _PAST_LIMIT or any(each in words for each in _FULL):
            raise TooLarge("This takes more memory or space than the server gives.")
        raise ConversionError("The converter could not make sense of this.")


def _end(process: subprocess.Popen[bytes], has_session: bool) -> None:
    """End the process, and all that it began, where it has not ended by itself."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            end = os.killpg if has_session else os.kill
            end(process.pid, signal.SIGKILL)
        process.wait()


def _read(path: Path) -> bytes:
    # A program that others took over may have made it lead elsewhere.
    if path.is_symlink() or not path.is_file():
        raise ConversionError("The converter made no file.")
    return path.read_bytes()


def _pandoc_path() -> str:
    """Return the path of pandoc: the wheel's own, or the system's."""
    import pypandoc

    try:
        return str(pypandoc.get_pandoc_path())
    except OSError:
        found = shutil.which("pandoc")
        if found is None:
            raise ConversionError("pandoc is not installed on the server.") from None
        return found
