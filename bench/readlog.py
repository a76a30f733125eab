"""Reads documents' logs and says what is in them: gaps in the numbers, each client's last clock.

    python -m bench.readlog DOCUMENT…

Run by Scriptorium's own Python. Prints JSON: {"records": n, "gaps": n, "clocks": {client: clock}}.
"""

from __future__ import annotations

import json
import os
import sys
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab.settings.dev")
django.setup()

from collab.crdt.update import decode_update  # noqa: E402  # these need the apps
from collab.history.update_log import DatabaseUpdateLog  # noqa: E402
from collab.types import DocumentId, Seq  # noqa: E402

PAGE = 1000


def main() -> None:
    log = DatabaseUpdateLog()
    records = gaps = 0
    clocks: dict[int, int] = {}
    for document in map(DocumentId, map(UUID, sys.argv[1:])):
        seq = Seq(0)
        while page := log.read_after(document, seq, PAGE):
            for record in page:
                gaps += record.seq != seq + 1
                seq = record.seq
                records += 1
                for struct in decode_update(record.update).structs:
                    has = clocks.get(struct.client, 0)
                    # A hole would be a record that depends on a later one, or on none.
                    gaps += struct.clock > has
                    clocks[struct.client] = max(has, struct.clock + struct.length)
    print(json.dumps({"records": records, "gaps": gaps, "clocks": clocks}))


if __name__ == "__main__":
    main()
