"""People whose edits cross: one writes in a block that another makes anew."""

from __future__ import annotations

from django.utils import timezone
from pycrdt import XmlElement, XmlText

from collab.crdt.update import decode_update
from collab.history.ground import Ground
from collab.history.past import content_at, moment_by_seq
from collab.history.selectors import current_state, head_seq
from collab.history.update_log import DatabaseUpdateLog
from collab.room.law import facts_of
from collab.room.ports import PendingUpdate
from collab.types import Seq, Update, UserId
from tests.crdt.sessions import Writer
from tests.history.scenes import Scene, line, paragraph


def restyle(writer: Writer, place: int = 0, tag: str = "heading") -> None:
    """Make a block another one, as editors do: a new one with its text, and the old one deleted."""
    said = str(line(writer, place))
    with writer.doc.transaction():
        writer.body.children.insert(place, XmlElement(tag, {}, [XmlText(said)]))
        del writer.body.children[place + 1]


class Crossing(Scene):
    """A scene whose updates come to the log as a room would let them in."""

    def commit(self, who: int, *, is_heard: bool = False) -> list[Seq]:
        """Everything that a writer did reaches the log, and the others only if ``is_heard``."""
        updates = list(self.writers[who].sent)
        self.writers[who].sent.clear()
        for other in self.writers:
            if is_heard and other is not self.writers[who]:
                for update in updates:
                    other.hear(update)
        return [self._append(who, update) for update in updates]

    def _append(self, who: int, update: Update) -> Seq:
        ground = Ground(self.key, *current_state(self.key))
        decoded = decode_update(update)
        facts = facts_of(decoded, ground.check(decoded), ground.gate)
        clients = tuple(sorted(decoded.client_ids))
        pending = PendingUpdate(
            document_id=self.key,
            update=update,
            author_id=UserId(self.people[who].pk),
            client_ids=clients,
            is_relayed=False,
            binds=clients,
            created_at=timezone.now(),
            facts=facts,
        )
        (seq,) = DatabaseUpdateLog().append([pending])
        assert seq is not None
        return seq

    def plain(self) -> str:
        """Return what the document says now."""
        return content_at(moment_by_seq(self.key, head_seq(self.key))).plain


def crossed() -> Crossing:
    """Ann makes a heading of a line in which Bob writes: his letters die with the old block."""
    scene = Crossing(2)
    ann, bob = scene.writers
    ann.body.children.append(paragraph("hello world"))
    scene.commit(0, is_heard=True)
    line(bob).insert(5, " dear")
    restyle(ann)
    scene.commit(0)
    scene.commit(1)
    return scene
