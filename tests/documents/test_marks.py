"""Tags and stars."""

from __future__ import annotations

import pytest

from collab.documents.marks import MAX_TAGS, TagError, star_set, tags_set, tags_used
from collab.documents.models import Role, Star
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


def test_tags_are_lower_case_once_and_in_order() -> None:
    document = make_document()
    assert tags_set(document=document, names=["Work", " work ", "a,b", "", "计划"]) == [
        "a b",
        "work",
        "计划",
    ]
    assert tags_set(document=document, names=["计划", "new"]) == ["new", "计划"]
    assert [tag.name for tag in document.tags.all()] == ["new", "计划"]


def test_tags_have_limits() -> None:
    document = make_document()
    with pytest.raises(TagError, match="20 tags"):
        tags_set(document=document, names=[str(n) for n in range(MAX_TAGS + 1)])
    with pytest.raises(TagError, match="50 characters"):
        tags_set(document=document, names=["x" * 51])


def test_only_tags_that_one_may_see_are_listed() -> None:
    ann, bob = make_user(), make_user()
    shared, own = make_document(ann, members={bob: Role.VIEWER}), make_document(ann)
    tags_set(document=shared, names=["both", "shared"])
    tags_set(document=own, names=["both", "secret"])
    assert [*tags_used(ann)] == [
        {"name": "both", "count": 2},
        {"name": "secret", "count": 1},
        {"name": "shared", "count": 1},
    ]
    assert [row["name"] for row in tags_used(bob)] == ["both", "shared"]


def test_a_star_is_given_once_and_taken() -> None:
    document, user = make_document(), make_user()
    star_set(user=user, document=document, is_starred=True)
    star_set(user=user, document=document, is_starred=True)
    assert Star.objects.count() == 1
    star_set(user=user, document=document, is_starred=False)
    assert not Star.objects.exists()
