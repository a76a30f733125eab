"""Measures looking back on a document of 259,778 edits: scrubbing, differences, who wrote what.

make bench-scrub                        REST, and the history page where there is Chromium
make bench-scrub SCRUB="--steps 40"     fewer steps

One server on SQLite, one record for each edit, an empty cache; times are those of the whole answer
at the client, on the same machine. The session is automerge-paper.json.gz in TRACES_DIR; a line of
the paper is a paragraph. Run by Scriptorium's own Python.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import http.client
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText

ROOT = Path(__file__).resolve().parent.parent
#: What the page's player takes in one step at its slowest: a minute for all, ten steps a second.
PLAY_STEPS = 600
PASSWORD = "a long password"  # of a person who lives as long as the measurement

# -- the document ---------------------------------------------------------------------------------


class Paper:
    """A document that is written edit by edit, a paragraph for each line."""

    def __init__(self) -> None:
        self.doc: Doc[Any] = Doc(client_id=1)
        self.body: XmlFragment = self.doc.get("default", type=XmlFragment)
        self.body.children.append(XmlElement("paragraph", {}, [XmlText()]))
        self.lines: list[str] = [""]
        #: The line of the last edit and where it begins: the next one is near.
        self._line, self._start = 0, 0

    def edit(self, at: int, deleted: int, inserted: str) -> None:
        """Take out ``deleted`` characters at ``at``, then put in ``inserted``."""
        with self.doc.transaction():
            self._seek(at)
            place = at - self._start
            while deleted:
                here = min(deleted, len(self.lines[self._line]) - place)
                if here:
                    self._delete(self._line, place, here)
                deleted -= here
                if deleted:  # the end of the line itself: the next one joins
                    self._join()
                    deleted -= 1
            first, *more = inserted.split("\n")
            if first:
                self._insert(self._line, place, first)
            for text in more:
                self._split(place + len(first), text)
                place, first = 0, text

    def _seek(self, at: int) -> None:
        while at < self._start:
            self._line -= 1
            self._start -= len(self.lines[self._line]) + 1
        while at > self._start + len(self.lines[self._line]):
            self._start += len(self.lines[self._line]) + 1
            self._line += 1

    def _text(self, line: int) -> XmlText:
        block: Any = self.body.children[line]
        text: XmlText = block.children[0]
        return text

    def _insert(self, line: int, place: int, text: str) -> None:
        before = self.lines[line]
        self.lines[line] = before[:place] + text + before[place:]
        self._text(line).insert(len(before[:place].encode()), text)

    def _delete(self, line: int, place: int, count: int) -> None:
        before = self.lines[line]
        self.lines[line] = before[:place] + before[place + count :]
        start = len(before[:place].encode())
        del self._text(line)[start : start + len(before[place : place + count].encode())]

    def _join(self) -> None:
        following = self.lines.pop(self._line + 1)
        del self.body.children[self._line + 1]
        if following:
            self._insert(self._line, len(self.lines[self._line]), following)

    def _split(self, place: int, text: str) -> None:
        rest = self.lines[self._line][place:]
        if rest:
            self._delete(self._line, place, len(rest))
        self._start += len(self.lines[self._line]) + 1
        self._line += 1
        self.lines.insert(self._line, text + rest)
        block = XmlElement("paragraph", {}, [XmlText(text + rest)])
        self.body.children.insert(self._line, block)


def updates_of(edits: Iterable[tuple[int, int, str]], end: str) -> list[bytes]:
    """Return one update for each edit."""
    updates: list[bytes] = []
    paper = Paper()
    updates.append(bytes(paper.doc.get_update()))
    subscription = paper.doc.observe(
        lambda event: updates.append(event.update) if isinstance(event, TransactionEvent) else None
    )
    for at, deleted, inserted in edits:
        paper.edit(at, deleted, inserted)
    paper.doc.unobserve(subscription)
    if "\n".join(paper.lines) != end:
        raise RuntimeError("the session does not lead to its end")
    return updates


def session() -> tuple[list[tuple[int, int, str]], str]:
    """Return the recorded edits, and the text that they make."""
    file = Path(os.environ.get("TRACES_DIR", "")) / "automerge-paper.json.gz"
    if not file.is_file():
        raise SystemExit("TRACES_DIR must name the folder of automerge-paper.json.gz.")
    found = json.loads(gzip.decompress(file.read_bytes()))
    if hashlib.sha256(found["end"].encode()).hexdigest() != found["sha256"]:
        raise SystemExit("automerge-paper.json.gz is damaged.")
    return found["txns"], found["end"]


def seed(updates: Sequence[bytes]) -> dict[str, Any]:
    """Make the document with its log, checkpoints and revisions; return what a client needs."""
    import django

    django.setup()
    from bench.seed import fill
    from collab.accounts.models import User
    from collab.accounts.tokens import token_create
    from collab.documents.services import document_create
    from collab.history.past import history_checkpoint_make
    from collab.history.revisions import revisions_cut_all
    from collab.types import DocumentId, UserId

    user = User.objects.create(username="ann")
    user.set_password(PASSWORD)
    user.save()
    document = document_create(owner=user, title="The paper")
    key = DocumentId(document.pk)
    fill(key, UserId(user.pk), list(updates))
    checkpoints = 0
    while history_checkpoint_make(document_id=key) is not None:
        checkpoints += 1
    revisions_cut_all(document_id=key)
    return {
        "document": str(document.pk),
        "token": token_create(user),
        "last": len(updates),
        "checkpoints": checkpoints,
    }


# -- what is measured -----------------------------------------------------------------------------


class Client:
    """Asks over one connection, as a page does."""

    def __init__(self, port: int, world: dict[str, Any]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Authorization": f"Bearer {world['token']}"}
        self._base = f"/api/v1/documents/{world['document']}"

    def ask(self, path: str) -> int:
        """Return how many bytes came."""
        return len(self.read(path))

    def read(self, path: str) -> bytes:
        """Return the body of an answer."""
        self._connection.request("GET", self._base + path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        return body


def cpu_s(pid: int) -> float:
    """Return the processor time of a process, that of threads which have ended included."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def timed(name: str, pid: int, paths: Sequence[str], ask: Callable[[str], int]) -> list[str]:
    """Return a row of the table."""
    took, sizes = [], []
    before = cpu_s(pid)
    for path in paths:
        began = time.perf_counter()
        sizes.append(ask(path))
        took.append((time.perf_counter() - began) * 1000)
    used = (cpu_s(pid) - before) * 1000 / len(paths)
    return row(name, took, f"{used:.1f}", f"{statistics.median(sizes) / 1024:.0f}")


