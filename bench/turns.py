"""How long one large edit holds the event loop: ``python -m bench.turns [paragraphs] [pieces]``.

Processor time of each part of a turn, minimum of five, in process and without a socket. Parts that
are done in a thread or in slices are marked so.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from collab.crdt.doc import LiveDoc
from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.update import decode_update
from collab.room.law import facts_of
from collab.types import Update

TIMES = 5
WORDS = "some words of a line, as long as lines are in a paper that is not finished, "


def paragraphs(count: int) -> tuple[list[Update], Update]:
    """Return a document of so many paragraphs, and the update that writes all of them anew."""
    doc: Doc[Any] = Doc(client_id=3_000_000_000)
    body = doc.get("default", type=XmlFragment)
    sent: list[Update] = []
    kept = doc.observe(lambda event: sent.append(Update(event.update)))
    for kind in ("paragraph", "heading"):
        with doc.transaction():
            if kind == "heading":
                del body.children[0:count]
            for _ in range(count):
                body.children.append(XmlElement(kind, {}, [XmlText(WORDS)]))
    doc.unobserve(kept)
    return sent[:1], sent[1]


def pieces(count: int) -> tuple[list[Update], Update]:
    """Return a line, and ten letters put in at each of so many random places of it."""
    doc: Doc[Any] = Doc(client_id=3_000_000_000)
    body = doc.get("default", type=XmlFragment)
    body.children.append(XmlElement("paragraph", {}, [XmlText(WORDS * 200)]))
    before, dice = Update(doc.get_update()), random.Random(1)
    text: Any = body.children[0].children[0]
    vector = doc.get_state()
    with doc.transaction():
        for _ in range(count):
            text.insert(dice.randrange(len(text)), "abcdefghij")
    return [before], Update(doc.get_update(vector))


def measured(act: Callable[[], object]) -> float:
    """Return the processor time of ``act`` in ms."""
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1000


def parts(before: list[Update], update: Update) -> dict[str, float]:
    """Return what each part of taking an update in takes."""
    gate, document = Gate(GateLimits()), LiveDoc.load(before)
    for _ in gate.index(document.diff()):
        pass
    found: dict[str, float] = {}
    decoded = decode_update(update)
    found["decode"] = measured(lambda: decode_update(update))
    verdict = gate.check(decoded)
    assert isinstance(verdict, Accepted)
    found["check"] = measured(lambda: gate.check(decoded))
    found["facts"] = measured(lambda: facts_of(decoded, verdict, gate))
    found["admit"] = measured(lambda: gate.admit(verdict))
    found["apply"] = measured(lambda: document.apply([update]))
    document.close()
    return found


def main() -> None:
    """Print a table."""
    counts = [int(each) for each in sys.argv[1:3]] or [10_000, 1_000]
    for name, made in (
        (f"{counts[0]} paragraphs anew", paragraphs(counts[0])),
        (f"{counts[-1]} pieces", pieces(counts[-1])),
    ):
        runs = [parts(*made) for _ in range(TIMES)]
        print(f"{name}: {len(made[1])} bytes, {len(decode_update(made[1]).structs)} structs")
        for part in runs[0]:
            print(f"  {part:8} {min(run[part] for run in runs):8.2f} ms")


if __name__ == "__main__":
    main()
