"""The editor and the server know the same nodes, marks and attributes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.update import decode_update
from collab.richtext.schema import MARKS, MAX_DEPTH, NODES
from collab.types import Update

EDITOR = Path(__file__).parents[2] / "editor"
SCHEMA = json.loads((EDITOR / "schema.json").read_text("utf-8"))


def test_nodes() -> None:
    assert {name: dict(node.attrs) for name, node in NODES.items()} == SCHEMA["nodes"]


def test_marks() -> None:
    assert {name: dict(attrs) for name, attrs in MARKS.items()} == SCHEMA["marks"]


def test_the_editor_stops_before_the_limits_of_the_gate_and_of_exports() -> None:
    """What the editor nests is kept by exports, and the gate takes it with its words."""
    document: Doc[Any] = Doc()
    inner = XmlElement("paragraph", {}, [XmlText("words")])
    for _ in range(MAX_DEPTH - 1):
        inner = XmlElement("blockquote", {}, [inner])
    document.get("default", type=XmlFragment).children.append(inner)
    gate = Gate(GateLimits())
    for _ in gate.index(Update(b"\x00\x00")):
        pass
    assert isinstance(gate.check(decode_update(Update(document.get_update()))), Accepted)
