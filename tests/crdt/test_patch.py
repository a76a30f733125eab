"""An update that turns a document into another one touches nothing that stays."""

from __future__ import annotations

import random
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from collab.crdt.doc import LiveDoc
from collab.crdt.gate import Accepted, Gate, GateLimits
from collab.crdt.patch import Unseen, patch_document
from collab.crdt.reader import read_document
from collab.crdt.update import decode_update
from collab.crdt.writer import document_to_update
from collab.richtext.formats import parse, render
from collab.richtext.schema import normalise
from collab.richtext.tree import Mark, Node
from collab.types import ClientId, Update
from tests.crdt.sessions import session
from tests.richtext.trees import blocks, documents, runs

ids = count(10)
seeds = st.integers(0, 2**32)


def fresh() -> ClientId:
    return ClientId(next(ids))


def state_of(document: Node) -> Update:
    return document_to_update(document, fresh())


def markdown(source: str) -> Node:
    return parse(source, "markdown")


def joined(*updates: Update | None) -> Update:
    document = LiveDoc.load([each for each in updates if each is not None])
    state = document.diff()
    document.close()
    return state


def plain(node: Node) -> Node:
    """The node as the editor would hold it, without what is null."""
    return Node(
        node.type,
        {name: value for name, value in node.attrs.items() if value is not None},
        tuple(map(plain, node.content)),
        node.text,
        node.marks,
    )


def shown(state: Update) -> Node:
    return plain(normalise(read_document(state)))


def accepted(state: Update, update: Update) -> None:
    gate = Gate(GateLimits())
    for _ in gate.index(state):
        pass
    verdict = gate.check(decode_update(update))
    assert isinstance(verdict, Accepted), verdict


def relettered(node: Node) -> Node:
    """The node with other words: nothing in it is something that moved."""
    text = node.text.upper() + "q" if node.text else ""
    return Node(node.type, node.attrs, tuple(map(relettered, node.content)), text, node.marks)


class Replica:
    """Somebody who edits at the same time."""

    def __init__(self, state: Update) -> None:
        self.doc: Doc[Any] = Doc(client_id=fresh())
        self.body = self.doc.get("default", type=XmlFragment)
        self.doc.apply_update(state)
        self._before = self.doc.get_state()

    def text(self, words: str, parent: XmlFragment | XmlElement | None = None) -> XmlText:
        """The text with these words in it."""
        for child in (parent or self.body).children:
            if isinstance(child, XmlText):
                if words in "".join(part for part, _ in child.diff() if isinstance(part, str)):
                    return child
            elif isinstance(child, XmlElement):
                try:
                    return self.text(words, child)
                except LookupError:
                    continue
        raise LookupError(words)

    def texts(self, parent: XmlFragment | XmlElement | None = None) -> list[XmlText]:
        found = []
        for child in (parent or self.body).children:
            if isinstance(child, XmlText):
                found.append(child)
            elif isinstance(child, XmlElement):
                found += self.texts(child)
        return found

    def type(self, words: str, *, before: str) -> None:
        text = self.text(before)
        whole = "".join(part for part, _ in text.diff() if isinstance(part, str))
        text.insert(len(whole[: whole.index(before)].encode()), words)

    @property
    def update(self) -> Update:
        return Update(self.doc.get_update(self._before))


@st.composite
def changed(draw: st.DrawFn, document: Node) -> Node:
    """The document after somebody's edit: blocks gone, new, moved, and words and marks changed."""
    content = list(document.content)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(["in", "out", "runs", "attrs", "swap"])):
            case "in":
                content.insert(at, draw(blocks))
            case "out" if len(content) > 1:
                del content[min(at, len(content) - 1)]
            case "swap" if len(content) > 1:
                one = content.pop(min(at, len(content) - 1))
                content.insert(draw(st.integers(0, len(content))), one)
            case "runs" if content:
                block = content[min(at, len(content) - 1)]
                if block.type in ("paragraph", "heading"):
                    inner = list(block.content)
                    inner.insert(draw(st.integers(0, len(inner))), draw(runs()))
                    place = draw(st.integers(0, len(inner) - 1))
                    if draw(st.booleans()):
                        del inner[place]
                    content[content.index(block)] = Node(block.type, block.attrs, tuple(inner))
            case "attrs" if content:
                block = content[min(at, len(content) - 1)]
                if block.type == "heading":
                    content[content.index(block)] = Node("heading", {"level": 3}, block.content)
    return normalise(Node("doc", content=tuple(content)))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_result_is_what_was_wanted(data: st.DataObject) -> None:
    """Whatever the two are; a second time there is nothing to do; the gate admits it."""
    old = data.draw(documents)
    new = data.draw(st.one_of(documents, changed(old)))
    state = state_of(old)
    update = patch_document(state, new, fresh())
    if update is not None:
        accepted(state, update)
    after = joined(state, update)
    assert shown(after) == plain(new)
    assert patch_document(after, new, fresh()) is None


