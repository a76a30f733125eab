"""The home page: what each list shows, what it costs, what it says when it is empty."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collab.accounts.models import User
from collab.documents import lists
from collab.documents.folders import document_move, folder_create, folder_member_set
from collab.documents.lists import Cursor, Sort, Wanted, documents_page
from collab.documents.marks import star_set, tags_set
from collab.documents.models import Document, Role
from collab.documents.services import document_trash
from collab.history.models import LogHead
from collab.history.services import document_seed
from collab.richtext.formats import parse
from collab.search.services import document_index
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


def titles(visitor: Client, path: str = "/", **query: str) -> list[str]:
    answer = visitor.get(path, query)
    assert answer.status_code == 200
    return re.findall(r'data-title="([^"]*)"', answer.content.decode())


def test_each_list_shows_its_own(visitor: Client, ann: User) -> None:
    bob = make_user("bob", display_name="Bob")
    mine, shared = (
        make_document(ann, "Mine"),
        make_document(bob, "Theirs", members={ann: Role.VIEWER}),
    )
    make_document(bob, "Secret")
    template = make_document(ann, "Template")
    Document.objects.filter(pk=template.pk).update(is_template=True)
    star_set(user=ann, document=shared, is_starred=True)
    tags_set(document=mine, names=["work"])
    document_trash(document=make_document(ann, "Gone"))
    assert set(titles(visitor)) == {"Mine", "Theirs"}
    assert titles(visitor, view="mine") == ["Mine"]
    assert titles(visitor, view="shared") == ["Theirs"]
    assert titles(visitor, view="starred") == ["Theirs"]
    assert titles(visitor, view="templates") == ["Template"]
    assert titles(visitor, tag="Work") == ["Mine"]
    assert titles(visitor, "/trash/") == ["Gone"]
    assert set(titles(visitor, view="no such")) == {"Mine", "Theirs"}


def test_a_folder_shows_what_is_in_it(visitor: Client, ann: User) -> None:
    top = folder_create(owner=make_user(), name="Their folder")
    folder_member_set(folder=top, user=ann, role=Role.VIEWER)
    low = folder_create(owner=top.owner, name="Below", parent=top)
    document_move(document=make_document(top.owner, "In it"), folder=low)
    foreign = folder_create(owner=make_user(), name="Foreign")
    assert titles(visitor, folder=str(top.pk)) == []
    assert titles(visitor, folder=str(low.pk)) == ["In it"]
    page = visitor.get("/", {"folder": str(top.pk)}).content.decode()
    assert "Their folder" in page
    assert 'class="chip"' in page
    assert "Foreign" not in page
    assert "New document" not in re.sub(r"<script.*?</script>", "", page, flags=re.S)
    for unknown in (str(foreign.pk), "no id"):
        assert visitor.get("/", {"folder": unknown}).status_code == 404


def test_rows_say_what_one_may_do(visitor: Client, ann: User) -> None:
    """The menu offers what the policy allows; the server asks again."""
    make_document(ann, "Mine")
    make_document(title="Theirs", members={ann: Role.VIEWER})
    page = visitor.get("/").content.decode()
    found = re.findall(r'data-may="([^"]*)"[^>]*data-title="(\w+)"', page)
    rights = {title: set(may.split()) for may, title in found}
    assert {"rename", "move", "trash"} <= rights["Mine"]
    assert rights["Theirs"] & {"rename", "move", "trash"} == set()


def test_people_are_shown_by_their_picture_or_a_letter(visitor: Client, ann: User) -> None:
    """In lists, on cards and in the header; what a name holds is text."""
    bob = make_user("bob", display_name="<Bob>", color="#123456")
    make_document(ann, "Mine")
    make_document(bob, "Theirs", members={ann: Role.VIEWER})
    User.objects.filter(pk=ann.pk).update(avatar="avatars/1-ab.webp")
    picture = '<img class="avatar" src="/avatars/1-ab.webp" alt="" loading="lazy">'
    letter = '<span class="avatar" data-color="#123456" aria-hidden="true">&lt;</span>'
    as_list = visitor.get("/?as=list").content.decode()
    assert as_list.count(picture) == 2  # the header, and the owner of "Mine"
    assert letter in as_list
    assert letter in visitor.get("/?as=cards").content.decode()


def make_many(ann: User) -> None:
    for number in range(4):
        other = make_user()
        own, shared = make_document(ann), make_document(other, members={ann: Role.EDITOR})
        placed = make_document(other)
        folder = folder_create(owner=other, name=f"f{number}")
        folder_member_set(folder=folder, user=ann, role=Role.VIEWER)
        document_move(document=placed, folder=folder)
        folder_create(owner=ann, name=f"own {number}")
        tags_set(document=own, names=[f"tag {number}"])
        star_set(user=ann, document=shared, is_starred=True)


@pytest.mark.parametrize("path", ["/", "/?as=cards", "/?view=starred&sort=title", "/?tag=tag 1"])
def test_many_documents_cost_no_more_queries_than_few(
    visitor: Client, ann: User, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_many(ann)
    visitor.get(path)
    with CaptureQueriesContext(connection) as few:
        visitor.get(path)
    assert len(few) <= 16
    make_many(ann)
    make_many(ann)
    with django_assert_num_queries(len(few)):
        visitor.get(path)


def test_a_search_costs_no_more_queries_where_there_are_many(
    visitor: Client, ann: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_many(ann)
    for document in Document.objects.all():
        document_index(document)
    visitor.get("/search/", {"q": "plan"})
    with CaptureQueriesContext(connection) as few:
        assert "<mark>Plan</mark>" in visitor.get("/search/", {"q": "plan"}).content.decode()
    assert len(few) <= 12
    make_many(ann)
    for document in Document.objects.all():
        document_index(document)
    with django_assert_num_queries(len(few)):
        visitor.get("/search/", {"q": "plan"})


def test_the_order_follows_the_log(visitor: Client, ann: User) -> None:
    """What was written last comes first once it is indexed; what is shown is the log's own time."""
    now = timezone.now()
    for days, name in enumerate(("new", "middle", "old")):
        document = make_document(ann, name)
        document_seed(document=document, author=ann)
        Document.objects.filter(pk=document.pk).update(listed_at=now - timedelta(days=days))
    assert titles(visitor) == ["new", "middle", "old"]
    LogHead.objects.filter(pk=document.pk).update(edited_at=now + timedelta(hours=1))
    document_index(document)
    assert titles(visitor) == ["old", "new", "middle"]
    LogHead.objects.filter(pk=document.pk).update(edited_at=now - timedelta(days=3))
    assert re.search(r">3\s+days ago<", visitor.get("/").content.decode())


