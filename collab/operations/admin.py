"""Live rooms and server processes in the admin, and the self-check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display

from collab.accounts.shown_admin import ShownAdmin
from collab.documents.services import document_freeze, document_unfreeze
from collab.history.admin import BytesAdmin
from collab.operations import people_admin as people_admin  # its page is registered with ours
from collab.operations.checks import self_check
from collab.operations.dashboard import live_part
from collab.operations.documents_admin import OperatedDocumentAdmin
from collab.operations.models import LiveRoom, QuarantinedUpdate, ServerProcess
from collab.operations.selectors import live_processes, live_rooms
from collab.operations.services import peer_remove, room_close

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from collab.accounts.models import User

__all__ = [
    "LiveRoomAdmin",
    "OperatedDocumentAdmin",
    "QuarantinedUpdateAdmin",
    "ServerProcessAdmin",
]

#: Whoever may change documents may act on their rooms; an auditor may view only.
ACT = "documents.change_document"
#: More digits than any id has, and fewer than a database refuses.
MAX_ID_DIGITS = 18


class ReportAdmin(ShownAdmin):
    """What processes say: shown, never edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False


@admin.register(ServerProcess)
class ServerProcessAdmin(ReportAdmin):
    """Running processes."""

    list_display = (
        *("host", "pid", "memory", "waiting_updates", "log_lag_ms", "loop_lag_ms", "started_at"),
    )
    readonly_fields = ("memory",)

    def get_urls(self) -> list[URLPattern]:
        """Add the part of the first page that renews itself."""
        view = self.admin_site.admin_view(self.figures)
        own = [path("figures/", view, name="operations_dashboard")]
        return [*own, *super().get_urls()]

    def figures(self, request: HttpRequest) -> HttpResponse:
        """Show figures and charts, as the first page does to all staff."""
        return render(request, "admin/operations/_dashboard.html", live_part())

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServerProcess]:
        """Return those that were heard of lately."""
        return live_processes()

    @display(description=gettext_lazy("memory"), ordering="memory_bytes")  # type: ignore[untyped-decorator]
    def memory(self, process: ServerProcess) -> str:
        """Return the memory in words."""
        return filesizeformat(process.memory_bytes)


@admin.register(LiveRoom)
class LiveRoomAdmin(ReportAdmin):
    """Open documents: who is in, and what can be done about it. The page renews itself."""

    def get_urls(self) -> list[URLPattern]:
        """Add the part that renews itself, the acts, and the self-check."""
        wrap = self.admin_site.admin_view
        own = [
            path("rows/", wrap(self.rows), name="operations_liveroom_rows"),
            path("act/", wrap(self.act), name="operations_liveroom_act"),
            path("self-check/", wrap(self.self_check), name="operations_self_check"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the live rooms of all processes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Live rooms"),
            "rows_url": reverse("admin:operations_liveroom_rows"),
            **self._rooms(request),
        }
        return TemplateResponse(request, "admin/operations/live_rooms.html", context)

    def rows(self, request: HttpRequest) -> HttpResponse:
        """Show the part of the page that renews itself."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return render(request, "admin/operations/_live_rooms.html", self._rooms(request))

    def _rooms(self, request: HttpRequest) -> dict[str, Any]:
        rooms = sorted(live_rooms(), key=lambda room: (-len(room.peers), str(room.document)))
        processes = list(live_processes())
        return {
            "rooms": rooms,
            "processes": processes,
            "may_act": request.user.has_perm(ACT),
            "act_url": reverse("admin:operations_liveroom_act"),
        }

    @method_decorator(require_POST)
    def act(self, request: HttpRequest) -> HttpResponse:
        """Remove a person from a room, close the room, freeze or unfreeze the document."""
        if not (self.has_view_permission(request) and request.user.has_perm(ACT)):
            raise PermissionDenied
        actor = cast("User", request.user)
        key = request.POST.get("room", "")
        is_number = key.isascii() and key.isdecimal() and len(key) <= MAX_ID_DIGITS
        room = live_rooms().filter(pk=int(key)).first() if is_number else None
        if room is None:
            messages.warning(request, _("The room is closed already."))
            return HttpResponseRedirect(reverse("admin:operations_liveroom_changelist"))
        document = room.document
        match request.POST.get("do"):
            case "remove":
                user_id = request.POST.get("user", "")
                names = {str(peer["user_id"]): peer["name"] for peer in room.peers}
                if user_id not in names:
                    raise Http404
                peer_remove(
                    document=document, user_id=int(user_id), name=names[user_id], actor=actor
                )
                messages.success(request, _("%s was removed from the room.") % names[user_id])
            case "close":
                room_close(document=document, actor=actor)
                messages.success(request, _("The room of “%s” is closed.") % document)
            case "freeze":
                document_freeze(document=document, actor=actor)
                messages.success(request, _("“%s” is frozen.") % document)
            case "unfreeze":
                document_unfreeze(document=document, actor=actor)
                messages.success(request, _("“%s” can be written again.") % document)
            case _:
                raise Http404
        return HttpResponseRedirect(reverse("admin:operations_liveroom_changelist"))

    def self_check(self, request: HttpRequest) -> TemplateResponse:
        """Show what the self-check finds."""
        if not request.user.has_perm("operations.view_serverprocess"):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Self-check"),
            "findings": self_check(),
        }
        return TemplateResponse(request, "admin/operations/self_check.html", context)


@admin.register(QuarantinedUpdate)
class QuarantinedUpdateAdmin(BytesAdmin):
    """Updates that broke a document; with all of their bytes, for who may read text."""

    bytes_field = "update"
    # A panic over a text has the text in its message.
    text_fields = ("error", "whole")
    list_display = (
        *("document", "author", "after_seq", "record_seq", "size_of", "kind", "created_at"),
    )
    list_select_related = ("document", "author")
    search_fields = ("document__title", "document__id", "author__username")
    fields = (
        *("document", "author", "after_seq", "record_seq", "created_at"),
        *("kind", "size_of", "error", "whole"),
    )
    readonly_fields = ("kind", "size_of", "whole")
    ordering = ("-created_at", "-id")

    @display(description=gettext_lazy("size"), ordering="size_bytes")  # type: ignore[untyped-decorator]
    def size_of(self, row: QuarantinedUpdate) -> str:
        """Return how large it was."""
        return filesizeformat(row.size_bytes)

    @display(description=gettext_lazy("kind of error"), ordering="error")  # type: ignore[untyped-decorator]
    def kind(self, row: QuarantinedUpdate) -> str:
        """Return what the CRDT library calls it: a word, since what follows may quote text."""
        name = row.error.partition(":")[0]
        return name if name.isidentifier() else ""

    @display(description=gettext_lazy("bytes"))  # type: ignore[untyped-decorator]
    def whole(self, row: QuarantinedUpdate) -> str:
        """Return all bytes in hex, where they were kept."""
        if not row.update:
            return _("More than QUARANTINE_MAX_BYTES: not kept.")
        return bytes(row.update).hex(" ")
