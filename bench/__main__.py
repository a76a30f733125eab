"""Measures Scriptorium and its peers side by side and prints one table. See docs/benchmarks.md.

make bench                        all of it, about half an hour
make bench-quick                  two minutes
make bench BENCH="--only a,c"     some of it
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.report import plots, table, write
from bench.scenarios import OURS, Scenario, measure, scenarios
from bench.servers import PEERS, describe

#: Beyond this share of its core the generator may be what a figure measures.
BUSY = 0.9


def run(chosen: list[Scenario], repetitions: int) -> list[dict[str, Any]]:
    """Measure all, interleaved: every server once, then again; medians of what was read."""
    answers: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for repetition in range(repetitions):
        for index, scenario in enumerate(chosen):
            for name in scenario.servers:
                began = time.monotonic()
                try:
                    answer = measure(scenario, name)
                except Exception as error:  # noqa: BLE001  # a peer that fails is a result
                    answer = {"error": str(error).strip().splitlines()[-1][:200]}
                answers.setdefault((index, name), []).append(answer)
                took = time.monotonic() - began
                print(
                    f"{repetition + 1}/{repetitions} ({scenario.letter}) {scenario.name}: {name} "
                    f"{took:.0f} s {_brief(scenario, answer)}",
                    file=sys.stderr,
                    flush=True,
                )
    return [
        {
            "letter": scenario.letter,
            "name": scenario.name,
            "figures": scenario.figures,
            "more_is_better": scenario.more_is_better,
            "servers": {
                name: _medians(scenario, answers[index, name]) for name in scenario.servers
            },
        }
        for index, scenario in enumerate(chosen)
    ]


def _brief(scenario: Scenario, answer: dict[str, Any]) -> str:
    if "error" in answer:
        return f"FAILED: {answer['error']}"
    return ", ".join(
        f"{name} {answer.get(key, float('nan')):.4g}" for key, name in scenario.figures.items()
    )


def _medians(scenario: Scenario, answers: list[dict[str, Any]]) -> dict[str, Any]:
    good = [answer for answer in answers if "error" not in answer]
    if not good:
        return {"remarks": [answers[-1]["error"]]}
    keys = [*scenario.figures, *(["delivered"] if "delivered" in good[0] else [])]
    result: dict[str, Any] = {
        key: statistics.median(answer[key] for answer in good) for key in keys if key in good[0]
    }
    remarks = []
    if len(good) < len(answers):
        remarks.append(f"failed {len(answers) - len(good)} of {len(answers)} times")
    lost = max((answer.get("lost", 0) for answer in good), default=0)
    if lost and "end" in good[0]:
        remarks.append(f"{lost:,} deliveries of the overload at the end had not come after 40 s")
    elif lost:
        remarks.append(f"{lost:,} deliveries lost")
    if any(answer.get("late_joiner_complete") is False for answer in good):
        remarks.append("a late joiner was not given everything")
    if any(answer.get("complete") is False for answer in good):
        remarks.append("joiners were not given everything")
    if any(answer.get("gen", 0) > BUSY or answer.get("end") == "generator" for answer in good):
        remarks.append("the generator was the bottleneck: at least this")
    if any(str(answer.get("end", "")).startswith("memory") for answer in good):
        remarks.append("the generator's memory ended it: at least this")
    return result | {"remarks": remarks}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small and short")
    parser.add_argument("--only", default="", help="letters of scenarios, such as a,c")
    parser.add_argument("--servers", default="", help="names of servers; all where empty")
    parser.add_argument("--repeat", type=int, default=0, help="medians of so many; 3, quick 1")
    parser.add_argument("--add", action="store_true", help="keep what was measured before")
    parser.add_argument("--write", type=Path, help="put table and plots into this document")
    options = parser.parse_args()
    machine = describe()
    letters = set(filter(None, options.only.split(",")))
    names = set(filter(None, options.servers.split(",")))
    chosen = [s for s in scenarios(quick=options.quick) if not letters or s.letter in letters]
    if names:
        kept = [{n: start for n, start in s.servers.items() if n in names} for s in chosen]
        chosen = [replace(s, servers=some) for s, some in zip(chosen, kept, strict=True) if some]
    results = run(chosen, options.repeat or (1 if options.quick else 3))
    kept = PEERS / "results.json"
    if options.add and kept.exists():
        measured = {result["name"] for result in results}
        before = json.loads(kept.read_text())["results"]
        results = sorted(
            [*(each for each in before if each["name"] not in measured), *results],
            key=lambda result: result["letter"],
        )
    kept.write_text(json.dumps({"machine": machine, "results": results}))
    print(table(results, machine))
    if options.write:
        write(options.write, results, machine)
        plots(options.write.parent / "images", results)
    ours = [result["servers"].get(OURS, {}) for result in results]
    return int(any(len(figures) == 1 for figures in ours))


if __name__ == "__main__":
    sys.exit(main())
