"""What stands beside the rich text, copied into another document or put back as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Text

from collab.crdt.contents import read_contents
from collab.crdt.doc import LiveDoc
from collab.crdt.gate import Accepted
from collab.crdt.replant import end_of, replaced, replanted, with_roots
from collab.crdt.roots import read_roots
from collab.crdt.update import decode_update
from collab.crdt.whole import read_whole
from collab.crdt.writer import document_to_update
from collab.richtext.tree import Node
from collab.types import ClientId, Update
from tests.crdt.test_gate import gate_on

HERE = Path(__file__).parent
VECTORS = json.loads((HERE.parent / "vectors" / "roots.json").read_text("utf-8"))
OURS = ClientId(99)


def taken(state: Update, update: Update) -> Update:
    """The state after the update, which the gate lets in."""
    verdict = gate_on(state).check(decode_update(update))
    assert isinstance(verdict, Accepted), verdict
    return LiveDoc.load([state, update]).diff()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_every_kind_is_copied_and_put_back(vector: dict[str, Any]) -> None:
    """Into an empty document, and into one that has any other under the same name."""
    source = Update(bytes.fromhex(vector["hex"]))
    expected = {"t": vector["value"]}
    update = replanted(source, OURS, 0)
    assert update is not None
    assert decode_update(update).client_ids == {OURS}
    assert read_roots(taken(Update(b"\0\0"), update)) == expected
    assert replaced(source, source, OURS, 0) is None
    for other in VECTORS:
        state = Update(bytes.fromhex(other["hex"]))
        back = replaced(state, source, OURS, 0)
        if other is vector:
            continue
        assert back is not None
        assert read_roots(taken(state, back)) == expected
    gone = replaced(source, Update(b"\0\0"), OURS, 0)
    assert gone is not None
    assert read_roots(taken(source, gone)) == {}


def test_a_copy_follows_what_the_same_client_wrote() -> None:
    """The rich text and the rest in one update, without a gap."""
    source = Update(bytes.fromhex(VECTORS[0]["hex"]))
    body = document_to_update(Node("doc", content=(Node("paragraph"),)), OURS)
    update = with_roots(body, source, OURS)
    assert end_of(update, OURS) > end_of(body, OURS) > 0
    whole = taken(Update(b"\0\0"), update)
    assert read_roots(whole) == {"t": VECTORS[0]["value"]}
    assert [node.type for node in read_whole([whole]).content] == [
        "paragraph",
        "heading",
        "codeBlock",
    ]
    assert with_roots(body, body, OURS) == body


def test_what_is_deleted_stays_behind() -> None:
    """Not a byte of it."""
    doc: Doc[Any] = Doc(client_id=5, skip_gc=True)
    text = doc.get("t", type=Text)
    text += "secret words"
    del text[0:7]
    source = Update(doc.get_update())
    assert source.find(b"secret") > 0
    update = replanted(source, OURS, 0)
    assert update is not None
    assert update.find(b"secret") < 0
    assert [each.value for each in read_contents(update)[0]] == ["words"]
