"""Documents in the admin: found, renamed, shared, put in the trash and taken out of it.

Every change calls a service, so that open pages hear of it. Nothing is deleted here: history is
kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, F, QuerySet
from django.db.models.functions import Coalesce
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.forms import PaginationInlineFormSet

from collab.accounts.rights import may_read_text
from collab.accounts.shown_admin import ShownAdmin
from collab.documents import drafts_admin as drafts_admin  # its page is registered with ours
from collab.documents import services, sharing
from collab.documents.models import (
    Document,
    GroupMembership,
    Invitation,
    LinkReach,
    Membership,
    Role,
)

if TYPE_CHECKING:
    from datetime import datetime

    from django.forms import ModelForm
    from django.http import HttpRequest

    from collab.accounts.models import User


class MemberFormSet(PaginationInlineFormSet):  # type: ignore[misc]  # unfold is untyped
    """The members of one document."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Give each field of the table the name of its column: screen readers hear no more."""
        super().add_fields(form, index)
        for field in form.fields.values():
            field.widget.attrs.setdefault("aria-label", str(field.label))

    def clean(self) -> None:
        """Check what the service would refuse.

        Raises:
            ValidationError: the owner is among the members.
        """
        super().clean()
        users = (form.cleaned_data.get("user") for form in self.forms if form.is_valid())
        if any(user is not None and user.pk == self.instance.owner_id for user in users):
            raise ValidationError(_("The owner cannot be a member besides."))


class ReaderInline(TabularInline):  # type: ignore[misc]  # unfold is untyped
    """Who reads a document. Whoever adds somebody can add themselves: it is a way to the text."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Allow those who may read what people write."""
        return bool(super().has_add_permission(request, obj)) and may_read_text(request.user)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Allow those who may read what people write."""
        return bool(super().has_change_permission(request, obj)) and may_read_text(request.user)


class MemberInline(ReaderInline):
    """Who has which role."""

    model = Membership
    formset = MemberFormSet
    fields = ("user", "role", "created_at")
    readonly_fields = ("created_at",)
    autocomplete_fields = ("user",)
    extra = 0


class GroupInline(ReaderInline):
    """Which groups have which role."""

    model = GroupMembership
    fields = ("group", "role", "created_at")
    readonly_fields = ("created_at",)
    extra = 0


class InvitationInline(TabularInline):  # type: ignore[misc]  # unfold is untyped
    """Who is invited; withdrawn in the list of invitations."""

    model = Invitation
    fields = ("email", "role", "invited_by", "created_at", "expires_at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse: an invitation is a letter, and its sender a member."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse."""
        return False


@admin.register(Invitation)
class InvitationAdmin(ShownAdmin):
    """Invitations that are not yet accepted."""

    list_display = ("email", "document", "role", "invited_by", "created_at", "expires_at")
    list_filter = ("role", "created_at", "expires_at")
    list_select_related = ("document", "invited_by")
    search_fields = ("email", "document__title", "invited_by__username")
    fields = list_display
    readonly_fields = list_display
    actions = ("withdraw",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: people invite."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse: an invitation is withdrawn, not changed."""
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out the deletion that would tell nobody."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.action(
        description=_("Withdraw: the letter opens nothing any more"), permissions=["delete"]
    )
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        """Take the selected invitations back."""
        invitations = list(queryset.select_related("document"))
        for invitation in invitations:
            sharing.invitation_withdraw(invitation=invitation, actor=cast("User", request.user))
        text = ngettext(
            "%(count)d invitation is withdrawn.",
            "%(count)d invitations are withdrawn.",
            len(invitations),
        )
        self.message_user(request, text % {"count": len(invitations)}, messages.SUCCESS)

    def delete_model(self, request: HttpRequest, obj: Invitation) -> None:
        """Withdraw, by the service that notes it."""
        sharing.invitation_withdraw(invitation=obj, actor=cast("User", request.user))