@pytest.mark.parametrize("asked", [lists.FIRST_ROWS, 1, 0])
def test_pages_follow_on_without_gap_or_repeat(
    ann: User, monkeypatch: pytest.MonkeyPatch, asked: int
) -> None:
    """Whatever changes meanwhile, and whatever is not for her: each begins after the one before."""
    monkeypatch.setattr(lists, "FIRST_ROWS", asked)
    for number in range(9):
        make_document(title=f"not hers {number}")
    now = timezone.now()
    for number in range(23):
        document = make_document(ann, f"{'abc'[number % 3]} {number:02}")
        # Several share a time: the id tells them apart.
        same = now - timedelta(minutes=number // 4)
        Document.objects.filter(pk=document.pk).update(listed_at=same, created_at=same)
    for sort in Sort:
        wanted, seen, after = Wanted(sort=sort), [], None
        while True:
            rows, after = documents_page(ann, wanted, after, 5)
            seen += [row.pk for row in rows]
            if after is None:
                break
            after = Cursor.decode(after.encode())
            if len(seen) == 10:
                make_document(ann, "aaa new" if sort is Sort.TITLE else "new")
        assert not Document.objects.filter(pk__in=seen).exclude(owner=ann).exists(), sort
        assert len(seen) == len(set(seen)), sort
        old = set(
            Document.objects.filter(owner=ann)
            .exclude(title__contains="new")
            .values_list("pk", flat=True)
        )
        assert old <= set(seen), sort


@pytest.mark.parametrize("broken", ["", "x", "!!!", "W10", "WyJ4IiwieSJd", "bnVsbA", "é"])
def test_a_cursor_that_is_none_begins_at_the_beginning(
    visitor: Client, ann: User, broken: str
) -> None:
    make_document(ann, "One")
    assert titles(visitor, after=broken) == ["One"]


def test_a_cursor_of_another_order_does_no_harm(visitor: Client, ann: User) -> None:
    document = make_document(ann, "One")
    assert titles(visitor, after=Cursor("zebra", document.pk).encode()) == ["One"]


def test_the_filter_stays_within_the_list(visitor: Client, ann: User) -> None:
    make_document(ann, "报告 1")
    make_document(ann, "Letter")
    assert titles(visitor, q="报告") == ["报告 1"]
    page = visitor.get("/", {"q": "zebra\x00", "view": "mine"}).content.decode()
    assert "Nothing has that title" in page
    assert 'href="/search/?q=zebra"' in page
    assert '<input type="hidden" name="view" value="mine">' in page


def test_more_than_a_page_has_a_way_on(visitor: Client, ann: User) -> None:
    for number in range(45):
        make_document(ann, f"d{number}")
    page = visitor.get("/", {"sort": "title"}).content.decode()
    (link,) = re.findall(r'href="(\?[^"]*)" data-more', page)
    rest = visitor.get("/" + link.replace("&amp;", "&")).content.decode()
    assert len(re.findall("data-document=", rest)) == 5
    assert "data-more" not in rest


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Nothing written yet"),
        ("?view=starred", "No stars yet"),
        ("?view=shared", "Nothing is shared with you yet"),
        ("?view=templates", "No templates yet"),
        ("?view=trash", "The trash is empty"),
        ("?tag=x", "Nothing has this tag"),
    ],
)
def test_an_empty_list_says_what_to_do(visitor: Client, query: str, words: str) -> None:
    assert words in visitor.get(f"/{query}").content.decode()


