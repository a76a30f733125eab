"""What is found, by whom, in which order: the exam that both databases sit (test_postgresql.py)."""

from __future__ import annotations

import subprocess
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from collab.accounts.models import User
from collab.documents.folders import document_move, folder_create, folder_member_set
from collab.documents.marks import tags_set
from collab.documents.models import Document, Role
from collab.documents.services import (
    document_purge,
    document_rename,
    document_trash,
    member_set,
)
from collab.history.models import LogHead
from collab.history.services import document_seed
from collab.richtext.formats import parse
from collab.search import selectors, services, upkeep
from collab.search.models import IndexedDocument
from collab.search.selectors import Filters, Hit, search, search_total
from collab.search.suggestions import suggestion
from collab.search.upkeep import documents_to_index, search_upkeep
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make_user("ann")


def write(owner: User, title: str, markdown: str = "") -> Document:
    document = make_document(owner, title)
    document_seed(document=document, author=owner, content=parse(markdown, "markdown"))
    services.document_index(document)
    return document


def find(user: User, typed: str, **filters: Any) -> list[Hit]:
    return search(user=user, typed=typed, filters=Filters(**filters), offset=0, limit=50)[0]


def titles(user: User, typed: str, **filters: Any) -> list[str]:
    return [hit.document.title for hit in find(user, typed, **filters)]


def marked(pieces: Any) -> list[str]:
    return [piece.text for piece in pieces if piece.is_match]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("budget", ["Budget 2027"]),
        ("BUDG", ["Budget 2027"]),
        ("27", []),
        ("cafe creme", ["Notes"]),
        ("ＣＡＦÉ", ["Notes"]),
        ('"crème brûlée"', ["Notes"]),
        ('"brûlée crème"', []),
        ("notes budget", []),
        ("数据库", ["设计"]),
        ("据库", ["设计"]),
        ("数库", []),
        ("库", ["设计"]),
        ("东京", ["東京 and 东京"]),
        ("タワ", ["東京 and 东京"]),
        ("국어", ["한국어"]),
        ("o'brien", ["Budget 2027"]),
        ("budget OR crème", ["Notes", "Budget 2027"]),
        ('budget OR "crème brûlée"', ["Notes", "Budget 2027"]),
        ("please -budget", ["Notes"]),
        ("please -creme", []),
        ("please -crem", ["Notes"]),
        ('please -"crème brûlée"', []),
        ('please -"brûlée crème"', ["Notes"]),
        ("库 -数据库", []),
        ("-budget", []),
        ("strasse", ["Weg"]),
        ("Straße", ["Weg"]),
        ("malmo", ["Weg"]),
        ("\U0001f680", ["Weg"]),
        ("\U0001f680 -\U0001f600", ["Weg"]),
        ("\U0001f600", []),
        ("\x00", []),
        ("", []),
    ],
)
def test_what_is_found(ann: User, typed: str, found: list[str]) -> None:
    write(ann, "Budget 2027", "Approved by O'Brien.")
    write(ann, "Notes", "# Café\n\nA *crème* brûlée, please.")
    write(ann, "设计", "全文检索不需要另外的数据库服务。数字和书库。")
    write(ann, "東京 and 东京", "東京タワー")
    write(ann, "한국어", "문서 편집")
    write(ann, "Weg", "Die Straße nach Malmø \U0001f680")
    assert sorted(titles(ann, typed)) == sorted(found)
    assert search_total(user=ann, typed=typed, filters=Filters()) == len(found)


def test_a_note_is_not_glued_to_the_word_before_it(ann: User) -> None:
    write(ann, "Paper", "A claim[^1] stands.\n\n[^1]: Proof")
    assert IndexedDocument.objects.get().body == "A claim stands.\nProof"
    assert titles(ann, '"claim stands"') == titles(ann, "proof") == ["Paper"]


def test_what_is_written_otherwise_is_marked(ann: User) -> None:
    write(ann, "Weg", "Die Straße \U0001f680 hier")
    assert marked(find(ann, "strasse")[0].excerpt) == ["Straße"]
    assert marked(find(ann, "\U0001f680")[0].excerpt) == ["\U0001f680"]


def test_a_word_that_is_meant_is_suggested_of_what_one_may_read(ann: User) -> None:
    """A stranger's words are not told of."""
    write(ann, "Quarterly report", "The quick brown fox")
    write(make_user("bob"), "Secretplan", "zeppelin")
    assert suggestion(user=ann, typed="qiuck foxes") == "quick foxes"
    assert suggestion(user=ann, typed="raport -fox") == "report -fox"
    assert suggestion(user=ann, typed="zepelin") is None
    assert suggestion(user=ann, typed="quick") is None
    assert suggestion(user=ann, typed="数据库 \U0001f680 x") is None


