"""The account of a run: what was delivered when, what was acknowledged when, and what never."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.load.clients import FIRST_CLIENT, Client, Run
from bench.load.stages import Stage
from bench.wire import Frame


class Account:
    """Counts every pair of an update and a receiver other than its author.

    Args:
        clients: all of the run, in the order of their places.
        stages: spans that follow one another without a gap.
    """

    def __init__(self, run: Run, clients: list[Client], stages: list[Stage]) -> None:
        self._length = run.load.length
        self._per_document = run.load.clients
        self._clients = clients
        self._stages = stages
        self._edges = np.array([stage.began for stage in stages] + [stages[-1].ended])
        #: Where each client's clocks begin among the columns of `_has`.
        self._offset = np.cumsum([0, *(client.clock for client in clients)])
        #: By place of the receiver in its document: which clocks of which client it has.
        self._has = np.zeros((self._per_document, self._offset[-1]), dtype=bool)
        self._sent_at = [np.frombuffer(c.sent_at) if c.clock else np.zeros(0) for c in clients]
        self._latencies: list[list[Any]] = [[] for _ in stages]
        self._arrived = np.zeros(len(stages))
        for frame in [*run.frames.values(), *run.answers]:
            if frame.times:
                self._take(frame)

    def results(self) -> list[dict[str, Any]]:
        """Return per stage what was delivered when, and over all what was lost."""
        lost = self._lost()
        return [self._result(index) | {"lost": lost} for index in range(len(self._stages))]

    def _take(self, frame: Frame) -> None:
        who, at = np.array(frame.receivers), np.array(frame.times)
        for number, clock, count in frame.runs:
            place = number - FIRST_CLIENT
            if not 0 <= place < len(self._clients):
                continue
            start = self._offset[place] + clock
            self._has[who % self._per_document, start : start + count] = True
            others = at[who != place]
            if frame.kind == "update" and len(others):
                first, end = clock // self._length, -(-(clock + count) // self._length)
                self._time(self._sent_at[place][first:end], others)

    def _time(self, sent: Any, received: Any) -> None:
        """Count updates that arrived together: in the stage they were sent in, and arrived in."""
        waits = received[:, None] - sent[None, :]
        last = len(self._stages) - 1
        sent_in = np.clip(np.searchsorted(self._edges, sent, "right") - 1, 0, last)
        for stage in np.unique(sent_in):
            self._latencies[stage].append(waits[:, sent_in == stage].ravel())
        received_in = np.searchsorted(self._edges, received, "right") - 1
        for stage in np.unique(received_in):
            if 0 <= stage <= last:
                self._arrived[stage] += (received_in == stage).sum() * len(sent)

    def _lost(self) -> int:
        lost = 0
        for client in self._clients:
            own = slice(self._offset[client.place], self._offset[client.place + 1])
            missing = (~self._has[:, own]).sum(axis=1) // self._length
            lost += int(missing.sum()) - int(missing[client.place % self._per_document])
        return lost

    def _result(self, index: int) -> dict[str, Any]:
        stage = self._stages[index]
        waits = np.concatenate([np.zeros(0), *self._latencies[index]])
        expected = stage.sent * (self._per_document - 1)
        return {
            "rate": stage.rate,
            "delivered": float(self._arrived[index] / (stage.ended - stage.began)),
            "p50": percentile_ms(waits, 50),
            "p99": percentile_ms(waits, 99),
            "max": percentile_ms(waits, 100),
            "cpu": stage.cpu,
            "gen": stage.gen,
            "complete": len(waits) / expected if expected else 1.0,
        }


def percentile_ms(values: Any, percent: float) -> float:
    """Return a percentile of seconds, in milliseconds; NaN of none."""
    return float(np.percentile(values, percent)) * 1000 if len(values) else float("nan")


def ack_delays(clients: list[Client]) -> Any:
    """Return how long each update waited for its acknowledgement, in seconds."""
    waits = []
    for client in clients:
        # The first frame that a client sends is its (empty) answer to the server's step 1.
        before = 1
        for acked, at in client.acked_at:
            waits += [at - sent for sent in client.sent_at[max(0, before - 1) : acked - 1]]
            before = max(before, acked)
    return np.array(waits)
