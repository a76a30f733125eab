"""Runs pandoc and typst apart: with a deadline, bounded memory, processor time and output.

Both are separate programs that get bytes and give bytes. They see a folder of their own, no network
variables, none of the server's environment; pandoc runs in its sandbox besides.
"""

from __future__ import annotations

import logging
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from collab.formats.errors import Busy, ConversionError, TooLarge
from collab.formats.limits import MB, Limits

logger = logging.getLogger(__name__)

#: Takes the limits on before the program begins: a hook in the fork is unsafe beside threads.
_LAUNCH = """
import os, resource, sys
memory, seconds, size = map(int, sys.argv[1:4])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
os.execv(sys.argv[4], sys.argv[4:])
"""
_TYPST = Path(__file__).parent / "typst_worker.py"
_SAID_BYTES = 4096
#: GHC's exit status when its heap is full.
_HEAP_FULL = 251
#: What the programs say where the system refused them more.
_FULL = ("File too large", "MemoryError", "memory allocation")
#: Signals by which the system ends what goes past a limit.
_PAST_LIMIT = {-signal.SIGXCPU, -signal.SIGXFSZ, -signal.SIGKILL, -signal.SIGABRT}


class Programs:
    """The programs, so many at a time."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
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
        launch = [sys.executable, "-I", "-S", "-c", _LAUNCH, *map(str, bounds)]
        said_path = folder / "said"
        try:
            with said_path.open("wb") as said:
                status = subprocess.run(  # noqa: S603  # no shell; the names are ours
                    [*launch, *command],
                    cwd=folder,
                    env={"LANG": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder)},
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    timeout=limits.timeout_s,
                    check=False,
                    start_new_session=True,
                ).returncode
        except subprocess.TimeoutExpired as error:
            raise TooLarge(
                f"This took longer than the {limits.timeout_s:g} seconds that the server gives."
            ) from error
        if status == 0:
            return
        with said_path.open("rb") as file:
            words = file.read(_SAID_BYTES).decode("utf-8", "replace").strip()
        logger.warning("%s ended with %s: %s", Path(command[0]).name, status, words)
        if status == _HEAP_FULL or status in _PAST_LIMIT or any(each in words for each in _FULL):
            raise TooLarge("This takes more memory or space than the server gives.")
        raise ConversionError("The converter could not make sense of this.")


def _read(path: Path) -> bytes:
    if not path.is_file():
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