def test_the_total_counts_what_one_may_read(ann: User) -> None:
    for number in range(4):
        write(ann, f"Plan {number}", "word")
    write(make_user("bob"), "Plan of bob", "word")
    hits, has_more = search(user=ann, typed="plan", filters=Filters(), offset=0, limit=2)
    assert (len(hits), has_more) == (2, True)
    assert search_total(user=ann, typed="plan", filters=Filters()) == 4
    assert search_total(user=ann, typed="", filters=Filters()) == 0


def test_pairs_that_do_not_stand_together_are_no_hit(ann: User) -> None:
    """数据 and 据库 are both there, 数据库 is not."""
    write(ann, "a", "数据在这里，据库在那里")
    assert titles(ann, "数据库") == []
    assert titles(ann, "数据 据库") == ["a"]


def test_a_title_counts_for_more_than_a_body(ann: User) -> None:
    write(ann, "Other", "release " * 3 + "and many other words " * 20)
    write(ann, "Release", "nothing of it " * 20)
    assert titles(ann, "release") == ["Release", "Other"]


def test_an_excerpt_shows_and_marks_what_was_found(ann: User) -> None:
    write(ann, "Long", "word " * 400 + "the Needle is here\n\nand more" + " word" * 400)
    (hit,) = find(ann, "needle")
    assert marked(hit.excerpt) == ["Needle"]
    text = "".join(piece.text for piece in hit.excerpt)
    assert text.startswith("…word")
    assert text.endswith("word…")
    (hit,) = find(ann, "long")
    assert (marked(hit.title), marked(hit.excerpt)) == (["Long"], [])
    write(ann, "设计", "全文检索，数据库")
    (hit,) = find(ann, "数据库")
    assert marked(hit.excerpt) == ["数据库"]


def test_a_mark_begins_a_word(ann: User) -> None:
    write(ann, "x", "restart the art of starting")
    (hit,) = find(ann, "art")
    assert marked(hit.excerpt) == ["art"]


def test_only_what_one_may_read_is_found(ann: User) -> None:
    document = write(ann, "Secret plan")
    bob, eve = make_user("bob"), make_user("eve")
    assert titles(bob, "secret") == titles(make_user(is_active=False), "secret") == []
    member_set(document=document, user=bob, role=Role.VIEWER)
    assert titles(bob, "secret") == ["Secret plan"]
    folder = folder_create(owner=ann, name="Team")
    folder_member_set(folder=folder_create(owner=ann, name="x"), user=eve, role=Role.EDITOR)
    assert titles(eve, "secret") == []
    document_move(document=document, folder=folder_create(owner=ann, name="y", parent=folder))
    folder_member_set(folder=folder, user=eve, role=Role.VIEWER)
    assert titles(eve, "secret") == ["Secret plan"]
    document_trash(document=document)
    assert titles(ann, "secret") == titles(bob, "secret") == titles(eve, "secret") == []


