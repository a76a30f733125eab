"""The laws of history on a paper of 259,778 edits, by three people who take turns.

Where the recorded session is absent, one of the same size is generated: tests/system/trace.py.
"""

from __future__ import annotations

import random
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby, pairwise

import pytest

from collab.crdt.doc import LiveDoc
from collab.crdt.reader import read_document, read_updates
from collab.documents.models import Document
from collab.history.attribution import attribution_of
from collab.history.comparison import SignedChange, SignedRun, compare
from collab.history.erasure import history_erase
from collab.history.models import HistoryCheckpoint
from collab.history.past import (
    content_at,
    full_state_at,
    history_checkpoint_make,
    moment_by_seq,
    state_at,
)
from collab.history.restore import moment_restore
from collab.history.revisions import revisions_cut_all
from collab.history.selectors import current_state, head_seq
from collab.types import DocumentId, Update
from tests.factories import make_document, make_user
from tests.history.logs import append
from tests.history.test_attribution import covered
from tests.history.test_comparison import signed_runs
from tests.history.test_past import seen
from tests.history.turns import Turns
from tests.system.conftest import node_modules
from tests.system.trace import NAME, Trace, load, updates_of

__all__ = ["node_modules"]  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.needs("node")]

CLIENTS = (70, 80, 90)
EDITS_A_RECORD = 10
RECORDS_A_TURN = 30


@pytest.fixture(scope="module", params=[NAME])
def trace() -> Trace:
    return load()


@pytest.fixture(scope="module")
def updates(trace: Trace, node_modules: None) -> list[Update]:
    return updates_of(trace, *CLIENTS, edits_a_record=EDITS_A_RECORD, records_a_turn=RECORDS_A_TURN)


def turn_of(seq: int) -> int:
    """Return who writes a record; the first one made the empty paragraph."""
    return max(0, seq - 2) // RECORDS_A_TURN % len(CLIENTS)


