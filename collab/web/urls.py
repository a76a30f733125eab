"""Routes of the pages."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from collab.web import (
    accounts,
    attachments,
    documents,
    drafts,
    history,
    home,
    impersonation,
    sharing,
    webhooks,
)

urlpatterns = [
    path("account/login/", RedirectView.as_view(pattern_name="sign-in", query_string=True)),
    path("account/logout/", accounts.SignOut.as_view()),
    path("account/sessions/", accounts.Sessions.as_view()),
    path("account/", accounts.profile, name="profile"),
    path("account/tokens/", accounts.tokens, name="tokens"),
    path("account/tokens/<str:token_id>/end/", accounts.token_end, name="token-end"),
    path("account/webhooks/", webhooks.webhooks, name="webhooks"),
    path("account/webhooks/<uuid:webhook_id>/", webhooks.webhook_act, name="webhook-act"),
    path("account/delete/", accounts.delete, name="account-delete"),
    path("account/", include("allauth.urls")),
    # The last of a name is the one that links lead to.
    path("sign-in/", accounts.SignIn.as_view(), name="account_login"),
    path("sign-in/", accounts.SignIn.as_view(), name="sign-in"),
    path("sign-out/", accounts.SignOut.as_view(), name="account_logout"),
    path("sign-out/", accounts.SignOut.as_view(), name="sign-out"),
    path("language/", accounts.language, name="language"),
    path("avatars/<str:name>", accounts.avatar, name="avatar"),
    path("invitation/<str:token>/", sharing.invitation, name="invitation"),
    path("d/<uuid:document_id>/enter/", sharing.enter, name="document-enter"),
    path("d/<uuid:document_id>/ask/", sharing.ask, name="document-ask"),
    path("impersonation/end/", impersonation.end, name="impersonation-end"),
    path("", home.home, name="home"),
    path("trash/", home.trash, name="trash"),
    path("new/", home.document_new, name="document-new"),
    path("trash/empty/", home.empty_trash, name="trash-empty"),
    path("search/", home.search_page, name="search"),
    path("d/<uuid:document_id>/", documents.document, name="document"),
    path("d/<uuid:document_id>/history/", history.history, name="history"),
    path("d/<uuid:document_id>/review/", drafts.review, name="review"),
    path(
        "d/<uuid:document_id>/files/<uuid:attachment_id>/",
        attachments.attachment,
        name="attachment",
    ),
    path("d/<uuid:document_id>/rename/", documents.rename, name="document-rename"),
    path("d/<uuid:document_id>/trash/", documents.move_to_trash, name="document-trash"),
    path("d/<uuid:document_id>/restore/", documents.restore, name="document-restore"),
]
