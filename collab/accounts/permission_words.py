"""Permissions in the reader's language: Django keeps their names in the database, in English."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: What the first part of a code name says, for the permissions that Django makes of each model.
_VERBS = {
    "add": gettext_lazy("may add: %(what)s"),
    "change": gettext_lazy("may change: %(what)s"),
    "delete": gettext_lazy("may delete: %(what)s"),
    "view": gettext_lazy("may see: %(what)s"),
}


def permission_words(permission: Permission) -> str:
    """Return what a permission allows, beside the part of the program that it belongs to."""
    kind = permission.content_type
    verb, _stroke, model = permission.codename.partition("_")
    what = kind.model_class()
    if what is None or verb not in _VERBS or model != kind.model:
        return f"{_app(kind.app_label)} | {_(permission.name)}"
    said = str(_VERBS[verb]) % {"what": what._meta.verbose_name}
    return f"{_app(kind.app_label)} | {said}"


def _app(label: str) -> str:
    return str(apps.app_configs[label].verbose_name) if label in apps.app_configs else label


def permissions_said(field: Any) -> Any:
    """Return a form's field of several; one of permissions says its choices in words.

    What no page of the admin asks for is not offered: it would allow nothing.
    """
    queryset: Any = getattr(field, "queryset", None)
    if getattr(queryset, "model", None) is Permission:
        models = admin.site._registry
        kinds = ContentType.objects.get_for_models(*models, for_concrete_models=False).values()
        field.queryset = queryset.filter(content_type__in=[kind.pk for kind in kinds])
        field.label_from_instance = permission_words
    return field
