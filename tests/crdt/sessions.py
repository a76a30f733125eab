"""Honest people: pycrdt documents that edit rich text at once and hear each other late."""

from __future__ import annotations

import random

from pycrdt import Doc, UndoManager, XmlElement, XmlFragment, XmlText

from collab.types import Update

WORDS = ["a", "hello", "你好", "😀", "e\u0301", "👩‍👩‍👧 x", "."]


class Writer:
    """One person's replica."""

    def __init__(self, client_id: int) -> None:
        self.doc: Doc[XmlFragment] = Doc(client_id=client_id)
        self.body = self.doc.get("default", type=XmlFragment)
        self.sent: list[Update] = []
        self._own = True
        self._subscription = self.doc.observe(
            lambda event: self.sent.append(Update(event.update)) if self._own else None
        )
        self.undo = UndoManager(scopes=[self.body], capture_timeout_millis=0)

    def hear(self, update: Update) -> None:
        self._own = False
        self.doc.apply_update(update)
        self._own = True

    def edit(self, dice: random.Random) -> None:
        blocks = [b for b in self.body.children if isinstance(b, XmlElement)]
        if not blocks or dice.random() < 0.1:
            tag = dice.choice(["paragraph", "heading"])
            made = XmlElement(tag, {}, [XmlText(dice.choice(WORDS))])
            self.body.children.insert(dice.randint(0, len(self.body.children)), made)
            if tag == "heading":
                made.attributes["level"] = 2
            return
        at = dice.randrange(len(self.body.children))
        block = self.body.children[at]
        match dice.random():
            case p if p < 0.07 and len(self.body.children) > 1:
                del self.body.children[at]
            case p if p < 0.12:
                self.undo.undo()
            case p if p < 0.17 and isinstance(block, XmlElement):
                block.attributes["level"] = dice.randint(1, 4)
            case _ if isinstance(block, XmlElement) and len(block.children):
                text = block.children[0]
                if isinstance(text, XmlText):
                    self._type(text, dice)

    def _type(self, text: XmlText, dice: random.Random) -> None:
        plain = "".join(part for part, _ in text.diff() if isinstance(part, str))
        cut = sorted(dice.randint(0, len(plain)) for _ in range(2))
        start, end = (len(plain[:c].encode()) for c in cut)
        match dice.random():
            case p if p < 0.25 and end > start:
                del text[start:end]
            case p if p < 0.4 and end > start:
                text.format(start, end, {"bold": {}})
            case _:
                text.insert(start, dice.choice(WORDS))


def session(seed: int, *, writers: int = 3, steps: int = 60) -> list[Update]:
    """Return the updates of a session, in an order in which they may reach a server."""
    dice = random.Random(seed)
    people = [Writer(dice.getrandbits(32)) for _ in range(writers)]
    arrived: list[Update] = []
    for _ in range(steps):
        writer = dice.choice(people)
        writer.edit(dice)
        if dice.random() < 0.4:
            for person in people:
                for update in person.sent:
                    arrived.append(update)
                    for other in people:
                        if other is not person:
                            other.hear(update)
                person.sent.clear()
    for person in people:
        arrived += person.sent
    return arrived