@settings(max_examples=40, deadline=None)
@given(seeds, st.data())
def test_what_people_wrote_can_be_turned_into_anything(seed: int, data: st.DataObject) -> None:
    """Deleted stretches, formats one over the other, several writers: the same law."""
    state = joined(*session(seed))
    new = data.draw(st.one_of(documents, changed(normalise(read_document(state)))))
    update = patch_document(state, new, fresh())
    if update is not None:
        accepted(state, update)
    assert shown(joined(state, update)) == plain(new)


@settings(max_examples=40, deadline=None)
@given(documents, st.data())
def test_untouched_blocks_take_what_others_write(old: Node, data: st.DataObject) -> None:
    """A block that the edit leaves alone keeps every letter that is typed into it meanwhile."""
    kept = data.draw(st.sampled_from(range(len(old.content))))
    marked = Node("paragraph", content=(Node("text", text="here we stay"),))
    content = [*old.content[:kept], marked, *old.content[kept:]]
    old = normalise(Node("doc", content=tuple(content)))
    above, below = (relettered(data.draw(documents)) for _ in range(2))
    new = normalise(Node("doc", content=(*above.content, marked, *below.content)))
    state = state_of(old)
    ours = patch_document(state, new, fresh())
    person = Replica(state)
    person.type("still ", before="stay")
    assert "here we still stay" in shown(joined(state, ours, person.update)).plain


@settings(max_examples=30, deadline=None)
@given(seeds, st.data())
def test_replicas_agree_whatever_comes_first(seed: int, data: st.DataObject) -> None:
    """The edit and what three people write at the same time, in any order, and past the gate."""
    updates = session(seed, steps=40)
    half = len(updates) // 2
    base, later = joined(*updates[:half]), updates[half:]
    new = data.draw(changed(normalise(read_document(base))))
    ours = patch_document(base, new, fresh())
    if ours is None:
        return
    now = joined(base, *later)
    accepted(now, ours)
    assert shown(joined(now, ours)) == shown(joined(base, ours, *later))


# -- one paragraph, several hands ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "typed", "before", "result"),
    [
        (
            "The quick brown fox",
            "The slow brown fox jumps",
            "very ",
            "brown",
            "The slow very brown fox jumps",
        ),
        ("我们明天开会", "我们后天开会吧", "下午", "开会", "我们后天下午开会吧"),
        ("one two three", "one three", "and ", "three", "one and three"),
        ("a 👩‍👩‍👧 b", "a 👩‍👩‍👦 b", "x", "b", "a 👩‍👩‍👦 xb"),
        ("colour me", "color me", "!", " me", "color! me"),
        ("all of it", "nothing left", "kept ", "of", "kept nothing left"),
    ],
)
def test_words_that_others_type_survive(
    old: str, new: str, typed: str, before: str, result: str
) -> None:
    """In the very paragraph that changes, and at the place where they were typed."""
    state = state_of(markdown(old))
    ours = patch_document(state, markdown(new), fresh())
    person = Replica(state)
    person.type(typed, before=before)
    assert shown(joined(state, ours, person.update)).plain == result


def test_marks_are_set_without_touching_the_words() -> None:
    """Bold, link and code come and go as formats: no letter is deleted or written again."""
    state = state_of(markdown("plain *slanted* words and [a link](https://a.example)"))
    new = markdown("**plain** slanted words and [a link](https://b.example) `code`")
    update = patch_document(state, new, fresh())
    assert update is not None
    decoded = decode_update(update)
    text = [struct for struct in decoded.structs if struct.ref == 4]
    assert sum(struct.length for struct in text) == len(" code")
    assert shown(joined(state, update)) == plain(new)
    person = Replica(state)
    person.type("still ", before="slanted")
    merged = shown(joined(state, update, person.update))
    assert merged.plain == "plain still slanted words and a link code"


def test_a_cell_an_item_and_a_task_change_in_place() -> None:
    """In nested lists and tables only what differs is touched."""
    source = "- milk\n- bread\n  - rye\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [ ] call\n"
    wanted = "- milk\n- bread\n  - rye bread\n\n| a | b |\n|---|---|\n| 1 | 22 |\n\n- [x] call\n"
    state = state_of(markdown(source))
    update = patch_document(state, markdown(wanted), fresh())
    assert update is not None
    person = Replica(state)
    for text in person.texts():
        text.insert(0, "~")
    merged = shown(joined(state, update, person.update))
    assert merged.plain.count("~") == len(person.texts())
    assert render(merged, "json").replace("~", "") == render(markdown(wanted), "json")


