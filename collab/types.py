"""Names for the values that cross rooms, so that one cannot be passed for another.

No behaviour lives here. See ARCHITECTURE.md for who hands what to whom.
"""

from __future__ import annotations

from typing import NewType
from uuid import UUID

DocumentId = NewType("DocumentId", UUID)
#: Stands for every document: no row has this id.
EVERY_DOCUMENT = DocumentId(UUID(int=0))
#: One websocket connection in one process; never reused while the process lives.
PeerId = NewType("PeerId", int)
#: Yjs's number for one ``Y.Doc`` instance.
ClientId = NewType("ClientId", int)
#: Number of a record in a document's update log: 1, 2, 3 ... without gaps.
Seq = NewType("Seq", int)
UserId = NewType("UserId", int)
#: A Yjs update, encoding version 1.
Update = NewType("Update", bytes)
#: A Yjs state vector: what a replica has seen.
StateVector = NewType("StateVector", bytes)