@admin.register(Document)
class DocumentAdmin(ShownAdmin):
    """Documents."""

    list_display = ("shown_title", "owner", "members", "size", "last_edit", "created_at", "state")
    list_filter = (
        ("trashed_at", admin.EmptyFieldListFilter),
        ("frozen_at", admin.EmptyFieldListFilter),
        "link_reach",
        "is_template",
        "created_at",
        ("owner", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("owner",)
    search_fields = ("title", "id", "owner__username", "owner__display_name", "owner__email")
    ordering = ("-updated_at",)
    fields = (
        "title",
        "id",
        "owner",
        "size",
        "edited",
        "created_at",
        "updated_at",
        "trashed_at",
        "frozen_at",
        "folder",
        "link_reach",
        "link_role",
        "link_expires_at",
        "places",
    )
    readonly_fields: tuple[str, ...] = (
        *("id", "owner", "size", "edited", "created_at", "updated_at", "trashed_at"),
        *("frozen_at", "folder", "link_reach", "link_role", "link_expires_at", "places"),
    )
    inlines: tuple[type[TabularInline], ...] = (MemberInline, GroupInline, InvitationInline)
    actions: tuple[str, ...] = ("move_to_trash", "restore", "freeze", "unfreeze", "close_link")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        """Return documents with what the list shows, in one query."""
        documents = cast("QuerySet[Document]", super().get_queryset(request))
        # The log head lives above this package; its columns are reached by name.
        return documents.annotate(
            size_bytes=Coalesce(F("log_head__size_bytes"), 0),
            edited_at=Coalesce(F("log_head__edited_at"), F("updated_at")),
            member_count=Count("memberships"),
        )

    @display(description=_("title"), ordering="title")  # type: ignore[untyped-decorator]
    def shown_title(self, document: Document) -> str:
        """Return the title, or a word for a document without one."""
        return str(document)

    @display(description=_("members"), ordering="member_count")  # type: ignore[untyped-decorator]
    def members(self, document: Any) -> int:
        """Return how many members there are besides the owner."""
        return int(document.member_count)

    @display(description=_("size of the log"), ordering="size_bytes")  # type: ignore[untyped-decorator]
    def size(self, document: Any) -> str:
        """Return how much the log holds."""
        return filesizeformat(document.size_bytes)

    @display(description=_("last edit"), ordering="edited_at")  # type: ignore[untyped-decorator]
    def last_edit(self, document: Any) -> datetime:
        """Return when the content was last changed."""
        return cast("datetime", document.edited_at)

    @display(description=_("last edit"))  # type: ignore[untyped-decorator]
    def edited(self, document: Any) -> str:
        """Return the same in words: the page of a document does not write a time out by itself."""
        return date_format(localtime(document.edited_at), "DATETIME_FORMAT")

    @display(description=_("elsewhere"))  # type: ignore[untyped-decorator]
    def places(self, document: Document) -> str:
        """Link to the records, the revisions and the audit log of the document.

        Its text is not shown here: an administrator reads what is shared with them.
        """
        places = (
            (_("update log"), "admin:history_updaterecord_changelist"),
            (_("revisions"), "admin:history_revision_changelist"),
            (_("audit log"), "admin:audit_auditentry_changelist"),
        )
        return format_html_join(
            " · ",
            '<a class="text-primary-600 dark:text-primary-500" href="{}?q={}">{}</a>',
            ((reverse(name), document.pk, title) for title, name in places),
        )

    @display(  # type: ignore[untyped-decorator]
        description=_("state"), label={"trash": "warning", "frozen": "info", "live": "success"}
    )
    def state(self, document: Document) -> tuple[str, str]:
        """Return whether it is in the trash, frozen or in use."""
        if document.is_trashed:
            return "trash", str(_("in the trash"))
        if document.is_frozen:
            return "frozen", str(_("frozen"))
        return "live", str(_("in use"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: people make documents."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse: the log would go too."""
        return False

    def save_model(
        self, request: HttpRequest, obj: Document, form: ModelForm[Document], change: bool
    ) -> None:
        """Rename the document: nothing else of it can be changed here."""
        if "title" in form.changed_data:
            services.document_rename(document=obj, title=obj.title)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Give and take roles by the services, which close or change live sockets."""
        document, actor = form.instance, cast("User", request.user)
        formset.save(commit=False)
        if formset.model is not Membership:
            self._save_groups(document, formset, actor)
            return
        for member in formset.deleted_objects:
            services.member_remove(document=document, user_id=member.user_id, actor=actor)
        for member, changed in formset.changed_objects:
            if "user" in changed:
                before = Membership.objects.get(pk=member.pk)
                services.member_remove(document=document, user_id=before.user_id, actor=actor)
            role = Role(member.role)
            services.member_set(document=document, user=member.user, role=role, actor=actor)
        for member in formset.new_objects:
            role = Role(member.role)
            services.member_set(document=document, user=member.user, role=role, actor=actor)

    def _save_groups(self, document: Document, formset: Any, actor: User) -> None:
        for row in formset.deleted_objects:
            sharing.group_remove(document=document, group_id=row.group_id, actor=actor)
        for row, changed in formset.changed_objects:
            if "group" in changed:
                before = GroupMembership.objects.get(pk=row.pk)
                sharing.group_remove(document=document, group_id=before.group_id, actor=actor)
        for row in (*(pair[0] for pair in formset.changed_objects), *formset.new_objects):
            role = Role(row.role)
            sharing.group_set(document=document, group=row.group, role=role, actor=actor)

    @admin.action(description=_("Close the link: it lets nobody in"), permissions=["change"])
    def close_link(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        """Restrict the selected documents to those who have a role; others are closed out."""
        documents = list(queryset.exclude(link_reach=LinkReach.RESTRICTED))
        for document in documents:
            sharing.link_set(
                document=document,
                reach=LinkReach.RESTRICTED,
                role=Role(document.link_role),
                expires_at=document.link_expires_at,
                password=None,
                actor=cast("User", request.user),
            )
        text = ngettext("%(count)d link is closed.", "%(count)d links are closed.", len(documents))
        self.message_user(request, text % {"count": len(documents)}, messages.SUCCESS)

    @admin.action(description=_("Move to the trash"), permissions=["change"])
    def move_to_trash(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        """Put the selected documents in the trash; their live sockets are closed."""
        documents = list(queryset.filter(trashed_at=None))
        for document in documents:
            services.document_trash(document=document, actor=cast("User", request.user))
        text = ngettext(
            "%(count)d document is in the trash.",
            "%(count)d documents are in the trash.",
            len(documents),
        )
        self.message_user(request, text % {"count": len(documents)}, messages.SUCCESS)

    @admin.action(description=_("Restore from the trash"), permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        """Take the selected documents out of the trash."""
        documents = list(queryset.filter(trashed_at__isnull=False))
        for document in documents:
            services.document_restore(document=document, actor=cast("User", request.user))
        text = ngettext(
            "%(count)d document is back.", "%(count)d documents are back.", len(documents)
        )
        self.message_user(request, text % {"count": len(documents)}, messages.SUCCESS)

    @admin.action(description=_("Freeze: nobody may write"), permissions=["change"])
    def freeze(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        """Stop all writing in the selected documents; their open pages say why."""
        documents = list(queryset.filter(frozen_at=None))
        for document in documents:
            services.document_freeze(document=document, actor=cast("User", request.user))
        text = ngettext(
            "%(count)d document is frozen.", "%(count)d documents are frozen.", len(documents)
        )
        self.message_user(request, text % {"count": len(documents)}, messages.SUCCESS)

    @admin.action(description=_("Unfreeze"), permissions=["change"])
    def unfreeze(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        """Let people write again in the selected documents."""
        documents = list(queryset.filter(frozen_at__isnull=False))
        for document in documents:
            services.document_unfreeze(document=document, actor=cast("User", request.user))
        text = ngettext(
            "%(count)d document can be written again.",
            "%(count)d documents can be written again.",
            len(documents),
        )
        self.message_user(request, text % {"count": len(documents)}, messages.SUCCESS)
