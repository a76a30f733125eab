"""The base of our pages in the admin: a list is filtered by what it shows, and by nothing else.

Django lets an address filter a list by any field of its model, shown or not: who may see the rows
could find out a hidden value letter by letter (``?data__contains=…``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models.constants import LOOKUP_SEP
from unfold.admin import ModelAdmin

from collab.audit.services import audit_record

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest

#: What the audit log calls the things whose forms are written by the admin itself. Whatever is not
#: here is changed by a service, which notes it.
NOUNS = {
    "account.emailaddress": "address",
    "accounts.secondstep": "second_step",
    "accounts.user": "person",
    "auth.group": "people",
    "documents.document": "document",
    "operations.quarantinedupdate": "quarantine",
    "socialaccount.socialaccount": "joined",
}

#: Rows within a form, by their English names, whose services note them one by one.
_NOTED_BY_SERVICES = frozenset({"membership", "group membership", "invitation"})


class ShownAdmin(ModelAdmin):  # type: ignore[misc]  # unfold is untyped
    """A model's pages in the admin. What its forms change stands in the audit log."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow what the list shows or offers as a filter, and what Django allows of it."""
        first = lookup.split(LOOKUP_SEP)[0]
        return first in self._shown(request) and bool(
            super().lookup_allowed(lookup, value, request)
        )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Note what was made."""
        self.note(request, "add", obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Note which fields were changed; the values may be secret."""
        if fields := changed_fields(message):
            self.note(request, "change", obj, fields=fields)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Note what was removed."""
        for obj in queryset:
            self.note(request, "remove", obj)
        return super().log_deletions(request, queryset)

    def note(self, request: HttpRequest, verb: str, obj: Model, **details: Any) -> None:
        """Write an entry of the audit log about ``obj``, where no service does."""
        label = obj._meta.label_lower
        if label in NOUNS:
            audit_record(
                action=f"{NOUNS[label]}.{verb}",
                actor=request.user,  # type: ignore[arg-type]  # the admin lets nobody else in
                subject=str(obj),
                document_id=obj.pk if label == "documents.document" else None,
                **details,
            )

    def _shown(self, request: HttpRequest) -> set[str]:
        offered = (_name(each) for each in self.get_list_filter(request))
        key = self.model._meta.pk.name
        return {*self.get_list_display(request), *offered, key, "pk"}


def _name(offered: Any) -> str:
    """Return the field of a list's filter, which may stand beside the class that draws it."""
    name = offered[0] if isinstance(offered, list | tuple) else offered
    return str(name).split(LOOKUP_SEP)[0]


def changed_fields(message: Any) -> list[str]:
    """Return the names of what a form has changed, its inlines too, as Django's message has it."""
    if not isinstance(message, list):
        return [str(message)]
    fields = []
    for part in message:
        for what in part.values():
            named = what.get("name", "")
            if named in _NOTED_BY_SERVICES:
                continue
            own = [str(each) for each in what.get("fields", ())]
            fields += [f"{named}: {each}" if named else each for each in own] or [str(named)]
    return [each for each in fields if each]
