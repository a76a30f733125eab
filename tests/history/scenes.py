"""People who write one document at once, so that every letter tells whose it is."""

from __future__ import annotations

import random

from pycrdt import XmlElement, XmlText

from collab.documents.models import Document
from collab.types import DocumentId
from tests.crdt.sessions import Writer
from tests.factories import make_document, make_user
from tests.history.logs import append


def line(writer: Writer, place: int = 0) -> XmlText:
    """Return the text of a writer's block."""
    block = writer.body.children[place]
    assert isinstance(block, XmlElement)
    text = block.children[0]
    assert isinstance(text, XmlText)
    return text


def paragraph(text: str) -> XmlElement:
    """Return a new block with a text."""
    return XmlElement("paragraph", {}, [XmlText(text)])


class Scene:
    """People who write only their own letter, all in one document, and hear each other late."""

    def __init__(self, count: int, seed: int = 0) -> None:
        self.dice = random.Random(seed)
        self.people = [make_user() for _ in range(count)]
        self.writers = [Writer(self.dice.getrandbits(32)) for _ in range(count)]
        self.document: Document = make_document(self.people[0])
        self.key = DocumentId(self.document.pk)

    def letter(self, who: int) -> str:
        return "abcdefgh"[who]

    def send(self, who: int, *, sender: int | None = None) -> None:
        """Everything that a writer did reaches the log and the others."""
        updates = list(self.writers[who].sent)
        self.writers[who].sent.clear()
        by = self.people[who if sender is None else sender]
        append(self.document, by, updates, is_relayed=sender is not None and sender != who)
        for other in self.writers:
            if other is not self.writers[who]:
                for update in updates:
                    other.hear(update)

    def act(self, who: int) -> None:
        writer, dice = self.writers[who], self.dice
        blocks = list(writer.body.children)
        if not blocks or dice.random() < 0.1:
            block = paragraph(self.letter(who) * 3)
            writer.body.children.insert(dice.randint(0, len(blocks)), block)
            return
        text = line(writer, dice.randrange(len(blocks)))
        size = len("".join(part for part, _ in text.diff() if isinstance(part, str)))
        start, end = sorted(dice.randint(0, size) for _ in range(2))
        match dice.random():
            case p if p < 0.2 and end > start:
                del text[start:end]
            case p if p < 0.35 and end > start:
                text.format(start, end, {"bold": {}})
            case _:
                text.insert(start, self.letter(who) * dice.randint(1, 3))

    def play(self, steps: int) -> None:
        for _ in range(steps):
            self.act(self.dice.randrange(len(self.writers)))
            if self.dice.random() < 0.4:
                self.send(self.dice.randrange(len(self.writers)))
        for who in range(len(self.writers)):
            self.send(who)
