from __future__ import annotations

import pytest

from collab.operations.people_admin import HeirForm
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_an_heir_is_somebody_who_can_own_a_document() -> None:
    """Named as they sign in, in any case; nobody named is nobody."""
    bob = make_user("bob")
    make_user("gone", is_active=False)
    make_user("visitor", is_guest=True)
    for typed, heir in (("bob", bob), (" BOB ", bob), ("", None)):
        form = HeirForm({"heir": typed})
        assert form.is_valid()
        assert form.cleaned_data["heir"] == heir
    for typed in ("gone", "visitor", "nobody"):
        form = HeirForm({"heir": typed})
        assert not form.is_valid()
        assert form.errors["heir"] == ["There is nobody of that name."]
