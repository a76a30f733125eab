"""Routes of the REST interface. Every path works with and without a slash at its end."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path
from rest_framework.views import APIView

from collab.api import (
    access_lists,
    attachments,
    attribution,
    audit,
    bulk,
    comparison,
    documents,
    drafts,
    edits,
    erasures,
    exports,
    folders,
    history_export,
    members,
    moments,
    openapi,
    other_roots,
    people,
    places,
    restores,
    revisions,
    search,
    sessions,
    sharing,
    updates,
    webhooks,
)


def _both(route: str, view: type[APIView], name: str) -> list[URLPattern]:
    # The first is the one that links name and the description lists.
    answer = view.as_view()
    return [path(route, answer, name=name), path(f"{route}/", answer)]


_REVISION = "documents/<str:document_id>/revisions/<str:number>"

urlpatterns = [
    *_both("documents", documents.DocumentList, "api-documents"),
    *_both("documents/import", bulk.Import, "api-import"),
    *_both("export", bulk.BulkExport, "api-bulk-export"),
    *_both("documents/<str:document_id>", documents.DocumentDetail, "api-document"),
    *_both("documents/<str:document_id>/restore", documents.DocumentRestore, "api-restore"),
    *_both("documents/<str:document_id>/content", edits.ContentEdits, "api-content"),
    *_both("documents/<str:document_id>/content/append", edits.ContentAppend, "api-append"),
    *_both("documents/<str:document_id>/content/prepend", edits.ContentPrepend, "api-prepend"),
    *_both("documents/<str:document_id>/roots", other_roots.Roots, "api-roots"),
    *_both("documents/<str:document_id>/export", exports.Export, "api-export"),
    *_both("documents/<str:document_id>/updates", updates.Updates, "api-updates"),
    *_both("documents/<str:document_id>/members", members.MemberList, "api-members"),
    *_both("documents/<str:document_id>/members/<str:user_id>", members.MemberDetail, "api-member"),
    *_both("documents/<str:document_id>/at", moments.At, "api-at"),
    *_both("documents/<str:document_id>/timeline", moments.Timeline, "api-timeline"),
    *_both(
        "documents/<str:document_id>/attribution", attribution.AttributionView, "api-attribution"
    ),
    *_both(
        "documents/<str:document_id>/history/export",
        history_export.HistoryExportView,
        "api-history-export",
    ),
    *_both("documents/<str:document_id>/history/erasures", erasures.ErasureList, "api-erasures"),
    *_both("documents/<str:document_id>/diff", comparison.Diff, "api-diff"),
    *_both("documents/<str:document_id>/revisions", revisions.RevisionList, "api-revisions"),
    *_both(f"{_REVISION}", revisions.RevisionDetail, "api-revision"),
    *_both(f"{_REVISION}/content", revisions.RevisionContent, "api-revision-content"),
    *_both(f"{_REVISION}/export", revisions.RevisionExport, "api-revision-export"),
    *_both(f"{_REVISION}/restore", restores.RevisionRestore, "api-revision-restore"),
    *_both(f"{_REVISION}/copy", restores.RevisionCopy, "api-revision-copy"),
    *_both("documents/<str:document_id>/drafts", drafts.DraftList, "api-drafts"),
    *_both("documents/<str:document_id>/draft", drafts.DraftDetail, "api-draft"),
    *_both("documents/<str:document_id>/draft/diff", drafts.DraftDiff, "api-draft-diff"),
    *_both("documents/<str:document_id>/draft/merge", drafts.DraftMerge, "api-draft-merge"),
    *_both("documents/<str:document_id>/draft/update", drafts.DraftUpdate, "api-draft-update"),
    *_both("documents/<str:document_id>/draft/discard", drafts.DraftDiscard, "api-draft-discard"),
    *_both("documents/<str:document_id>/tags", places.DocumentTags, "api-document-tags"),
    *_both("documents/<str:document_id>/star", places.DocumentStar, "api-star"),
    *_both("documents/<str:document_id>/duplicate", places.DocumentDuplicate, "api-duplicate"),
    *_both("documents/<str:document_id>/purge", places.DocumentPurge, "api-purge"),
    *_both("folders", folders.FolderList, "api-folders"),
    *_both("folders/<str:folder_id>", folders.FolderDetail, "api-folder"),
    *_both("folders/<str:folder_id>/members", folders.FolderMemberList, "api-folder-members"),
    *_both(
        "folders/<str:folder_id>/members/<str:user_id>",
        folders.FolderMemberDetail,
        "api-folder-member",
    ),
    *_both("folders/<str:folder_id>/groups", folders.FolderGroupList, "api-folder-groups"),
    *_both(
        "folders/<str:folder_id>/groups/<str:group_id>",
        folders.FolderGroupDetail,
        "api-folder-group",
    ),
    *_both("folders/<str:folder_id>/access", access_lists.FolderAccessList, "api-folder-access"),
    *_both("tags", places.Tags, "api-tags"),
    *_both("search", search.Search, "api-search"),
    *_both("documents/<str:document_id>/attachments", attachments.AttachmentList, "api-files"),
    *_both(
        "documents/<str:document_id>/attachments/copy",
        attachments.AttachmentCopy,
        "api-file-copy",
    ),
    *_both(
        "documents/<str:document_id>/attachments/<str:attachment_id>",
        attachments.AttachmentDetail,
        "api-file",
    ),
    *_both(
        "documents/<str:document_id>/attachments/<str:attachment_id>/content",
        attachments.AttachmentContent,
        "api-file-content",
    ),
    *_both("documents/<str:document_id>/access", access_lists.DocumentAccessList, "api-access"),
    *_both("documents/<str:document_id>/groups", sharing.GroupMemberList, "api-document-groups"),
    *_both(
        "documents/<str:document_id>/groups/<str:group_id>",
        sharing.GroupMemberDetail,
        "api-document-group",
    ),
    *_both("documents/<str:document_id>/link", sharing.Link, "api-link"),
    *_both("documents/<str:document_id>/invitations", sharing.InvitationList, "api-invitations"),
    *_both(
        "documents/<str:document_id>/invitations/<str:invitation_id>",
        sharing.InvitationDetail,
        "api-invitation",
    ),
    *_both(
        "documents/<str:document_id>/access-requests",
        sharing.AccessRequestList,
        "api-access-requests",
    ),
    *_both(
        "documents/<str:document_id>/access-requests/<str:request_id>",
        sharing.AccessRequestDetail,
        "api-access-request",
    ),
    *_both("documents/<str:document_id>/owner", sharing.Owner, "api-owner"),
    *_both("users", people.People, "api-people"),
    *_both("users/me", people.Me, "api-me"),
    *_both("groups", people.Groups, "api-groups"),
    *_both("tokens", people.TokenList, "api-tokens"),
    *_both("tokens/<str:token_id>", people.TokenDetail, "api-token"),
    *_both("webhooks", webhooks.WebhookList, "api-webhooks"),
    *_both("webhooks/<str:webhook_id>", webhooks.WebhookDetail, "api-webhook"),
    *_both("webhooks/<str:webhook_id>/ping", webhooks.WebhookPing, "api-webhook-ping"),
    *_both("webhooks/<str:webhook_id>/deliveries", webhooks.DeliveryList, "api-deliveries"),
    *_both(
        "webhooks/<str:webhook_id>/deliveries/<str:delivery_id>/again",
        webhooks.DeliveryAgain,
        "api-delivery-again",
    ),
    *_both("sessions", sessions.SessionList, "api-sessions"),
    *_both("sessions/<str:session_id>", sessions.SessionDetail, "api-session"),
    *_both("audit", audit.AuditList, "api-audit"),
    *_both("audit/export", audit.AuditExport, "api-audit-export"),
    *_both("schema", openapi.Schema, "api-schema"),
    *_both("docs", openapi.Docs, "api-docs"),
    re_path(r"", documents.NoSuchPath.as_view()),
]
