"""Whatever the bus does and whoever dies: replicas converge, and what was promised is kept."""

from __future__ import annotations

import os

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.convergence.simulation import DOCUMENT, Cluster, Person, Process

PROCESSES, WRITERS, VIEWERS = 3, 4, 1

people = st.integers(0, WRITERS + VIEWERS - 1)
processes = st.integers(0, PROCESSES - 1)
counts = st.integers(1, 6)


class Story(RuleBasedStateMachine):
    """Steps of a cluster, in any order that hypothesis can think of."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster(processes=PROCESSES, writers=WRITERS, viewers=VIEWERS)
        for number, person in enumerate(self.cluster.people):
            person.connect(self.process(number % PROCESSES))

    def person(self, number: int) -> Person:
        return self.cluster.people[number]

    def process(self, number: int) -> Process:
        return self.cluster.processes[number]

    # -- people ----------------------------------------------------------------------------

    @rule(who=people, where=processes)
    def connects(self, who: int, where: int) -> None:
        self.person(who).disconnect()
        self.person(who).connect(self.process(where))

    @rule(who=people)
    def disconnects(self, who: int) -> None:
        self.person(who).disconnect()

    @rule(who=people, count=counts)
    def writes(self, who: int, count: int) -> None:
        for _ in range(count):
            self.person(who).write()

    @rule(who=people, seed=st.integers(0, 1000))
    def edits(self, who: int, seed: int) -> None:
        self.person(who).edit(seed)

    @rule(who=people, count=counts)
    def is_heard(self, who: int, count: int) -> None:
        wire = self.person(who).wire
        for _ in range(count):
            if wire is not None:
                wire.process.take(wire)

    @rule(who=people, count=counts)
    def reads(self, who: int, count: int) -> None:
        for _ in range(count):
            self.person(who).take()

    @rule(where=processes)
    def all_is_said(self, where: int) -> None:
        """A process deals with all that its peers sent, and they read all; nothing is committed."""
        self.cluster.talk(self.process(where))

    # -- processes -------------------------------------------------------------------------

    @rule(where=processes)
    def works(self, where: int) -> None:
        self.process(where).build_index()
        self.process(where).flush()

    @rule(where=processes)
    def commits(self, where: int) -> None:
        self.process(where).commit()

    @rule(where=processes)
    def sweeps(self, where: int) -> None:
        self.process(where).catch_up()

    @rule(where=processes)
    def is_killed(self, where: int) -> None:
        self.process(where).kill()

    @rule()
    def makes_a_checkpoint(self) -> None:
        for document_id in self.cluster.log.heads([DOCUMENT]):
            self.cluster.log.checkpoint(document_id)

    @rule(seconds=st.sampled_from([1, 50]))
    def waits(self, seconds: int) -> None:
        self.cluster.now += seconds
        for process in self.cluster.processes:
            if process.room is not None:
                process.perform(process.room.expire(self.cluster.now))

    # -- the bus ---------------------------------------------------------------------------

    @rule(at=st.integers(0, 50), is_repeated=st.booleans())
    def bell_rings(self, at: int, is_repeated: bool) -> None:
        """Any message that is under way, so in any order; perhaps it will come again."""
        bell = self.cluster.bell
        if bell:
            process, event = bell[at % len(bell)] if is_repeated else bell.pop(at % len(bell))
            process.hear(event)

    @rule(at=st.integers(0, 50))
    def bell_is_lost(self, at: int) -> None:
        if self.cluster.bell:
            self.cluster.bell.pop(at % len(self.cluster.bell))

    @rule(where=processes)
    def is_cut_off_or_found_again(self, where: int) -> None:
        self.cluster.cut_off ^= {where}

    def teardown(self) -> None:
        self.cluster.settle()
        self.cluster.check()


TestStory = Story.TestCase
TestStory.settings = settings(
    max_examples=int(os.environ.get("CONVERGENCE_EXAMPLES", "150")),
    stateful_step_count=60,
    deadline=None,
)
