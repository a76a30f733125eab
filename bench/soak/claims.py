"""The claims that a run is judged by, and the last line that counts them."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pycrdt import Doc, Text

from bench.soak.cluster import Cluster
from bench.soak.faults import Faults
from bench.soak.samples import Sample
from bench.soak.writer import World, Writer
from bench.wire import written

#: The longest that a writer may wait for its edits to be kept, whatever breaks, in seconds.
MAX_UNSAVED_S = 90.0
#: The share of all CPUs that other work may take while that is judged.
MAX_OTHERS = 0.35
#: A process that has just started is still loading what it needs, in seconds.
WARM_UP_S = 30.0
#: What a process may grow in the second half of a run, beside what the documents themselves need.
MAX_GROWTH_MIB = 40.0


@dataclass(slots=True)
class Report:
    """Claims and whether they held."""

    results: list[tuple[str, bool, str]] = field(default_factory=list)
    unjudged: int = 0

    def claim(self, name: str, holds: bool, detail: str = "") -> None:
        self.results.append((name, holds, detail))
        print(f"{'ok    ' if holds else 'FAILED'} {name}{f': {detail}' if detail else ''}")

    def pass_over(self, name: str, why: str) -> None:
        self.unjudged += 1
        print(f"not judged: {name}: {why}")

    def end(self) -> int:
        failed = sum(not holds for _, holds, _ in self.results)
        unjudged = f", {self.unjudged} not judged" if self.unjudged else ""
        print(f"{len(self.results) - failed} passed, {failed} failed{unjudged}")
        return int(failed > 0)


def judge_faults(report: Report, faults: Faults) -> None:
    """A run in which nothing broke says nothing."""
    happened = Counter(name for _, name in faults.happened)
    report.claim("things broke", happened.total() >= 3, str(dict(happened)))
    report.claim("every roll replaced all processes", not faults.unfinished_rolls)


def judge_waiting(report: Report, longest_s: float, others: float) -> None:
    """The longest that anybody waited, unless ``others`` had too much of the CPUs."""
    claim = f"nobody waited longer than {MAX_UNSAVED_S:.0f} s for it"
    waited = f"at most {longest_s:.1f} s, other work took {others:.0%} of the CPUs"
    if longest_s > MAX_UNSAVED_S and others > MAX_OTHERS:
        report.pass_over(claim, waited)
    else:
        report.claim(claim, longest_s <= MAX_UNSAVED_S, waited)


def judge_closes(report: Report, closes: Counter[str]) -> None:
    # 4400 to 4499 are final: docs/protocol.md.
    final = [code for code in closes if code.startswith("44")]
    report.claim("no honest writer was refused", not final, str(dict(closes)))


def judge_memory(report: Report, samples: list[Sample], seconds: float) -> None:
    """The processes that lived through the quiet half: what they grew."""
    late = [sample for sample in samples if sample.at > seconds * 0.5]
    grown = {}
    for pid in {pid for sample in late for pid in sample.rss_mib}:
        born = min(sample.at for sample in samples if pid in sample.rss_mib)
        grown_up = [sample for sample in late if sample.at > born + WARM_UP_S]
        line = [sample.rss_mib[pid] for sample in grown_up if pid in sample.rss_mib]
        if len(line) >= len(late) * 0.6:
            tenth = max(1, len(line) // 10)
            first, last = sorted(line[:tenth])[tenth // 2], sorted(line[-tenth:])[tenth // 2]
            grown[pid] = last - first
    report.claim(
        f"memory is flat: at most {MAX_GROWTH_MIB:.0f} MiB more in the second half",
        bool(grown) and max(grown.values()) <= MAX_GROWTH_MIB,
        ", ".join(f"{mib:+.1f} MiB" for mib in grown.values()) or "no process lived through it",
    )


async def judge_content(
    report: Report, cluster: Cluster, world: World, writers: list[Writer]
) -> None:
    """After a restart: a fresh reader, with a real CRDT, has every acknowledged letter once."""
    lost = doubled = 0
    for document in world.documents:
        state = await asyncio.to_thread(
            _get, f"{cluster.address}/api/v1/documents/{document}/content?format=yjs", world
        )
        doc: Doc[Any] = Doc()
        text = doc.get("text", type=Text)
        doc.apply_update(state)
        mine = [writer for writer in writers if writer.document == document]
        kept = sum(writer.kept for writer in mine)
        lost += max(0, kept - len(str(text)))
        doubled += max(0, len(str(text)) - sum(writer.clock for writer in mine))
        expected = Counter(
            letter for writer in mine for letter in written(0, writer.clock).decode()
        )
        if Counter(str(text)) != expected and not lost:
            lost += 1
    report.claim("nothing that was acknowledged is lost after a restart", not lost, f"{lost} lost")
    report.claim("nothing is there twice", not doubled, f"{doubled} twice")


def _get(url: str, world: World) -> bytes:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {world.tokens[0]}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return bytes(answer.read())


def judge_log(
    report: Report, cluster: Cluster, documents: list[str], writers: list[Writer]
) -> None:
    """The log: numbers without a gap, and of each writer every clock once."""
    found = json.loads(cluster.run("-m", "bench.readlog", *documents))
    report.claim("the log's numbers have no gap", found["gaps"] == 0, f"{found['records']} records")
    short = [w.number for w in writers if found["clocks"].get(str(w.number), 0) < w.kept]
    report.claim("the log has every acknowledged update", not short, f"{len(short)} writers short")
