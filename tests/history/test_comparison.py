from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from pycrdt import XmlElement, XmlText

from collab.accounts.models import User
from collab.history.comparison import SignedChange, SignedRun, compare
from collab.history.comparison_out import diff_to_html, diff_to_text
from collab.history.past import moment_by_seq
from collab.history.selectors import head_seq
from tests.history.scenes import Scene, line, paragraph

pytestmark = pytest.mark.django_db


def signed_runs(changes: Sequence[SignedChange]) -> list[SignedRun]:
    out: list[SignedRun] = []
    for change in changes:
        out += [*change.runs, *signed_runs(change.blocks)]
    return out


def told(scene: Scene, old: int, new: int) -> list[tuple[str, str, int | None]]:
    """Return op, text and the index of the person of each run."""
    found = compare(moment_by_seq(scene.key, old), moment_by_seq(scene.key, new))
    index = {person.pk: place for place, person in enumerate(scene.people)}
    return [
        (run.op, run.node.text, index.get(run.by.author_id or 0) if run.by else None)
        for run in signed_runs(found.changes)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_every_insertion_is_its_writers(seed: int) -> None:
    """From nothing to now, and from the middle to now: each letter tells whose it is."""
    scene = Scene(3, seed)
    scene.play(40)
    head = head_seq(scene.key)
    for old in (0, head // 2):
        for op, text, who in told(scene, old, head):
            if op == "insert":
                assert set(text) == {scene.letter(who if who is not None else 9)}


def test_two_people_change_one_line() -> None:
    """A word each, a deletion and a mark: every change has its own author and time."""
    scene = Scene(2)
    ann, bob = scene.writers
    ann.body.children.append(paragraph("one two three four"))
    scene.send(0)
    line(ann).insert(3, " and")
    line(bob).format(8, 13, {"bold": {}})
    scene.send(0)
    scene.send(1)
    text = line(bob)
    plain = "".join(part for part, _ in text.diff() if isinstance(part, str))
    at = plain.index(" four")
    del text[at : at + 5]
    scene.send(1)
    assert told(scene, 1, head_seq(scene.key)) == [
        ("equal", "one ", None),
        ("insert", "and ", 0),
        ("equal", "two ", None),
        ("format", "three", 1),
        ("delete", " four", 1),
    ]
    # Seen backwards: what came had been deleted by Bob, what goes had been written by Ann.
    back = told(scene, head_seq(scene.key), 1)
    assert ("insert", " four", 1) in back
    assert ("delete", "and ", 0) in back
    assert ("format", "three", 1) in back


def test_blocks_and_their_attributes_have_authors() -> None:
    """Who added, who removed, who made it a second heading."""
    scene = Scene(2)
    ann, bob = scene.writers
    level: dict[str, Any] = {"level": 1}
    ann.body.children.append(XmlElement("heading", level, [XmlText("Title")]))
    ann.body.children.append(paragraph("gone soon"))
    scene.send(0)
    block = bob.body.children[0]
    assert isinstance(block, XmlElement)
    block.attributes["level"] = 2
    del bob.body.children[1]
    bob.body.children.append(paragraph("by Bob"))
    scene.send(1)
    found = compare(moment_by_seq(scene.key, 2), moment_by_seq(scene.key, head_seq(scene.key)))
    second = scene.people[1].pk
    assert [(c.kind, c.by and c.by.author_id) for c in found.changes] == [
        ("changed", second),
        ("removed", second),
        ("added", second),
    ]
    assert all(found.times[c.by.seq] for c in found.changes if c.by)


def test_written_for_people() -> None:
    """HTML and text name the authors; words of people never become tags."""
    scene = Scene(2)
    scene.people[1].display_name = '"><script>'
    scene.people[1].save()
    ann, bob = scene.writers
    ann.body.children.append(paragraph("a <b> c"))
    scene.send(0)
    line(bob).insert(0, "<img src=x onerror=y> ")
    scene.send(1)
    found = compare(moment_by_seq(scene.key, 1), moment_by_seq(scene.key, 2))
    second = scene.people[1].pk
    names = {person.pk: person.shown_name for person in User.objects.all()}
    assert diff_to_html(found.changes, names.__getitem__) == (
        '<p data-diff="changed">'
        f'<ins data-author="{second}" title="&quot;&gt;&lt;script&gt;">'
        "&lt;img src=x onerror=y&gt; </ins>a &lt;b&gt; c</p>"
    )
    assert diff_to_text(found.changes, lambda _: "Bob") == (
        "~ {+<img src=x onerror=y> +} (Bob)a <b> c\n"
    )
