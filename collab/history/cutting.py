"""The rules by which the log is cut into revisions. Pure: no clock, no database.

A revision ends when nobody has written for a while, when it has become long, when somebody new
begins to write in one that has gone on for some time, or when something of another kind comes: a
restore, an import, a write by REST, a merge. A rescue belongs to what it follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

#: Each record of these kinds is a revision of its own.
_ALONE = frozenset({"restore", "import", "merge"})
#: Writes back what others would have lost by the records before it: no step of anybody's.
_FOLLOWS = "rescue"


@dataclass(frozen=True, slots=True)
class CutRules:
    """When a revision ends; docs/settings.md says why each has its default."""

    idle_s: float = 600.0
    max_s: float = 3_600.0
    max_records: int = 5_000
    author_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Edit:
    """What the rules look at in a record."""

    seq: int
    author_id: int | None
    kind: str
    at: datetime
    size_bytes: int
    insertions: int
    deletions: int

    @property
    def follows(self) -> bool:
        """Whether it is nobody's step, but follows from others."""
        return self.kind == _FOLLOWS


@dataclass(slots=True)
class Stretch:
    """Records that make a revision, as counted until now."""

    first_seq: int
    seq: int
    kind: str
    author_ids: list[int]
    started_at: datetime
    ended_at: datetime
    size_bytes: int = 0
    insertions: int = 0
    deletions: int = 0
    is_closed: bool = False

    def take(self, edit: Edit) -> None:
        """Count one more record."""
        self.seq = edit.seq
        if edit.follows:
            self.size_bytes += edit.size_bytes
            return  # its words were counted where they were written
        self.ended_at = max(self.ended_at, edit.at)
        self.size_bytes += edit.size_bytes
        self.insertions += edit.insertions
        self.deletions += edit.deletions
        if edit.author_id is not None and edit.author_id not in self.author_ids:
            self.author_ids.append(edit.author_id)


def joins(stretch: Stretch, edit: Edit, rules: CutRules) -> bool:
    """Return whether the record goes on with the revision before it."""
    if edit.follows and not stretch.is_closed:
        return True
    if stretch.is_closed or edit.kind != stretch.kind or edit.kind in _ALONE:
        return False
    if stretch.seq - stretch.first_seq + 1 >= rules.max_records:
        return False
    # Clocks of two servers may differ: a record may be older than the one before it.
    if (edit.at - stretch.ended_at).total_seconds() >= rules.idle_s:
        return False
    length_s = (edit.at - stretch.started_at).total_seconds()
    is_new = edit.author_id is not None and edit.author_id not in stretch.author_ids
    return length_s < (rules.author_s if is_new else rules.max_s)


def cut(last: Stretch | None, edits: Iterable[Edit], rules: CutRules) -> list[Stretch]:
    """Return the stretches that ``edits`` make; the first may be ``last``, gone on."""
    out: list[Stretch] = []
    for edit in edits:
        if last is None or not joins(last, edit, rules):
            if last is not None:
                last.is_closed = True
                if not out:
                    out.append(last)
            kind = "live" if edit.follows else edit.kind
            last = Stretch(edit.seq, edit.seq, kind, [], edit.at, edit.at)
            out.append(last)
        elif not out:
            out.append(last)
        last.take(edit)
    return out
