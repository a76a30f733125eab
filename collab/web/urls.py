"""Routes of the pages."""

from __future__ import annotations

from django.urls import path

from collab.web import accounts, attachments, documents

urlpatterns = [
    path("sign-in/", accounts.SignIn.as_view(), name="sign-in"),
    path("sign-out/", accounts.SignOut.as_view(), name="sign-out"),
    path("", documents.home, name="home"),
    path("trash/", documents.trash, name="trash"),
    path("new/", documents.document_new, name="document-new"),
    path("d/<uuid:document_id>/", documents.document, name="document"),
    path(
        "d/<uuid:document_id>/files/<uuid:attachment_id>/",
        attachments.attachment,
        name="attachment",
    ),
    path("d/<uuid:document_id>/rename/", documents.rename, name="document-rename"),
    path("d/<uuid:document_id>/trash/", documents.move_to_trash, name="document-trash"),
    path("d/<uuid:document_id>/restore/", documents.restore, name="document-restore"),
]