def test_cards_show_the_page_and_are_remembered(visitor: Client, ann: User) -> None:
    document = make_document(ann, "Plan")
    content = parse("# Goals\n\n[a](https://example.org)", "markdown")
    document_seed(document=document, author=ann, content=content)
    document_index(document)
    assert "<h1>Goals</h1>" not in visitor.get("/").content.decode()
    assert "<h1>Goals</h1>" in visitor.get("/?as=cards").content.decode()
    assert "<h1>Goals</h1>" in visitor.get("/").content.decode()
    assert "<h1>Goals</h1>" not in visitor.get("/?as=list").content.decode()


def test_a_new_document_lies_in_the_open_folder(visitor: Client, ann: User) -> None:
    folder = folder_create(owner=ann, name="x")
    made = visitor.post("/new/", {"folder": str(folder.pk)})
    assert Document.objects.get(folder=folder).pk.hex in made["Location"].replace("-", "")
    foreign = folder_create(owner=make_user(), name="y")
    assert visitor.post("/new/", {"folder": str(foreign.pk)}).status_code == 404


def test_the_trash_is_emptied_by_its_owner(visitor: Client, ann: User) -> None:
    kept = make_document(ann, "kept")
    theirs, mine = make_document(title="theirs"), make_document(ann, "mine")
    for document in (theirs, mine):
        document_trash(document=document)
    assert visitor.get("/trash/empty/").status_code == 405
    page = visitor.post("/trash/empty/", follow=True).content.decode()
    assert "The trash is empty now" in page
    assert set(Document.objects.all()) == {kept, theirs}


def test_the_search_page(visitor: Client, ann: User) -> None:
    document = make_document(ann, "<b>Plan</b>")
    document_seed(document=document, author=ann, content=parse("全文检索", "markdown"))
    document_index(document)
    page = visitor.get("/search/", {"q": "检索"}).content.decode()
    assert "<mark>检索</mark>" in page
    assert "&lt;b&gt;Plan" in page
    for query in ({}, {"q": "zebra"}, {"q": "plan", "owner": "x", "from": "2027-99-99"}):
        assert visitor.get("/search/", query).status_code == 200
    assert "What are you looking for" in visitor.get("/search/").content.decode()
    assert "Nothing found" in visitor.get("/search/", {"q": "zebra"}).content.decode()
    assert Client().get("/search/").status_code == 302
