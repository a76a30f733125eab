from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.forms import ModelMultipleChoiceField
from django.utils import translation

from collab.accounts.permission_words import permission_words, permissions_said

pytestmark = pytest.mark.django_db


def offered() -> Any:
    field: Any = ModelMultipleChoiceField(Permission.objects.all())
    assert permissions_said(field) is field
    return field


def test_each_permission_that_is_offered_is_said_in_chinese() -> None:
    with translation.override("zh-hans"):
        said = [str(label) for _value, label in offered().choices]
    assert "文档 | 可以更改：文档" in said
    assert [each for each in said if "Can " in each or "may " in each] == []


def test_what_no_page_asks_for_is_not_offered() -> None:
    kinds = {each.content_type.model_class() for each in offered().queryset}
    assert kinds <= set(admin.site._registry)


def test_a_permission_of_a_model_that_is_gone_keeps_its_name() -> None:
    permission = Permission.objects.get(codename="view_document")
    permission.codename = "publish"
    permission.name = "Can publish"
    assert permission_words(permission).endswith(" | Can publish")