@dataclass(slots=True)
class Paper:
    """What the text says and who wrote each unit of it, told without any CRDT."""

    trace: Trace
    units: array[int] = field(default_factory=lambda: array("H"))
    writers: bytearray = field(default_factory=bytearray)
    _edits: int = 0

    def advance(self, seq: int) -> None:
        """Write on until record ``seq``."""
        end = max(0, seq - 1) * EDITS_A_RECORD
        for place, (at, deleted, inserted) in enumerate(self.trace.edits[self._edits : end]):
            said = array("H", inserted.encode("utf-16-le"))
            self.units[at : at + deleted] = said
            who = turn_of((self._edits + place) // EDITS_A_RECORD + 2)
            self.writers[at : at + deleted] = bytes([who]) * len(said)
        self._edits = max(self._edits, end)

    @property
    def text(self) -> str:
        return self.units.tobytes().decode("utf-16-le")


@dataclass(frozen=True, slots=True)
class Written:
    """The paper in the log, with its checkpoints and revisions."""

    document: Document
    key: DocumentId
    people: tuple[int, ...]


@pytest.fixture
def written(db: None, updates: list[Update]) -> Written:
    people = [make_user() for _ in CLIENTS]
    document = make_document(people[0])
    key = DocumentId(document.pk)
    for who, turn in groupby(enumerate(updates, start=1), key=lambda each: turn_of(each[0])):
        append(document, people[who], [update for _seq, update in turn])
    while history_checkpoint_make(document_id=key) is not None:
        pass
    assert HistoryCheckpoint.objects.filter(document=document).count() > 5
    revisions_cut_all(document_id=key)
    return Written(document, key, tuple(person.pk for person in people))


def moments(written: Written, count: int, seed: int) -> list[int]:
    """Return the edges of the log, of a checkpoint and of a turn, and some between, in order."""
    head = head_seq(written.key)
    stored = HistoryCheckpoint.objects.filter(document=written.document).order_by("seq")
    edge = stored.values_list("seq", flat=True)[3]
    dice = random.Random(seed)
    among = (dice.randint(2, head) for _ in range(count))
    return sorted({0, 1, edge, edge + 1, 1 + RECORDS_A_TURN, head, *among})


def test_checkpoint_and_tail_equal_all_records_and_what_a_peer_holds(
    written: Written, trace: Trace, updates: list[Update]
) -> None:
    """At every moment asked for: the content, the state, and the state with its deleted text."""
    paper, heard = Paper(trace), 0
    peer, keeper = LiveDoc(), LiveDoc(keep_deleted=True)
    for seq in moments(written, 3, seed=1):
        for update in updates[heard:seq]:
            peer.apply([update])
            keeper.apply([update])
        heard = max(heard, seq)
        paper.advance(seq)
        moment = moment_by_seq(written.key, seq)
        assert content_at(moment) == read_document(peer.diff())
        assert content_at(moment).plain == paper.text
        assert seen(state_at(moment)) == seen(peer.diff())
        assert seen(full_state_at(moment), keep=True) == seen(keeper.diff(), keep=True)
    assert paper.text == trace.end
    peer.close()
    keeper.close()


def test_attribution_covers_the_text_once_with_the_right_author(
    written: Written, trace: Trace
) -> None:
    """Unit for unit who typed it, as a list of writers kept beside the text says."""
    paper = Paper(trace)
    for seq in moments(written, 2, seed=2):
        paper.advance(seq)
        moment = moment_by_seq(written.key, seq)
        runs = attribution_of(moment).runs
        assert covered(content_at(moment), runs) == paper.text
        told = bytearray()
        for run in runs:
            assert run.by.author_id is not None
            told += bytes([written.people.index(run.by.author_id)]) * (run.end - run.start)
            assert 1 <= run.by.seq <= seq
        assert told == paper.writers


def test_a_diff_applied_to_one_moment_gives_the_other(written: Written, trace: Trace) -> None:
    """Forwards and backwards; what came is its writer's."""
    head = head_seq(written.key)
    dice = random.Random(3)
    spans = [(0, head), (dice.randint(1, head), head // 3)]
    for old, new in spans:
        before, after = Paper(trace), Paper(trace)
        before.advance(old)
        after.advance(new)
        runs = runs_of(compare(*(moment_by_seq(written.key, seq) for seq in (old, new))).changes)
        assert side(runs, without="insert") == before.text
        assert side(runs, without="delete") == after.text
        if new < old:
            continue
        place = 0
        for run in runs:
            if run.op == "delete":
                continue
            size = len(run.node.text.encode("utf-16-le")) // 2
            if run.op == "insert":
                assert run.by is not None
                assert run.by.author_id is not None
                who = written.people.index(run.by.author_id)
                assert set(after.writers[place : place + size]) == {who}
            place += size


def runs_of(changes: tuple[SignedChange, ...]) -> list[SignedRun]:
    (block,) = [each for each in changes if each.kind != "same"]
    return signed_runs([block])


def side(runs: list[SignedRun], *, without: str) -> str:
    return "".join(run.node.text for run in runs if run.op != without)


def test_a_restore_gives_the_content_of_its_moment(written: Written) -> None:
    """Whichever is restored, in any order, and history only grows."""
    head = head_seq(written.key)
    for count, seq in enumerate((head // 3, head - 700), start=1):
        moment = moment_by_seq(written.key, seq)
        actor = written.document.owner
        moment_restore(document=written.document, moment=moment, actor=actor)
        state, now = current_state(written.key)
        assert read_document(state) == content_at(moment)
        assert now == head + count


#: The aim; CPU time too grows on a machine that is busy elsewhere.
LONGEST_TURN_S = 0.02
#: What holds the loop up does so every time; that the loop waited for a core, now and then.
TRIES = 3


def test_the_event_loop_goes_on_meanwhile(written: Written, updates: list[Update]) -> None:
    """No step of reading, comparing, attributing or erasing keeps the loop from its turn.

    The longest that is allowed is one call of pycrdt that applies the state (ADR 0012), with the
    noise of a busy machine.
    """
    head = head_seq(written.key)
    middle, last = (moment_by_seq(written.key, seq) for seq in (head // 2, head))
    state = full_state_at(last)
    began = time.thread_time()
    LiveDoc.load([state], keep_deleted=True).close()
    allowed_s = max(2 * LONGEST_TURN_S, 3 * (time.thread_time() - began))

    edges = [moment_by_seq(written.key, head // 2 + 1 + n * head // 8) for n in range(TRIES + 1)]
    stretches = iter(pairwise(edges))

    def erase() -> None:
        first, until = next(stretches)
        history_erase(
            document=written.document, first=first, last=until, actor=written.document.owner
        )

    jobs: dict[str, Callable[[], object]] = {
        "difference": lambda: compare(middle, last),
        "authorship": lambda: attribution_of(last, with_deleted=True),
        # As where no checkpoint is made yet.
        "content": lambda: read_updates(updates),
        "erasure": erase,
    }
    for name, job in jobs.items():
        longest_s = []
        for _ in range(TRIES):
            with Turns() as turns:
                job()
            assert turns.full_collections == 0, name
            longest_s.append(turns.longest_s)
        assert 0 < min(longest_s) < allowed_s, name
