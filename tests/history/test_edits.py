"""Edits from outside the room: by the rules of the room, merged with what came meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pycrdt import Doc, Text
from pytest_django import DjangoCaptureOnCommitCallbacks

from collab.crdt.patch import patch_document
from collab.crdt.reader import read_document
from collab.documents.models import Document
from collab.history.models import ClientBinding, UpdateRecord
from collab.history.past import UnknownMoment
from collab.history.selectors import current_state, head_seq
from collab.history.services import (
    Edited,
    EditRefused,
    document_edit,
    document_seed,
    update_append,
)
from collab.richtext.formats import parse, render
from collab.types import ClientId, DocumentId, Seq, Update
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db
HOSTILE = Path(__file__).parents[1] / "crdt" / "hostile"
API = UpdateRecord.Kind.API


@pytest.fixture
def document() -> Document:
    document = make_document()
    content = parse("The quick brown fox", "markdown")
    document_seed(document=document, author=document.owner, content=content)
    return document


def edit(document: Document, words: str, *, base: int | None = None, **more: Any) -> Edited:
    """The document's owner, or whoever is named, wants these words in it."""

    def make(state: Update, client_id: ClientId) -> Update | None:
        return patch_document(state, parse(words, "markdown"), client_id)

    return document_edit(
        document=document,
        actor=more.get("actor", document.owner),
        kind=API,
        make=make,
        base=None if base is None else Seq(base),
    )


def text_of(document: Document) -> str:
    state, _seq = current_state(DocumentId(document.pk))
    return render(read_document(state), "text").strip()


def test_an_edit_is_a_record_with_author_and_kind(document: Document) -> None:
    """Its client id is the actor's from now on."""
    bob = make_user()
    assert edit(document, "The quick red fox", actor=bob) == Edited(Seq(2), is_new=True)
    record = UpdateRecord.objects.get(document=document, seq=2)
    assert (record.author, record.kind, record.is_relayed) == (bob, "api", False)
    binding = ClientBinding.objects.get(document=document, client_id=record.client_ids[0])
    assert binding.user == bob
    assert text_of(document) == "The quick red fox"


def test_what_came_since_the_base_stays(document: Document) -> None:
    """Both edits were made on record 1; neither knows the other."""
    edit(document, "The very quick brown fox", base=1)
    edit(document, "The quick brown fox jumps", base=1)
    assert text_of(document) == "The very quick brown fox jumps"
    edit(document, "More", base=0)
    assert sorted(text_of(document).splitlines()) == ["More", "The very quick brown fox jumps"]


def test_what_comes_while_the_edit_is_made_stays(document: Document) -> None:
    """A record that is committed after the state was read."""

    def make(state: Update, client_id: ClientId) -> Update | None:
        edit(document, "The quick brown fox sleeps")
        return patch_document(state, parse("One quick brown fox", "markdown"), client_id)

    done = document_edit(document=document, actor=document.owner, kind=API, make=make)
    assert done.seq == head_seq(DocumentId(document.pk)) == 3
    assert text_of(document) == "One quick brown fox sleeps"


def test_no_change_is_no_record(document: Document) -> None:
    assert edit(document, "The quick brown fox") == Edited(Seq(1), is_new=False)
    assert head_seq(DocumentId(document.pk)) == 1


@pytest.mark.parametrize("base", [2, -1, 2**62])
def test_a_base_that_never_was_is_unknown(document: Document, base: int) -> None:
    with pytest.raises(UnknownMoment):
        edit(document, "other", base=base)
    assert head_seq(DocumentId(document.pk)) == 1


def test_open_rooms_are_told_once_it_is_committed(
    document: Document, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as rings:
        edit(document, "The quick brown fox")
    assert not rings
    with django_capture_on_commit_callbacks() as rings:
        edit(document, "The quick red fox")
    assert len(rings) == 1


# -- updates of other programs -------------------------------------------------------------------


class Program:
    """Another Yjs program that keeps notes beside the body."""

    def __init__(self, document: Document, client_id: int) -> None:
        self.document = document
        self.doc: Doc[Any] = Doc(client_id=client_id)
        self.doc.apply_update(current_state(DocumentId(document.pk))[0])
        self.notes = self.doc.get("notes", type=Text)

    def write(self, words: str) -> Update:
        before = self.doc.get_state()
        self.notes += words
        return Update(self.doc.get_update(before))


def send(document: Document, update: Update, actor: Any = None) -> Edited:
    return update_append(document=document, actor=actor or document.owner, kind=API, update=update)


def test_an_update_is_taken_once(document: Document) -> None:
    program = Program(document, 7)
    update = program.write("hello")
    assert send(document, update) == Edited(Seq(2), is_new=True)
    assert send(document, update) == Edited(Seq(2), is_new=False)
    record = UpdateRecord.objects.get(document=document, seq=2)
    assert (bytes(record.update), record.client_ids) == (update, [7])


def test_a_client_id_of_somebody_else_is_refused(document: Document) -> None:
    """It belongs to who wrote under it first."""
    program = Program(document, 7)
    send(document, program.write("mine"))
    with pytest.raises(EditRefused, match="another person"):
        send(document, program.write("forged"), actor=make_user())
    assert head_seq(DocumentId(document.pk)) == 2


def test_what_several_wrote_is_passed_on_not_claimed(document: Document) -> None:
    one, other = Program(document, 7), Program(document, 8)
    one.doc.apply_update(other.write("from another"))
    one.write("mine")
    send(document, Update(one.doc.get_update()))
    record = UpdateRecord.objects.get(document=document, seq=2)
    assert record.is_relayed
    assert not ClientBinding.objects.filter(document=document, client_id__in=[7, 8]).exists()


def test_what_depends_on_missing_edits_is_refused(document: Document) -> None:
    program = Program(document, 7)
    program.write("lost")
    with pytest.raises(EditRefused, match="does not have"):
        send(document, program.write("found"))


@pytest.mark.parametrize("sample", sorted(HOSTILE.glob("*.hex")), ids=lambda path: path.stem)
def test_hostile_updates_change_nothing(document: Document, sample: Path) -> None:
    """Refused, or harmless: the document reads as before."""
    update = Update(bytes.fromhex(sample.read_text().partition("#")[0]))
    before = text_of(document)
    try:
        send(document, update)
    except EditRefused:
        assert head_seq(DocumentId(document.pk)) == 1
    assert before in text_of(document)


def test_a_document_has_a_size(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ENV", replace(settings.ENV, max_document_bytes=200))
    with pytest.raises(EditRefused, match="too big"):
        edit(document, "word " * 100)
    assert head_seq(DocumentId(document.pk)) == 1