@pytest.mark.parametrize("typed", ["plan", '"plan one"'])
def test_the_index_is_read_once_however_many_match(
    ann: User, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """FTS5 asked anew for each row took 23 s for a word in 8,000 of 10,000 documents."""
    monkeypatch.setattr(selectors, "FIRST_ROWS", 0)
    write(make_user("bob"), "plan one")
    write(ann, "plan one")
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        assert titles(ann, typed) == ["plan one"]
    ranked = [(sql, params) for sql, params in asked if "LIMIT" in sql and "search_terms" in sql]
    assert len(ranked) == 2
    is_sqlite = connection.vendor == "sqlite"
    for sql, params in ranked:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{sql}", params)
            steps = [str(row[-1]) for row in cursor.fetchall()]
        if is_sqlite:
            assert steps[0].startswith("SCAN search_terms"), "FTS5 inside a loop over rows"
            assert not any("CORRELATED" in step for step in steps)
        else:
            assert sum("on search_terms" in step for step in steps) <= sql.count("search_terms")


def test_who_reads_little_finds_as_who_reads_much(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where few of the best are theirs, what they may read is gathered: found in the same order."""
    bob = make_user("bob")
    for number in range(6):
        write(bob, f"Plan {number}", "plan " * number)
        write(ann, f"Own plan {number}", "plan " * number)
    at_once = titles(ann, "plan")
    assert len(at_once) == 6
    monkeypatch.setattr(selectors, "FIRST_ROWS", 0)
    assert titles(ann, "plan") == at_once
    assert titles(ann, '"own plan"') == titles(ann, "own") == at_once
    tags_set(document=Document.objects.get(title="Own plan 3"), names=["x"])
    assert titles(ann, "plan", tag="x") == ["Own plan 3"]


def test_among_equals_the_newest_comes_first(ann: User) -> None:
    for number in range(3):
        document = write(ann, "the same", "words")
        Document.objects.filter(pk=document.pk).update(title=f"the same {number}")
    assert titles(ann, "same") == ["the same 2", "the same 1", "the same 0"]


def test_filters(ann: User) -> None:
    bob = make_user("bob")
    mine, shared = write(ann, "plan a"), write(bob, "plan b")
    member_set(document=shared, user=ann, role=Role.EDITOR)
    tags_set(document=mine, names=["Work", " Q1 "])
    assert titles(ann, "plan", owner_id=bob.pk) == ["plan b"]
    assert titles(ann, "plan", tag="work") == ["plan a"]
    assert titles(ann, "plan", tag="home") == []
    LogHead.objects.filter(pk=mine.pk).update(edited_at=timezone.now() - timedelta(days=40))
    services.document_index(mine)
    today = timezone.now().date()
    assert titles(ann, "plan", edited_from=today - timedelta(days=7)) == ["plan b"]
    assert titles(ann, "plan", edited_until=today - timedelta(days=7)) == ["plan a"]
    assert titles(ann, "plan", edited_until=date(2000, 1, 1)) == []


def test_the_index_follows_titles_and_content(ann: User) -> None:
    """The chore indexes what is behind, and nothing else."""
    document = write(ann, "first")
    assert not documents_to_index().exists()
    document_rename(document=document, title="second")
    fresh = make_document(ann, "third")
    assert set(documents_to_index()) == {document, fresh}
    search_upkeep()
    assert not documents_to_index().exists()
    assert titles(ann, "first") == []
    assert titles(ann, "second") == ["second"]
    assert titles(ann, "third") == ["third"]
    LogHead.objects.filter(pk=document.pk).update(seq=2)
    assert list(documents_to_index()) == [document]


def test_a_large_document_is_read_in_another_process(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "INLINE_BYTES", 10)
    write(ann, "Large", "a *needle* in it")
    assert titles(ann, "needle") == ["Large"]
    row = IndexedDocument.objects.get()
    assert row.preview == "<p>a <em>needle</em> in it</p>"


def test_a_large_document_is_not_indexed_with_every_edit(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = write(ann, "Large", "words")
    LogHead.objects.filter(pk=document.pk).update(seq=2, size_bytes=upkeep.LARGE_BYTES + 1)
    assert not documents_to_index().exists()
    IndexedDocument.objects.update(indexed_at=timezone.now() - 2 * upkeep.LARGE_EVERY)
    assert documents_to_index().exists()


def test_one_that_cannot_be_read_does_not_stop_the_others(
    ann: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = make_document(ann, "broken"), make_document(ann, "sound")
    real = services.document_index

    def index(document: Document) -> IndexedDocument | None:
        if document == broken:
            raise subprocess.TimeoutExpired("python", 60)
        return real(document)

    monkeypatch.setattr(upkeep, "document_index", index)
    search_upkeep()
    assert titles(ann, "sound") == [sound.title]
    assert str(broken.pk) in caplog.text


def test_purged_means_gone_from_the_index(ann: User) -> None:
    document = write(ann, "gone")
    document_purge(document=document, actor=ann)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM search_terms")
        assert cursor.fetchone() == (0,)


def test_the_index_is_rebuilt_by_a_command(ann: User, capsys: pytest.CaptureFixture[str]) -> None:
    write(ann, "one")
    write(ann, "two")
    IndexedDocument.objects.all().delete()
    assert titles(ann, "one") == []
    call_command("rebuild_search")
    assert "2 documents" in capsys.readouterr().out
    assert titles(ann, "one") == ["one"]


def test_what_is_asked_is_paged(ann: User) -> None:
    for number in range(5):
        write(ann, f"page {number}")
    ask = {"user": ann, "typed": "page", "filters": Filters()}
    first, more = search(**ask, offset=0, limit=3)  # type: ignore[arg-type]  # one dictionary
    rest, last = search(**ask, offset=3, limit=3)  # type: ignore[arg-type]  # one dictionary
    assert (more, last) == (True, False)
    assert len({hit.document.pk for hit in [*first, *rest]}) == 5
