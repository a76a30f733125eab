"""What an administrator does to documents beyond their own package: verify, hand over, purge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from collab.documents.admin import DocumentAdmin
from collab.documents.models import Document
from collab.documents.services import MemberError, document_purge
from collab.documents.sharing import document_transfer
from collab.history.verifying import log_verify
from collab.types import DocumentId

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms import ModelForm

    from collab.accounts.models import User

admin.site.unregister(Document)


@admin.register(Document)
class OperatedDocumentAdmin(DocumentAdmin):
    """Documents, with the acts that need the log."""

    actions: tuple[str, ...] = (*DocumentAdmin.actions, "verify", "purge")
    readonly_fields: tuple[str, ...] = tuple(
        name for name in DocumentAdmin.readonly_fields if name != "owner"
    )
    autocomplete_fields = ("owner",)

    def save_model(
        self, request: HttpRequest, obj: Document, form: ModelForm[Document], change: bool
    ) -> None:
        """Rename the document, and hand it over where another owner was chosen."""
        super().save_model(request, obj, form, change)
        if "owner" not in form.changed_data:
            return
        to, document = obj.owner, Document.objects.get(pk=obj.pk)
        try:
            document_transfer(document=document, to=to, actor=cast("User", request.user))
        except MemberError as error:
            self.message_user(request, str(error), messages.ERROR)

    @admin.action(
        description=gettext_lazy("Verify: replay the log and compare"), permissions=["view"]
    )
    def verify(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        """Say of each selected document whether its log replays to what is served."""
        for document in queryset:
            found = log_verify(DocumentId(document.pk))
            words = {"title": str(document), "n": found.records, "problem": found.problem}
            if found.problem is None:
                text = _("“%(title)s”: all %(n)d records replay to the state.") % words
                self.message_user(request, text, messages.SUCCESS)
            else:
                text = _("“%(title)s” is not well: %(problem)s.") % words
                self.message_user(request, text, messages.ERROR)

    @admin.action(description=gettext_lazy("Purge for good…"), permissions=["purge"])
    def purge(self, request: HttpRequest, queryset: QuerySet[Document]) -> HttpResponse | None:
        """Erase documents that lie in the trash, with their history, once it is confirmed."""
        documents = list(queryset)
        if any(not document.is_trashed for document in documents):
            text = _("Only documents in the trash can be purged.")
            self.message_user(request, text, messages.ERROR)
            return None
        if request.POST.get("confirmed") != "yes":
            context = {
                **self.admin_site.each_context(request),
                "title": _("Purge for good?"),
                "documents": documents,
            }
            return TemplateResponse(request, "admin/operations/purge.html", context)
        for document in documents:
            document_purge(document=document, actor=cast("User", request.user))
        text = ngettext(
            "%(count)d document is purged.", "%(count)d documents are purged.", len(documents)
        )
        self.message_user(request, text % {"count": len(documents)}, messages.SUCCESS)
        return None

    def has_purge_permission(self, request: HttpRequest) -> bool:
        """Allow those who have Django's permission to delete documents."""
        user: Any = request.user
        return bool(user.has_perm("documents.delete_document"))
