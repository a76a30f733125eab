"""The law of merging on what the real editor sends: editor/src/schema/merging.test.ts records it.

Each story: one person changes a block, another types "XY" in it, neither knows of the other.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from collab.crdt.past import current
from collab.crdt.reader import read_updates
from collab.crdt.rescue import RescueInput, Rescuer
from collab.crdt.rescue_fit import TEXT_BLOCKS
from collab.crdt.tracked import track
from collab.richtext.tree import Node
from collab.types import DocumentId, Seq, Update
from tests.convergence.test_law import invalid

VECTORS = Path(__file__).parents[1] / "vectors"
STORIES: list[dict[str, Any]] = json.loads((VECTORS / "merging.json").read_text("utf-8"))
NAMES = [story["name"] for story in STORIES]
#: What the words stand in once both are merged, where their block is gone on purpose.
GONE = {name for name in NAMES if name.endswith("deleted")}


def updates(story: dict[str, Any], who: str) -> list[Update]:
    return [Update(bytes.fromhex(each)) for each in story[who]]


def merged(story: dict[str, Any], order: tuple[str, ...]) -> list[Update]:
    """Return the log: the document, what these people sent in this order, the rescues."""
    rescuer = Rescuer(DocumentId(UUID(int=9)))
    log: list[Update] = []
    records = [Update(bytes.fromhex(story["base"]))]
    for who in order:
        records += updates(story, who)
    for seq, update in enumerate(records, start=1):
        rescue = rescuer.take(RescueInput(Seq(seq), update))
        log += [update] if rescue is None else [update, rescue]
    return log


def lines(node: Node) -> Iterator[Node]:
    if node.type in TEXT_BLOCKS:
        yield node
    for child in node.content:
        yield from lines(child)


def words_in(node: Node) -> list[str]:
    return [line.plain for line in lines(node)]


def shape(node: Node) -> Any:
    """Return a tree without its words."""
    if node.type == "text":
        return None
    children = [each for child in node.content if (each := shape(child)) is not None]
    return [node.type, children]


def shape_of_json(node: dict[str, Any]) -> Any:
    if node["type"] == "text":
        return None
    children = [
        each for child in node.get("content", ()) if (each := shape_of_json(child)) is not None
    ]
    return [node["type"], children]


ORDERS = list(permutations(("ann", "bob")))


@pytest.mark.parametrize("order", ORDERS, ids=["ann first", "bob first"])
@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_words_typed_meanwhile_are_where_their_neighbours_are(
    story: dict[str, Any], order: tuple[str, ...]
) -> None:
    found = read_updates(merged(story, order))
    said = words_in(found)
    assert "".join(said).count("X") == "".join(said).count("Y") == 1
    if story["name"] in GONE:
        assert [each for each in said if "XY" in each], said
        return
    whole = story["words"]
    # What stands between two parts of the words is where the other has parted them.
    assert any("XY" in each for each in said), said
    assert whole in "".join(said).replace("\n", ""), said
    # And what the other has done is done.
    assert shape(found) == shape_of_json(story["after"])


@pytest.mark.parametrize("order", ORDERS, ids=["ann first", "bob first"])
@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_the_schema_has_what_is_written_back(story: dict[str, Any], order: tuple[str, ...]) -> None:
    assert list(invalid(track(current(merged(story, order))))) == []


def test_what_comes_of_it_is_given_to_the_editor() -> None:
    """merged.json, which the editor's own test opens; ``WRITE_VECTORS=1`` writes it."""
    states = [
        {"name": f"{story['name']}, {order[0]} first", "state": current(merged(story, order)).hex()}
        for story in STORIES
        for order in ORDERS
    ]
    file = VECTORS / "merged.json"
    if os.environ.get("WRITE_VECTORS"):
        file.write_text(json.dumps(states, indent=1) + "\n", "utf-8")
    kept = json.loads(file.read_text("utf-8"))
    assert [each["name"] for each in kept] == [each["name"] for each in states]
    for ours, theirs in zip(states, kept, strict=True):
        assert read_updates([Update(bytes.fromhex(ours["state"]))]) == read_updates(
            [Update(bytes.fromhex(theirs["state"]))]
        )
