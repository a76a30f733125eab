"""Counts what goes wrong in many random runs: the figures of docs/merging.md.

python -m tests.convergence.law_runs 3000 100000 steps=24 with_return=1 lag=7
"""

from __future__ import annotations

import random
import sys
from collections import Counter

from tests.convergence.law import play


def main(arguments: list[str]) -> None:
    """Play so many runs from a first seed on."""
    count, first = int(arguments[0]), int(arguments[1])
    how = {name: int(value) for name, value in (each.split("=") for each in arguments[2:])}
    steps, found = how.pop("steps", 24), Counter[str]()
    for seed in range(first, first + count):
        dice = random.Random(seed)
        number = dice.randint(1, steps)
        run = play(
            [
                (dice.randrange(3), dice.randrange(24), dice.randrange(64), dice.randrange(64))
                for _ in range(number)
            ],
            seed=seed,
            **how,
        )
        found["records"] += len(run.records)
        found["rescues"] += sum(rescue is not None for rescue in run.rescues)
        found["asked"] += run.asked
        found["unforeseen"] += run.unforeseen
        found.update(f"runs with {kind}" for kind in run.judged())
    sys.stdout.write(f"{dict(found)} of {count}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
