"""The base of our pages in the admin: a list is filtered by what it shows, and by nothing else.

Django lets an address filter a list by any field of its model, shown or not: who may see the rows
could find out a hidden value letter by letter (``?data__contains=…``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models.constants import LOOKUP_SEP
from unfold.admin import ModelAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest


class ShownAdmin(ModelAdmin):  # type: ignore[misc]  # unfold is untyped
    """A model's pages in the admin."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow what the list shows or offers as a filter, and what Django allows of it."""
        first = lookup.split(LOOKUP_SEP)[0]
        return first in self._shown(request) and bool(
            super().lookup_allowed(lookup, value, request)
        )

    def _shown(self, request: HttpRequest) -> set[str]:
        offered = (_name(each) for each in self.get_list_filter(request))
        key = self.model._meta.pk.name
        return {*self.get_list_display(request), *offered, key, "pk"}


def _name(offered: Any) -> str:
    """Return the field of a list's filter, which may stand beside the class that draws it."""
    name = offered[0] if isinstance(offered, list | tuple) else offered
    return str(name).split(LOOKUP_SEP)[0]
