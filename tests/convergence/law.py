"""People who edit one document at once as y-prosemirror does, and a ledger of every letter.

Every letter that is typed is a code point of its own, so that it can be followed wherever it is
carried. A *step* is four small numbers: who, what, and two that choose where. See ``Play.step``.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.past import advance
from collab.crdt.rescue import RescueInput, Rescuer
from collab.crdt.rescue_concern import concern
from collab.crdt.update import decode_state_vector, decode_update, encode_state_vector
from collab.types import DocumentId, Seq, StateVector, Update
from tests.convergence.law_edits import Edits
from tests.convergence.law_people import OWN, Peer, plain, write

DOCUMENT = DocumentId(UUID(int=5))
PEOPLE = 3
Step = tuple[int, int, int, int]


class Play(Edits):
    """A log, its people, and what they wrote and deleted.

    Args:
        says: whether people's programs say what they have seen, and what is an undo.
        lag: of ten rescues, how many are delivered late.
        seed: of what is left to chance: which, and in what order.
        with_undo: whether people take edits back.
        with_return: whether they are away at times, and come back.
    """

    def __init__(
        self,
        *,
        says: bool = False,
        lag: int = 0,
        seed: int = 0,
        with_undo: bool = False,
        with_return: bool = False,
    ) -> None:
        super().__init__()
        self.says, self.lag = says, lag
        self.with_undo, self.with_return = with_undo, with_return
        self.random = random.Random(seed)
        #: Letters of which an undo has made something that the ledger does not judge.
        self.undone: set[str] = set()
        self.log: list[tuple[int, Update]] = []
        self.records: list[RescueInput] = []
        self.rescues: list[Update | None] = []
        #: Records about which the loop was told that they need no rescue, and that had one.
        self.unforeseen = 0
        self.asked = 0
        self.people = [Peer(number) for number in range(PEOPLE)]
        self.rescuer = Rescuer(DOCUMENT)
        self.gate = Gate(GateLimits())
        self.held: list[tuple[int, Update]] = []
        for _ in self.gate.index(Update(b"\0\0")):
            pass

    # -- the network -----------------------------------------------------------------------------

    def commit(self, who: Peer, update: Update, **said: Any) -> None:
        seq = Seq(len(self.records) + 1)
        record = RescueInput(seq, update, **said)
        decoded = decode_update(update)
        verdict = self.gate.check(decoded)
        assert isinstance(verdict, Accepted), verdict
        is_concern = concern(
            decoded, verdict, self.gate.structs, seen=record.seen, undo=record.undo
        )
        self.gate.admit(verdict)
        rescue = self.rescuer.take(record)
        self.asked += is_concern
        if rescue is not None:
            self.unforeseen += not is_concern and record.seen is None
            decoded = decode_update(rescue)
            verdict = self.gate.check(decoded)
            assert isinstance(verdict, Accepted), verdict
            self.gate.admit(verdict)
            self.held.append((seq, rescue))
        self.records.append(record)
        self.rescues.append(rescue)
        self.log.append((seq, update))
        who.upto = max(who.upto, seq) if who.upto == seq - 1 else who.upto
        if self.random.randrange(10) >= self.lag:
            self.deliver()

    def deliver(self) -> None:
        self.random.shuffle(self.held)
        self.log += self.held
        self.held.clear()

    def send(self, who: Peer, count: int) -> None:
        """Send what one wrote, edit by edit."""
        for update, is_undo in who.out[:count]:
            said = {"upto": Seq(who.upto), "undo": is_undo} if self.says else {}
            self.commit(who, update, **said)
        del who.out[:count]

    def reconnect(self, who: Peer) -> None:
        """Send all that the server lacks at once, with all that was ever deleted.

        Who was away has heard nothing meanwhile, and answers before hearing.
        """
        if who.out and who.began != who.heard:
            self.send(who, len(who.out))
        known = {
            client: self.rescuer._items.clock(client) for client in self.rescuer._items.of_client
        }
        update = Update(who.doc.get_update(encode_state_vector(known)))
        said: dict[str, Any] = {"upto": Seq(who.upto)} if self.says else {}
        who.out.clear()
        self.commit(who, update, seen=decode_state_vector(StateVector(who.doc.get_state())), **said)

    def end(self) -> None:
        """All is sent, and heard by all."""
        for who in self.people:
            self.send(who, len(who.out))
        self.deliver()
        for who in self.people:
            who.hear(self.log)

    # -- the people ------------------------------------------------------------------------------

    def begin(self, blocks: int) -> None:
        who = self.people[0]
        with who.doc.transaction():
            for at in range(blocks):
                write(who.body, at, ("paragraph", self.said(3 + at % 5, 0)))
        self.send(who, 1)
        for each in self.people:
            each.hear(self.log)
            each.undo.clear()

    def step(self, step: Step) -> None:
        """Do one thing: hear, send, come back, or one edit."""
        number, what, a, b = step
        who = self.people[number % PEOPLE]
        match what % 24:
            case 0 | 1 | 2:
                who.hear(self.log)
            case 3 | 4 | 5:
                self.send(who, 1 + a % 3)
            case 6:
                self.deliver()
            case 7 if self.with_undo and a % 3 == 0:
                self._undo(who, number % PEOPLE)
            case 7 if self.with_return:
                self.reconnect(who)
                who.hear(self.log)
            case kind:
                with who.doc.transaction(origin=OWN):
                    self.edit(who, number % PEOPLE, kind, a, b)

    def _undo(self, who: Peer, number: int) -> None:
        before = "".join(plain(line.block) for line in who.lines())
        who.is_undoing = True
        who.undo.undo()
        who.is_undoing = False
        after = "".join(plain(line.block) for line in who.lines())
        back, gone = set(after) - set(before), set(before) - set(after)
        self.deleted -= back
        self.undone |= back
        # yrs takes back what others wrote, too, where it came meanwhile: that is not judged.
        self.deleted |= {each for each in gone if self.typed[each][2] == number}
        self.undone |= gone

    # -- what came of it -------------------------------------------------------------------------

    def judged(self) -> Counter[str]:
        """Return what is wrong: lost, doubled, revived (deleted and there again), strayed."""
        blocks = [plain(line.block) for line in self.people[0].lines()]
        said = "".join(blocks)
        have, found = Counter(said), Counter[str]()
        for each, (left, right, _) in self.typed.items():
            if each in self.undone:
                found["doubled"] += have[each] > 1
                continue
            if each in self.deleted:
                found["revived"] += have[each] > 0
                continue
            found["lost"] += not have[each]
            found["doubled"] += have[each] > 1
            if left and right and have[each] == have[left] == have[right] == 1:
                found["strayed"] += not stands_well(blocks, left, each, right)
        return +found

    def state(self) -> Update:
        """Return the document with what is deleted."""
        return advance([update for _, update in self.log])


def stands_well(blocks: Sequence[str], left: str, letter: str, right: str) -> bool:
    """Return whether a letter is beside those beside which it was typed, or one of them."""
    for block in blocks:
        if letter in block:
            behind = left in block and block.index(left) < block.index(letter)
            before = right in block and block.index(letter) < block.index(right)
            return behind and before if left in block and right in block else behind or before
    return False


def play(steps: Sequence[Step], **how: Any) -> Play:
    """Play steps to their end."""
    run = Play(**how)
    run.begin(1 + len(steps) % 4)
    for step in steps:
        run.step(step)
    run.end()
    return run