def test_an_emptied_paragraph_keeps_the_place_of_who_writes_in_it() -> None:
    state = state_of(markdown("first\n\nsecond"))
    empty = Node("doc", content=(Node("paragraph"), Node("paragraph")))
    ours = patch_document(state, empty, fresh())
    person = Replica(state)
    person.type("kept ", before="second")
    assert [b.plain for b in shown(joined(state, ours, person.update)).content] == ["", "kept "]


def test_a_mark_under_a_hashed_name_stays_under_it() -> None:
    """y-prosemirror's names for marks that may overlap are kept where the mark is."""
    replica = Replica(state_of(markdown("some words")))
    replica.text("some").format(0, 4, {"note--abcdefgh": {"id": "1"}})
    state = Update(replica.doc.get_update())
    note = (Mark("note", {"id": "1"}),)
    runs = (Node("text", text="some", marks=note), Node("text", text=" more words"))
    update = patch_document(state, Node("doc", content=(Node("paragraph", content=runs),)), fresh())
    after = Replica(joined(state, update)).text("some").diff()
    assert after == [("some", {"note--abcdefgh": {"id": "1"}}), (" more words", None)]


@pytest.mark.parametrize("seed", range(5))
def test_a_long_document_changed_here_and_there(seed: int) -> None:
    """Every tenth paragraph; what is written is in proportion to what changed."""
    dice = random.Random(seed)
    lines = [" ".join(dice.choice(["a", "bb", "ccc", "天"]) for _ in range(40)) for _ in range(200)]
    state = state_of(markdown("\n\n".join(lines)))
    for at in range(0, 200, 10):
        lines[at] = lines[at].replace(" ", " new ", 1)
    new = markdown("\n\n".join(lines))
    update = patch_document(state, new, fresh())
    assert update is not None
    assert shown(joined(state, update)) == plain(new)
    assert len(update) < 20 * 60


# -- what the editor's format cannot hold ----------------------------------------------------------


def patched(state: Update, new: Node, shown_as: str) -> Update:
    """The state after an edit by somebody who was shown the document in this format."""
    seen = parse(render(read_document(state), shown_as), shown_as)
    update = patch_document(state, new, fresh(), shown=seen)
    if update is not None:
        accepted(state, update)
    return joined(state, update)


def test_what_markdown_cannot_hold_stays() -> None:
    """The tint of a cell, the colour of a word and a drawing outlive an edit right beside them."""
    state = state_of(markdown("before\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nsome red words"))
    replica = Replica(state)
    table: Any = replica.body.children[1]
    table.children[0].children[0].attributes["tint"] = "blue"
    replica.text("red").format(5, 8, {"textColor": {"color": "#f00"}})
    replica.body.children.insert(1, XmlElement("drawing", {"data": "xyz"}))
    state = Update(replica.doc.get_update())
    wanted = "before all\n\n| a | b |\n|---|---|\n| 1 | 22 |\n\nsome red **words** here"
    after = patched(state, markdown(wanted), "markdown")
    result = read_document(after)
    assert [block.type for block in result.content] == [
        "paragraph",
        "drawing",
        "table",
        "paragraph",
    ]
    assert result.content[2].content[0].content[0].attrs["tint"] == "blue"
    marks = {run.text: [mark.type for mark in run.marks] for run in result.content[3].content}
    assert marks == {"some ": [], "red": ["textColor"], " ": [], "words": ["bold"], " here": []}
    assert result.content[2].plain == "ab122"
    assert result.content[0].plain == "before all"


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(["markdown", "html"]))
def test_who_reads_it_again_in_that_format_reads_what_they_sent(
    data: st.DataObject, shown_as: str
) -> None:
    old = data.draw(documents)
    sent = data.draw(st.one_of(documents, changed(old)))
    sent = parse(render(sent, shown_as), shown_as)
    state = state_of(old)
    after = patched(state, sent, shown_as)
    again = parse(render(read_document(after), shown_as), shown_as)
    assert plain(again) == plain(sent)
    assert (
        patch_document(
            state,
            parse(render(old, shown_as), shown_as),
            fresh(),
            shown=parse(render(old, shown_as), shown_as),
        )
        is None
    )


def test_plain_text_does_not_stand_for_what_it_cannot_hold() -> None:
    state = state_of(markdown("# Title\n\nwords"))
    seen = parse(render(read_document(state), "text"), "text")
    with pytest.raises(Unseen):
        patch_document(state, parse("Title\nother", "text"), fresh(), shown=seen, may_hide=False)
    state = state_of(markdown("**bold** words\n\nmore"))
    seen = parse(render(read_document(state), "text"), "text")
    update = patch_document(
        state, parse("bold words!\nmore", "text"), fresh(), shown=seen, may_hide=False
    )
    assert shown(joined(state, update)) == plain(markdown("**bold** words!\n\nmore"))
