"""What an administrator does to documents beyond their own package: verify, hand over, purge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from unfold.admin import TabularInline
from unfold.decorators import display

from collab.accounts.rights import may_read_text
from collab.attachments.models import Attachment
from collab.audit.services import audit_record
from collab.crdt.doc import CrdtFailure
from collab.documents.admin import DocumentAdmin
from collab.documents.models import Document
from collab.documents.services import MemberError, document_purge
from collab.documents.sharing import document_transfer
from collab.history.update_log import DatabaseUpdateLog
from collab.history.verifying import log_verify
from collab.library.exports import zip_of
from collab.streaming import streamed
from collab.types import DocumentId

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms import ModelForm

    from collab.accounts.models import User

admin.site.unregister(Document)


class AttachmentInline(TabularInline):  # type: ignore[misc]  # unfold is untyped
    """The files of a document, to look at: what no state names goes by itself."""

    model = Attachment
    fields = ("name", "content_type", "shown_size", "uploader", "created_at", "used_at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False

    @display(description=gettext_lazy("size"))  # type: ignore[untyped-decorator]
    def shown_size(self, attachment: Attachment) -> str:
        """Return the size in words."""
        return filesizeformat(attachment.size_bytes)


@admin.register(Document)
class OperatedDocumentAdmin(DocumentAdmin):
    """Documents, with the acts that need the log."""

    inlines = (*DocumentAdmin.inlines, AttachmentInline)
    actions: tuple[str, ...] = (*DocumentAdmin.actions, "verify", "compact", "export", "purge")
    readonly_fields: tuple[str, ...] = tuple(
        name for name in DocumentAdmin.readonly_fields if name != "owner"
    )
    autocomplete_fields = ("owner",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Document | None = None
    ) -> tuple[str, ...]:
        """Show the owner only, to who may not read text: handing over is a way to it."""
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if may_read_text(request.user) else (*fixed, "owner")

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
                words["problem"] = _without_text(request, found.problem)
                text = _("“%(title)s” is not well: %(problem)s.") % words
                self.message_user(request, text, messages.ERROR)

    @admin.action(
        description=gettext_lazy("Compact: one state for all records"), permissions=["change"]
    )
    def compact(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        """Make the state of each selected document anew, so that it opens quickly."""
        log = DatabaseUpdateLog()
        for document in queryset:
            try:
                seq = log.checkpoint(DocumentId(document.pk))
            except CrdtFailure as error:
                problem = _without_text(request, str(error))
                words = {"title": str(document), "problem": problem}
                text = _("“%(title)s” is not well: %(problem)s.") % words
                self.message_user(request, text, messages.ERROR)
                continue
            audit_record(
                action="document.compact",
                actor=cast("User", request.user),
                subject=document.title,
                document_id=document.pk,
            )
            text = _("“%(title)s”: one state for %(n)d records.")
            text = text % {"title": str(document), "n": int(seq)}
            self.message_user(request, text, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Export as a zip of Markdown"), permissions=["export"])
    def export(self, request: HttpRequest, queryset: QuerySet[Document]) -> StreamingHttpResponse:
        """Send the text of the selected documents; who took which is in the audit log."""
        actor = cast("User", request.user)
        documents = Document.objects.filter(pk__in=queryset.values("pk"))
        for document in documents:
            audit_record(
                action="document.export",
                actor=actor,
                subject=document.title,
                document_id=document.pk,
            )
        chosen = documents.select_related("owner").prefetch_related("tags").order_by("title", "pk")
        pieces = zip_of(chosen, user=actor, wanted="markdown", language=get_language() or "en")
        response = StreamingHttpResponse(streamed(request, pieces), content_type="application/zip")
        response["Content-Disposition"] = 'attachment; filename="documents.zip"'
        response["Cache-Control"] = "private, no-store"
        return response

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Allow those who may read what people write."""
        return may_read_text(request.user)

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


def _without_text(request: HttpRequest, problem: str) -> str:
    """Return the problem; without what the CRDT library said of it, who may not read text.

    A panic over a text has the text in its message.
    """
    return problem if may_read_text(request.user) else problem.partition(":")[0]
