"""Makes the people, documents and tokens of a measurement in Scriptorium's database.

    python -m bench.seed DOCUMENTS USERS [RECORDS]

Run by Scriptorium's own Python. Prints JSON: {"documents": […], "tokens": […]}. RECORDS is a file
of updates, each behind its length (4 bytes, little endian); they become the first document's log,
appended as the server appends them.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from datetime import UTC, datetime
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab.settings.dev")
django.setup()

from collab.accounts.models import User  # noqa: E402  # these need the apps
from collab.accounts.tokens import token_create  # noqa: E402
from collab.documents.models import Role  # noqa: E402
from collab.documents.services import document_create, member_set  # noqa: E402
from collab.history.update_log import DatabaseUpdateLog  # noqa: E402
from collab.room.ports import PendingUpdate  # noqa: E402
from collab.types import ClientId, DocumentId, Update, UserId  # noqa: E402

BATCH = 500


def rows(path: Path) -> list[bytes]:
    data = path.read_bytes()
    found, at = [], 0
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def fill(document_id: DocumentId, author: UserId, updates: list[bytes]) -> None:
    log = DatabaseUpdateLog()
    for start in range(0, len(updates), BATCH):
        log.append(
            [
                PendingUpdate(
                    document_id=document_id,
                    update=Update(update),
                    author_id=author,
                    client_ids=(ClientId(1),),
                    is_relayed=False,
                    # As in a room: an id is its author's from its first record on.
                    binds=() if at else (ClientId(1),),
                    created_at=datetime.now(UTC),
                )
                for at, update in enumerate(updates[start : start + BATCH], start)
            ]
        )
    log.checkpoint(document_id)


def main() -> None:
    documents, people = int(sys.argv[1]), int(sys.argv[2])
    users = [User.objects.create(username=f"writer-{n}") for n in range(people)]
    made = []
    for number in range(documents):
        document = document_create(owner=users[0], title=f"Bench {number}")
        for user in users[1:]:
            member_set(document=document, user=user, role=Role.EDITOR)
        made.append(document)
    if len(sys.argv) > 3:
        fill(DocumentId(made[0].pk), UserId(users[0].pk), rows(Path(sys.argv[3])))
    print(
        json.dumps(
            {
                "documents": [str(document.pk) for document in made],
                "tokens": [token_create(user) for user in users],
            }
        )
    )


if __name__ == "__main__":
    main()
