"""The load generator: one measurement of one running server, in a process and on a core of its own.

    python -m bench.load '{"mode": "rate", "url": "ws://…/{document}", …}'

Prints one line of JSON. Every delivery is counted by content: a pair of an update and a receiver
other than its author. A pair that never arrives is lost. ``gen`` is the generator's own share of
its core: near 1, a figure says what the generator could do, not what the server could.
"""

from __future__ import annotations

import json
import os
import resource
import sys

import uvloop

from bench.load.asked import Load
from bench.load.reading import measure_idle, measure_join, measure_stall
from bench.load.writing import measure_ramp, measure_rate
from bench.servers import prefer

MODES = {
    "rate": measure_rate,
    "ramp": measure_ramp,
    "idle": measure_idle,
    "join": measure_join,
    "stall": measure_stall,
}


def main() -> None:
    prefer(os.getpid())
    load = Load(**json.loads(sys.argv[1]))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(json.dumps(uvloop.run(MODES[load.mode](load))))


if __name__ == "__main__":
    main()
