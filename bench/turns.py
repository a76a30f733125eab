"""What an edit takes on the event loop: ``python -m bench.turns [paragraphs] [pieces]``.

Of large ones, processor time of each part, minimum of five; decoding and check of these are done
beside the loop. Of small acts in which nothing is lost, the question of the law of merging beside
the gate's own check, on documents of 30,000 edits. In process, without a socket.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median
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


class Acts:
    """A document of many edits, and what one person does to a block that others leave alone."""

    def __init__(self, blocks: int, edits: int = 30_000) -> None:
        self._dice = random.Random(1)
        self._doc: Doc[Any] = Doc(client_id=3_000_000_000)
        self._body = self._doc.get("default", type=XmlFragment)
        self._sent: list[Update] = []
        self._kept = self._doc.observe(lambda event: self._sent.append(Update(event.update)))
        with self._doc.transaction():
            for _ in range(blocks):
                self._body.children.append(XmlElement("paragraph", {}, [XmlText(WORDS[:20])]))
        for _ in range(edits):
            text = self._text(self._dice.randrange(blocks))
            place = self._dice.randrange(max(1, len(text)))
            if self._dice.random() < 0.3 and len(text) > 4:
                del text[place : place + 1]
            else:
                text.insert(place, "x")
        self.gate = Gate(GateLimits())
        for _ in self.gate.index(Update(self._doc.get_update())):
            pass

    def _text(self, place: int) -> Any:
        return self._body.children[place].children[0]

    def done(self, act: str) -> Update:
        """Do it to a block; return what is sent."""
        place = self._dice.randrange(len(self._body.children) - 1)
        text, words = self._text(place), str(self._text(place))
        self._sent.clear()
        with self._doc.transaction():
            match act:
                case "a key":
                    text.insert(len(text), "y")
                case "Enter":
                    half = len(words) // 2
                    del text[half : len(words)]
                    self._put(place + 1, "paragraph", words[half:])
                case "join":
                    text.insert(len(words), str(self._text(place + 1)))
                    del self._body.children[place + 1]
                case _:
                    del self._body.children[place]
                    self._put(place, "heading", words)
        return self._sent[-1]

    def _put(self, place: int, tag: str, words: str) -> None:
        self._body.children.insert(place, XmlElement(tag, {}, [XmlText(words)]))


def question(acts: Acts, act: str) -> tuple[float, float, int]:
    """Return the median and the worst of 60 in µs, each the best of 20; how many were asked on."""
    found, asked = [], 0
    for _ in range(60):
        decoded = decode_update(acts.done(act))
        verdict = acts.gate.check(decoded)
        assert isinstance(verdict, Accepted)
        ask = partial(facts_of, decoded, verdict, acts.gate)
        found.append(min(measured(ask) for _ in range(20)) * 1000)
        asked += ask() is not None
        acts.gate.admit(verdict)
    return median(found), max(found), asked


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
    for blocks in (2_000, 200):
        acts = Acts(blocks)
        print(f"30,000 edits in {blocks} blocks, the question alone:")
        for act in ("a key", "Enter", "join", "restyle"):
            middle, worst, asked = question(acts, act)
            print(f"  {act:8} {middle:8.1f} µs, at worst {worst:.1f}; {asked} of 60 of concern")


if __name__ == "__main__":
    main()
