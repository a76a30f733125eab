from __future__ import annotations

import pytest

from collab.accounts.models import User
from collab.history.attribution import Run, attribution_of
from collab.history.models import ClientBinding
from collab.history.past import content_at, moment_by_seq
from collab.history.selectors import head_seq
from collab.richtext.tree import Node
from collab.types import Update
from tests.factories import make_user
from tests.history.logs import append
from tests.history.scenes import Scene, line, paragraph

pytestmark = pytest.mark.django_db


def text_at(root: Node, path: tuple[int, ...]) -> str:
    for place in path:
        root = root.content[place]
    return root.plain


def covered(root: Node, runs: list[Run]) -> str:
    """Return all text, run by run; fail where runs overlap, leave a gap or are not in order."""
    last: tuple[tuple[int, ...], int] = ((), 0)
    out = ""
    for run in runs:
        assert run.start == (last[1] if run.path == last[0] else 0)
        assert (run.path, run.end) > last
        out += (
            text_at(root, run.path)
            .encode("utf-16-le")[2 * run.start : 2 * run.end]
            .decode("utf-16-le")
        )
        last = (run.path, run.end)
    return out


@pytest.mark.parametrize("seed", range(6))
def test_every_letter_has_its_author_at_every_moment(seed: int) -> None:
    """The runs cover the text exactly once and name who typed it, through edits at one place."""
    scene = Scene(3, seed)
    scene.play(50)
    author = {scene.letter(who): person.pk for who, person in enumerate(scene.people)}
    head = head_seq(scene.key)
    for seq in {1, head // 3, head // 2, head}:
        moment = moment_by_seq(scene.key, seq)
        root = content_at(moment)
        found = attribution_of(moment)
        assert covered(root, found.runs) == root.plain
        for run in found.runs:
            said = set(text_at(root, run.path)[run.start : run.end])
            assert [author[letter] for letter in said] == [run.by.author_id]
            assert 1 <= run.by.seq <= seq
            assert not run.by.is_relayed
            assert found.times[run.by.seq]


def test_the_deleter_is_named() -> None:
    """Whoever deleted first, not who wrote it; text of a deleted block too."""
    scene = Scene(2)
    ann, bob = scene.writers
    ann.body.children.append(paragraph("one"))
    ann.body.children.append(paragraph("two"))
    scene.send(0)
    del line(bob)[0:2]
    scene.send(1)
    del ann.body.children[1]
    scene.send(0)
    first, second = (person.pk for person in scene.people)
    found = attribution_of(moment_by_seq(scene.key, 4), with_deleted=True)
    told = [
        (gone.path, gone.start, gone.text, gone.by.author_id, gone.deleted_by.author_id)
        for gone in found.deletions
    ]
    assert told == [((0,), 0, "on", first, second), ((), 1, "two", first, first)]
    assert [gone.deleted_by.seq for gone in found.deletions] == [3, 4]
    before = attribution_of(moment_by_seq(scene.key, 2), with_deleted=True)
    assert before.deletions == []


def test_undo_is_the_work_of_who_undoes() -> None:
    """Text that comes back belongs to the one who brought it back; the rest stays its author's."""
    scene = Scene(2)
    ann, bob = scene.writers
    ann.body.children.append(paragraph("hello"))
    scene.send(0)
    del line(bob)[1:3]
    bob.undo.undo()
    scene.send(1)
    first, second = (person.pk for person in scene.people)
    runs = attribution_of(moment_by_seq(scene.key, head_seq(scene.key))).runs
    assert [(run.start, run.end, run.by.author_id) for run in runs] == [
        (0, 1, first),
        (1, 3, second),
        (3, 5, first),
    ]


def test_relayed_work_is_its_authors_and_says_so() -> None:
    """What Ann wrote without a network and Bob's browser brought is Ann's, not verified."""
    scene = Scene(2)
    ann, _bob = scene.writers
    ann.body.children.append(paragraph("here "))
    scene.send(0)
    line(ann).insert(5, "away")
    scene.send(0, sender=1)
    runs = attribution_of(moment_by_seq(scene.key, head_seq(scene.key))).runs
    first, second = (person.pk for person in scene.people)
    assert [(run.end, run.by.author_id, run.by.is_relayed) for run in runs] == [
        (5, first, False),
        (9, first, True),
    ]
    ClientBinding.objects.all().delete()
    runs = attribution_of(moment_by_seq(scene.key, head_seq(scene.key))).runs
    assert [(run.by.author_id, run.by.is_relayed) for run in runs] == [
        (first, False),
        (second, True),
    ]


def test_a_record_that_says_again_what_is_known_takes_nothing() -> None:
    """Text stays with the record that brought it first."""
    scene = Scene(2)
    ann, _bob = scene.writers
    ann.body.children.append(paragraph("mine"))
    whole = Update(ann.doc.get_update())
    scene.send(0)
    append(scene.document, scene.people[1], [whole], is_relayed=True)
    (run,) = attribution_of(moment_by_seq(scene.key, head_seq(scene.key))).runs
    assert (run.by.author_id, run.by.is_relayed, run.by.seq) == (scene.people[0].pk, False, 1)


def test_nobody_can_be_named_when_the_person_is_gone() -> None:
    """The text stays, without an author."""
    scene = Scene(1)
    scene.document.owner = make_user()
    scene.document.save()
    scene.writers[0].body.children.append(paragraph("x"))
    scene.send(0)
    User.objects.filter(pk=scene.people[0].pk).delete()
    (run,) = attribution_of(moment_by_seq(scene.key, 1)).runs
    assert run.by.author_id is None
