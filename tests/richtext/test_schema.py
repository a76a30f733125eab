"""The editor and the server know the same nodes, marks and attributes."""

from __future__ import annotations

import json
from pathlib import Path

from collab.richtext.schema import MARKS, NODES

SCHEMA = json.loads((Path(__file__).parents[2] / "editor" / "schema.json").read_text("utf-8"))


def test_nodes() -> None:
    assert {name: dict(node.attrs) for name, node in NODES.items()} == SCHEMA["nodes"]


def test_marks() -> None:
    assert {name: dict(attrs) for name, attrs in MARKS.items()} == SCHEMA["marks"]