def row(name: str, took: list[float], cpu: str, size: str) -> list[str]:
    p95 = sorted(took)[min(len(took) - 1, int(len(took) * 0.95))]
    return [name, str(len(took)), f"{statistics.median(took):.1f}", f"{p95:.1f}", cpu, size]


def measure(port: int, pid: int, world: dict[str, Any], steps: int) -> Iterator[list[str]]:
    """Yield the rows of REST."""
    dice, last, client = random.Random(1), world["last"], Client(port, world)
    client.ask("/timeline?buckets=200")  # the process is warm, as after the page's own questions
    jumps = [dice.randint(1, last) for _ in range(steps)]
    yield timed(
        "scrub, random jumps", pid, [f"/at?seq={at}&format=json" for at in jumps], client.ask
    )
    step = last // PLAY_STEPS
    begins = [last * part // 4 for part in range(4)]
    played = [begin + step * each for begin in begins for each in range(steps // 4)]
    yield timed(
        "scrub, playing forward",
        pid,
        [f"/at?seq={max(1, at)}&format=json" for at in played],
        client.ask,
    )
    few = max(5, steps // 20)
    pairs = [(at, min(last, at + 5000)) for at in (dice.randint(1, last) for _ in range(few))]
    yield timed(
        "difference, 5,000 edits apart",
        pid,
        [f"/diff?from={one}&to={other}&format=html" for one, other in pairs],
        client.ask,
    )
    yield timed("difference, first to last", pid, [f"/diff?from=1&to={last}"] * 3, client.ask)
    yield timed("who wrote it, now", pid, ["/attribution"] * few, client.ask)
    moments = [dice.randint(1, last) for _ in range(few)]
    yield timed(
        "who wrote it, at a moment", pid, [f"/attribution?seq={at}" for at in moments], client.ask
    )


STEP_JS = """async (moments) => {
  const slider = document.querySelector(".scrubber-slider");
  const took = [];
  for (const moment of moments) {
    const began = performance.now();
    slider.value = String(moment);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    while (location.hash !== `#seq=${moment}`) await new Promise((go) => setTimeout(go, 0));
    document.body.getBoundingClientRect();  // laid out, as before it is painted
    took.push(performance.now() - began);
  }
  return took;
}"""


BLOCKS_JS = """() => [...document.querySelectorAll(".sheet .ProseMirror > *")].map(
  (block) => block.textContent)"""


def check_page(page: Any, client: Client, moments: Sequence[int]) -> None:
    """Raise where the page shows anything else at a moment than REST says."""
    for moment in moments:
        page.evaluate(STEP_JS, [moment])
        content = json.loads(client.read(f"/at?seq={moment}&format=json"))["content"]
        said = ["".join(run["text"] for run in block.get("content", [])) for block in content]
        if page.evaluate(BLOCKS_JS) != said:
            raise RuntimeError(f"the page does not show what the document was at {moment}")


def measure_page(port: int, world: dict[str, Any], steps: int) -> Iterator[list[str]]:
    """Yield the rows of the history page: from the slider's event until the moment is laid out."""
    from playwright.sync_api import sync_playwright

    dice, last = random.Random(2), world["last"]
    url = f"http://127.0.0.1:{port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        page = browser.new_page(locale="en-US")
        page.goto(f"{url}/sign-in/")
        page.fill("input[name=username]", "ann")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(f"{url}/")
        page.goto(f"{url}/d/{world['document']}/history/")
        page.wait_for_url("**/history/#seq=*", timeout=120_000)
        jumps = [dice.randint(1, last) for _ in range(steps)]
        yield row("history page, random jumps", page.evaluate(STEP_JS, jumps), "", "")
        step = last // PLAY_STEPS
        begins = [last * part // 4 for part in range(4)]
        played = [max(1, begin + step * n) for begin in begins for n in range(steps // 4)]
        yield row("history page, playing forward", page.evaluate(STEP_JS, played), "", "")
        check_page(page, Client(port, world), [dice.randint(1, last) for _ in range(20)])
        browser.close()


@contextmanager
def server(data: Path, log: Path) -> Iterator[tuple[int, int]]:
    """Serve; yield the port and the process id."""
    from bench.servers import family, free_port, process_on

    port = free_port()
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    settings = {"DATA_DIR": str(data), "API_THROTTLE": "1000000/min"}
    with process_on(command, port, log, **settings) as process:
        yield port, family(process, port)[0]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.scrub", description=__doc__)
    parser.add_argument("--steps", type=int, default=200, help="steps of each kind of scrubbing")
    options = parser.parse_args()
    edits, end = session()
    load = os.getloadavg()[0]
    print(f"writing {len(edits):,} edits…", file=sys.stderr)
    updates = updates_of(edits, end)
    with tempfile.TemporaryDirectory(prefix="scriptorium-scrub-") as folder:
        data = Path(folder)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "collab.settings.dev",
            "DATA_DIR": folder,
            "DATABASE_URL": "",
            "REDIS_URL": "",
        }
        manage = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(manage, cwd=ROOT, check=True)
        world = seed(updates)
        print(
            f"{world['last']:,} records, {world['checkpoints']} checkpoints; load average at the "
            f"start {load:.1f}, now {os.getloadavg()[0]:.1f}\n"
        )
        print("| what | steps | median ms | p95 ms | server CPU ms | KiB |")
        print("| --- | --- | --- | --- | --- | --- |")
        with server(data, data / "server.log") as (port, pid):
            for cells in measure(port, pid, world, options.steps):
                print("| " + " | ".join(cells) + " |", flush=True)
            if os.environ.get("CHROMIUM") or shutil.which("chromium"):
                for cells in measure_page(port, world, options.steps):
                    print("| " + " | ".join(cells) + " |", flush=True)
        print(f"\nload average at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
