"""Text that an editor carries from block to block stays its writer's."""

from __future__ import annotations

import pytest
from pycrdt import XmlElement, XmlText

from collab.history.attribution import attribution_of
from collab.history.past import content_at, moment_by_seq
from collab.history.selectors import head_seq
from tests.history.scenes import Scene, line, paragraph
from tests.history.test_attribution import covered, text_at
from tests.history.test_comparison import told

pytestmark = pytest.mark.django_db


def written(scene: Scene) -> list[tuple[str, int | None]]:
    """Return the text run by run, and the index of who wrote it."""
    moment = moment_by_seq(scene.key, head_seq(scene.key))
    index = {person.pk: place for place, person in enumerate(scene.people)}
    root, runs = content_at(moment), attribution_of(moment).runs
    assert covered(root, runs) == root.plain
    return [
        (text_at(root, run.path)[run.start : run.end], index.get(run.by.author_id or 0))
        for run in runs
    ]


def split(scene: Scene, who: int, at: int, *, place: int = 0, tag: str = "paragraph") -> None:
    """Do what an editor does for Enter: the rest of the line is written anew in a new block."""
    writer = scene.writers[who]
    text = line(writer, place)
    rest = "".join(part for part, _ in text.diff() if isinstance(part, str))[at:]
    with writer.doc.transaction():
        del text[at : at + len(rest)]
        writer.body.children.insert(place + 1, XmlElement(tag, {}, [XmlText(rest)]))
    scene.send(who)


def two_in_a_line() -> Scene:
    """Ann writes "one ", Bob "two " behind it."""
    scene = Scene(2)
    scene.writers[0].body.children.append(paragraph("one "))
    scene.send(0)
    line(scene.writers[1]).insert(4, "two ")
    scene.send(1)
    return scene


def test_who_splits_a_paragraph_writes_none_of_it() -> None:
    """Each word stays its writer's, through line after line; what is typed in it is not."""
    scene = two_in_a_line()
    split(scene, 1, 2)
    assert written(scene) == [("on", 0), ("e ", 0), ("two ", 1)]
    for _ in range(1200):  # deeper than Python recurses
        split(scene, 0, 0, place=1)
        del scene.writers[0].body.children[1]
        scene.send(0)
    line(scene.writers[0], 1).insert(2, "more ")
    scene.send(0)
    assert written(scene) == [("on", 0), ("e ", 0), ("more ", 0), ("two ", 1)] or written(
        scene
    ) == [("on", 0), ("e more ", 0), ("two ", 1)]


def test_a_paragraph_that_becomes_a_heading_or_joins_another() -> None:
    """The same text in another block."""
    scene = two_in_a_line()
    split(scene, 0, 0, tag="heading")
    assert written(scene) == [("one ", 0), ("two ", 1)]
    bob = scene.writers[1]
    with bob.doc.transaction():
        line(bob).insert(0, "one two ")
        del bob.body.children[1]
    scene.send(1)
    assert written(scene) == [("one ", 0), ("two ", 1)]


def test_who_types_in_the_same_edit_writes_what_is_typed() -> None:
    """A browser sends what was typed after Enter along with it."""
    scene = two_in_a_line()
    ann = scene.writers[0]
    with ann.doc.transaction():
        del line(ann)[0:8]
        ann.body.children.append(paragraph("zz one two !"))
    scene.send(0)
    assert written(scene) == [("zz ", 0), ("one ", 0), ("two ", 1), ("!", 0)] or written(scene) == [
        ("zz one ", 0),
        ("two ", 1),
        ("!", 0),
    ]


def test_typing_over_words_with_the_same_ones_is_writing() -> None:
    """In one block nothing is carried; nor are single letters that happen to be equal."""
    scene = two_in_a_line()
    ann = scene.writers[0]
    ann.body.children.append(paragraph("x"))
    scene.send(0)
    with ann.doc.transaction():
        del line(ann)[4:8]
        line(ann).insert(4, "two ")
        line(ann, 1).insert(1, "hot wool")
    scene.send(0)
    assert "".join(text for text, who in written(scene) if who == 0) == "one two xhot wool"


def test_the_difference_names_who_moved_what_was_there() -> None:
    """From before the split it is his; from before the words it is theirs who wrote them."""
    scene = two_in_a_line()
    split(scene, 1, 4)
    inserted = [(text, who) for op, text, who in told(scene, 2, 3) if op == "insert"]
    assert inserted
    assert {who for _text, who in inserted} == {1}
    inserted = [(text, who) for op, text, who in told(scene, 0, 3) if op == "insert"]
    assert inserted == [("one ", 0), ("two ", 1)]


def test_the_deleter_is_who_deletes_it_in_the_end() -> None:
    """What was carried on is no deletion; what is deleted after that is one, once."""
    scene = two_in_a_line()
    split(scene, 1, 0)
    moment = moment_by_seq(scene.key, head_seq(scene.key))
    assert attribution_of(moment, with_deleted=True).deletions == []
    del line(scene.writers[0], 1)[4:8]
    scene.send(0)
    moment = moment_by_seq(scene.key, head_seq(scene.key))
    (gone,) = attribution_of(moment, with_deleted=True).deletions
    first, second = (person.pk for person in scene.people)
    assert (gone.text, gone.by.author_id, gone.deleted_by.author_id) == ("two ", second, first)
    assert [(text, who) for op, text, who in told(scene, 2, 4) if op == "delete"][-1][1] == 0
