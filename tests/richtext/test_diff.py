from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings

from collab.richtext.diff import Change, Run, diff, holds_text
from collab.richtext.schema import joined
from collab.richtext.tree import Mark, Node
from tests.cost import assert_grows_no_faster
from tests.richtext.trees import documents


def para(*runs: str | Node) -> Node:
    return Node(
        "paragraph", content=tuple(Node("text", text=r) if isinstance(r, str) else r for r in runs)
    )


def doc(*blocks: Node) -> Node:
    return Node("doc", content=blocks)


def bold(text: str) -> Node:
    return Node("text", text=text, marks=(Mark("bold"),))


def side(changes: Sequence[Change], *, after: bool) -> tuple[Node, ...]:
    """Return the blocks of one side, from what the changes say alone."""
    out = []
    for change in changes:
        if change.kind == ("removed" if after else "added"):
            continue
        shell = change.node if after or change.before is None else change.before
        if change.kind == "same":
            out.append(shell)
            continue
        content = (
            inline(change.runs, after=after)
            if holds_text(shell)
            else side(change.blocks, after=after)
        )
        out.append(Node(shell.type, shell.attrs, content))
    return tuple(out)


def inline(runs: Sequence[Run], *, after: bool) -> tuple[Node, ...]:
    gone = "delete" if after else "insert"
    nodes = [run.node if after or not run.before else run.before for run in runs if run.op != gone]
    return joined(nodes)


def flat(node: Node) -> Node:
    """Return the tree with equal neighbouring runs joined, as every reader joins them."""
    return Node(node.type, node.attrs, joined(flat(c) for c in node.content), node.text, node.marks)


def offsets_are_true(changes: Sequence[Change], old: Node, new: Node) -> None:
    for change in changes:
        offsets_are_true(change.blocks, old, new)
        for run in change.runs:
            for start, path, root, node in (
                (run.old_start, change.old_path, old, run.before or run.node),
                (run.new_start, change.new_path, new, run.node),
            ):
                if start is None or node.type != "text":
                    continue
                block = root
                for place in path or ():
                    block = block.content[place]
                parts = (c.text if c.type == "text" else "\ufffc" for c in block.content)
                units = "".join(parts).encode("utf-16-le")
                said = node.text.encode("utf-16-le")
                assert units[2 * start : 2 * start + len(said)] == said


@given(documents, documents)
@settings(max_examples=60, deadline=None)
def test_applied_to_one_side_it_gives_the_other(old: Node, new: Node) -> None:
    """diff(a, b) holds both a and b, and says truly where each run stands."""
    changes = diff(old, new)
    assert side(changes, after=True) == flat(new).content
    assert side(changes, after=False) == flat(old).content
    offsets_are_true(changes, old, new)


@given(documents)
def test_nothing_changed_nothing_said(document: Node) -> None:
    """Every block is the same."""
    assert {change.kind for change in diff(document, document)} <= {"same"}


def ops(change: Change) -> list[tuple[str, str]]:
    return [(run.op, run.node.text) for run in change.runs]


def test_words_not_letters() -> None:
    """A word that changed is one that went and one that came."""
    (change,) = diff(doc(para("the quick brown fox")), doc(para("the quiet brown fox!")))
    assert change.kind == "changed"
    assert ops(change) == [
        ("equal", "the "),
        ("delete", "quick"),
        ("insert", "quiet"),
        ("equal", " brown fox"),
        ("insert", "!"),
    ]


def test_a_chinese_character_is_a_word() -> None:
    """The script marks no words: each character stands for itself."""
    (change,) = diff(doc(para("我们今天开会")), doc(para("我们明天不开会")))
    assert ops(change) == [
        ("equal", "我们"),
        ("delete", "今"),
        ("insert", "明"),
        ("equal", "天"),
        ("insert", "不"),
        ("equal", "开会"),
    ]


def test_a_change_of_marks_is_no_change_of_words() -> None:
    """Also inside a word."""
    (change,) = diff(doc(para("hello world")), doc(para("he", bold("llo wor"), "ld")))
    assert ops(change) == [("equal", "he"), ("format", "llo wor"), ("equal", "ld")]
    run = change.runs[1]
    assert (run.node.marks, run.before and run.before.marks) == ((Mark("bold"),), ())


@pytest.mark.parametrize("kind", ["heading", "paragraph"])
def test_a_block_that_changed_its_kind(kind: str) -> None:
    """It is one block; its attributes tell."""
    old = Node("heading", {"level": 1}, (Node("text", text="Title"),))
    new = Node(kind, {"level": 2} if kind == "heading" else {}, old.content)
    (change,) = diff(doc(old), doc(new))
    assert (change.kind, change.changed_attrs) == ("changed", ("level",))
    assert ops(change) == [("equal", "Title")]


def test_blocks_that_came_and_went() -> None:
    """Between those that stayed."""
    a, b, c = para("first one"), para("second two"), para("third three")
    changes = diff(doc(a, b), doc(a, c, b))
    assert [change.kind for change in changes] == ["same", "added", "same"]
    assert [change.kind for change in diff(doc(a, b), doc(b))] == ["removed", "same"]
    (gone, came) = diff(doc(a), doc(c))
    assert (gone.kind, came.kind) == ("removed", "added")


def test_inside_a_list_the_item_is_found() -> None:
    """Only the item that changed is told."""
    items = [Node("listItem", content=(para(word),)) for word in ("one", "two", "three")]
    new = [items[0], Node("listItem", content=(para("two more"),)), items[2]]
    (change,) = diff(
        doc(Node("bulletList", content=tuple(items))), doc(Node("bulletList", content=tuple(new)))
    )
    assert [inner.kind for inner in change.blocks] == ["same", "changed", "same"]
    assert ops(change.blocks[1].blocks[0]) == [("equal", "two"), ("insert", " more")]


def _items(size: int, ending: str) -> Node:
    """A list whose items have words of their own, and half of them of one side only."""
    items = (
        Node("listItem", content=(para(f"item{n} {'same' if n % 2 else ending}{n}"),))
        for n in range(size)
    )
    return doc(Node("bulletList", content=tuple(items)), para(ending))


def _line(size: int, ending: str) -> Node:
    """One paragraph of many nodes and marks in the line, and of many words."""
    parts: list[str | Node] = []
    for n in range(size):
        parts += [f"w{n} {ending} ", Node("inlineMath", {"latex": f"x{n}"}), bold(f"b{n} ")]
    return doc(para(*parts))


@pytest.mark.parametrize("make", [_items, _line], ids=["items", "line"])
def test_the_cost_grows_with_the_documents(make: Callable[[int, str], Node]) -> None:
    """Of what is alike in parts, so that words are counted, keyed and put together."""
    assert_grows_no_faster(
        lambda n: (make(n, "one"), make(n, "other")),
        lambda both: diff(*both),
        sizes=(100, 200, 400),
    )
