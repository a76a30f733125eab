"""The table of ratios, and the plots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- /figures -->"
OURS = "scriptorium"
COLOURS = {
    "scriptorium": "#2f6f4f",
    "hocuspocus": "#8a6fb0",
    "y-websocket-server": "#c99a2e",
    "pycrdt-websocket": "#a05a4a",
}


def table(results: list[dict[str, Any]], machine: dict[str, str]) -> str:
    """Return all figures as Markdown; the ratio is ours to the peer's, of the first figure."""
    lines = [", ".join(f"{name} {value}" for name, value in machine.items()) + ".", ""]
    group: tuple[str, ...] = ()
    for result in results:
        titles = tuple(result["figures"].values())
        if titles != group:
            group = titles
            head = ["scenario", "server", *titles, "Scriptorium : peer", ""]
            lines += ["", "| " + " | ".join(head) + " |", "| --- " * len(head) + "|"]
        ours = result["servers"].get(OURS, {})
        for index, (name, figures) in enumerate(result["servers"].items()):
            cells = [f"({result['letter']}) {result['name']}" if not index else "", name]
            cells += [_shown(figures.get(key)) for key in result["figures"]]
            cells.append("" if name == OURS else _ratios(result, ours, figures))
            cells.append("; ".join(figures.get("remarks", [])))
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    if value is None or value != value:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


#: Figures that say something of the measurement, not of the server.
_NO_RATIO = {"gen", "failed", "written_mib", "cold_ms", "unacked"}


def _ratios(result: dict[str, Any], ours: dict[str, Any], peer: dict[str, Any]) -> str:
    parts = []
    for key, title in result["figures"].items():
        mine, theirs = ours.get(key), peer.get(key)
        if key in _NO_RATIO or not mine or not theirs or mine != mine or theirs != theirs:
            continue
        parts.append(f"{title.removesuffix(' ms').removesuffix(', ms')} {mine / theirs:.2f}x")
    return ", ".join(parts)


def write(document: Path, results: list[dict[str, Any]], machine: dict[str, str]) -> None:
    """Put the table between the document's marks."""
    text = document.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    document.write_text(
        f"{before}{BEGIN}\n\n{table(results, machine)}\n\n{END}{after}", encoding="utf-8"
    )


def plots(folder: Path, results: list[dict[str, Any]]) -> None:
    """Draw latency, CPU and saturation of scenario (a)."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "scriptorium"
    sizes = [r for r in results if r["letter"] == "a" and "p50" in r["figures"]]
    peak = [r for r in results if "saturation" in r["figures"]]
    if not sizes or not peak:
        return
    figure, axes = plt.subplots(1, 4, figsize=(13, 3.4), layout="constrained")
    for axis, key, title in zip(
        axes, ("p50", "p99", "cpu"), ("p50, ms", "p99, ms", "server CPU, cores"), strict=False
    ):
        for name, colour in COLOURS.items():
            line = [
                (int(r["name"].split(",")[1].split()[0]), r["servers"][name][key])
                for r in sizes
                if key in r["servers"].get(name, {})
            ]
            axis.plot(*zip(*line, strict=True), "o-", ms=3, color=colour, label=name)
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("writers at 5/s")
        axis.set_xscale("log")
        axis.set_xticks([2, 10, 50, 100, 200], ["2", "10", "50", "100", "200"])
        if key != "cpu":
            axis.set_yscale("log")
    axes[0].legend(fontsize=7)
    servers = peak[0]["servers"]
    names = [name for name in COLOURS if "per_cpu_s" in servers.get(name, {})]
    axes[3].barh(
        names[::-1],
        [servers[name]["per_cpu_s"] / 1000 for name in names[::-1]],
        color=[COLOURS[name] for name in names[::-1]],
    )
    axes[3].set_title("deliveries per CPU s, thousands", fontsize=10)
    axes[3].set_xlabel("one document, 100 writers")
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "bench.svg", metadata={"Date": None})
