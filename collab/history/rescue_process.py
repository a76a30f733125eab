"""A process of its own that looks into records for what they kill unseen. No Django.

``python -m collab.history.rescue_process``

input  := head • dump • update*             (processes.py)
output := head • dump • rescue*

The head is JSON; a dump is what the law remembers of all records before, empty at the beginning.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from collab.crdt.rescue import RescueInput, Rescuer
from collab.crdt.unreadable import without_unreadable
from collab.crdt.update import UpdateError, decode_state_vector
from collab.history.processes import packed, unpacked
from collab.lib0 import EncodingError
from collab.types import DocumentId, Seq, StateVector, Update

#: The kind of records that are noted, and not rescued; of rescues, too, whose cause is one.
TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Task:
    """Records in a row, and what was remembered of those before them."""

    document_id: DocumentId
    #: Number of the first one.
    first: int
    #: Records up to this one are noted, and not rescued.
    since: int
    updates: Sequence[Update]
    #: Of records that are not ``live``.
    kinds: Mapping[int, str] = field(default_factory=dict)
    #: What the senders of some had seen.
    seen: Mapping[int, StateVector] = field(default_factory=dict)
    #: What the pages of some authors say: the last record that was seen, whether it is an undo.
    said: Mapping[int, tuple[int | None, bool | None]] = field(default_factory=dict)
    dump: bytes = b""

    def written(self) -> list[Update]:
        """Return the input of the process."""
        head = {
            "document": self.document_id.hex,
            "first": self.first,
            "since": self.since,
            "kinds": self.kinds,
            "seen": {seq: vector.hex() for seq, vector in self.seen.items()},
            "said": self.said,
        }
        return [Update(json.dumps(head).encode()), Update(self.dump), *self.updates]

    @classmethod
    def read(cls, parts: Sequence[bytes]) -> Task:
        """Return what ``written`` has put in this form."""
        head = json.loads(parts[0])
        return cls(
            document_id=DocumentId(UUID(hex=head["document"])),
            first=head["first"],
            since=head["since"],
            updates=[Update(each) for each in parts[2:]],
            kinds={int(seq): kind for seq, kind in head["kinds"].items()},
            seen={int(seq): StateVector(bytes.fromhex(v)) for seq, v in head["seen"].items()},
            said={int(seq): (upto, is_undo) for seq, (upto, is_undo) in head["said"].items()},
            dump=parts[1],
        )


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of a task: the rescues, by the record that each follows; what is remembered."""

    rescues: Mapping[int, Update]
    dump: bytes

    def written(self) -> bytes:
        """Return the output of the process."""
        head = json.dumps(list(self.rescues)).encode()
        return packed([Update(head), Update(self.dump), *self.rescues.values()])

    @classmethod
    def read(cls, data: bytes) -> Looked:
        """Return what ``written`` has put in this form."""
        head, dump, *rescues = unpacked(data)
        return cls(dict(zip(json.loads(head), rescues, strict=True)), dump)


def look(task: Task) -> Looked:
    """Feed the law the records; return what it wants written.

    Raises:
        UpdateError | EncodingError: a record cannot be read.
    """
    try:
        return _look(task)
    except (UpdateError, EncodingError):
        # What the log has and nobody can read is taken for deleted, as everywhere.
        return _look(replace(task, updates=[without_unreadable(each) for each in task.updates]))


def _look(task: Task) -> Looked:
    rescuer = (
        Rescuer.restored(task.document_id, task.dump) if task.dump else Rescuer(task.document_id)
    )
    rescues: dict[int, Update] = {}
    for seq, update in enumerate(task.updates, start=task.first):
        seen = task.seen.get(seq)
        upto, is_undo = task.said.get(seq, (None, None))
        rescue = rescuer.take(
            RescueInput(
                seq=Seq(seq),
                update=update,
                kind=task.kinds.get(seq, "live"),
                seen=None if seen is None else decode_state_vector(seen),
                upto=None if upto is None else Seq(upto),
                undo=is_undo,
                asked=seq > task.since and task.kinds.get(seq) != TAKEN,
            )
        )
        if rescue is not None:
            rescues[seq] = rescue
    return Looked(rescues, rescuer.dump())


if __name__ == "__main__":
    sys.stdout.buffer.write(look(Task.read(unpacked(sys.stdin.buffer.read()))).written())
