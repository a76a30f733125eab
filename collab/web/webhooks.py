"""The page of a person's webhooks."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from collab.accounts.models import User
from collab.documents import policy
from collab.documents.happenings import Happening
from collab.documents.models import Document
from collab.documents.policy import Action
from collab.webhooks import services
from collab.webhooks.models import EVENTS, MAX_URL_CHARS, Webhook
from collab.webhooks.outbox import ping
from collab.webhooks.services import WebhookError
from collab.webhooks.signing import secret_of

#: Documents that can be chosen on the page, those last changed first; REST takes any.
MAX_CHOICES = 100
#: Deliveries shown of each webhook.
SHOWN = 5
WORDS = {
    Happening.CREATED: gettext_lazy("a document is made"),
    Happening.RENAMED: gettext_lazy("it gets another title"),
    Happening.EDITED: gettext_lazy("its text was edited"),
    Happening.TRASHED: gettext_lazy("it is put in the trash"),
    Happening.RESTORED: gettext_lazy("it is taken out of the trash"),
    Happening.PURGED: gettext_lazy("it is erased for good"),
    Happening.MEMBER_CHANGED: gettext_lazy("somebody is given a role, or loses it"),
    Happening.REVISION_CREATED: gettext_lazy("a revision begins"),
    Happening.REVISION_NAMED: gettext_lazy("a revision is named"),
    Happening.REVISION_RESTORED: gettext_lazy("a revision is brought back"),
}


class WebhookForm(forms.Form):
    """A new webhook."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=MAX_URL_CHARS,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    document = forms.ModelChoiceField(
        Document.objects.none(),
        label=gettext_lazy("Of which document?"),
        required=False,
        empty_label=gettext_lazy("all documents that I own"),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("It is told when"),
        choices=[(what.value, words) for what, words in WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
        initial=list(EVENTS),
    )

    def __init__(self, *args: Any, owner: User) -> None:
        super().__init__(*args)
        own = Document.objects.filter(owner=owner, trashed_at=None).order_by("-updated_at")
        self.fields["document"].queryset = own  # type: ignore[attr-defined]  # a model choice
        shown = own[:MAX_CHOICES]
        self.fields["document"].choices = [  # type: ignore[attr-defined]  # a choice field
            ("", self.fields["document"].empty_label),  # type: ignore[attr-defined]  # as above
            *((str(document.pk), str(document)) for document in shown),
        ]


def _person(request: HttpRequest) -> User:
    # login_required stands before every view that asks.
    return cast("User", request.user)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    """Show a person's webhooks with what was last sent to them, and make new ones."""
    user = _person(request)
    form = WebhookForm(request.POST if request.method == "POST" else None, owner=user)
    made, secret = None, ""
    if request.method == "POST" and form.is_valid():
        document = form.cleaned_data["document"]
        try:
            if document is not None and not policy.may(user, Action.MANAGE_MEMBERS, document):
                raise Http404
            made = services.webhook_create(
                owner=user,
                url=form.cleaned_data["url"],
                events=form.cleaned_data["events"],
                document=document,
            )
        except WebhookError as error:
            form.add_error(error.field, str(error))
        else:
            secret = secret_of(made.pk)
            form = WebhookForm(None, owner=user)
    rows = user.webhooks.select_related("document")
    shown = [
        {
            "hook": hook,
            "tells_all": len(hook.events) == len(EVENTS),
            "events": [WORDS[Happening(name)] for name in hook.events],
            "deliveries": hook.deliveries.all()[:SHOWN],
        }
        for hook in rows
    ]
    context = {"form": form, "made": made, "secret": secret, "webhooks": shown}
    return render(request, "web/webhooks.html", context)


@login_required
@require_POST
def webhook_act(request: HttpRequest, webhook_id: str) -> HttpResponse:
    """Test a webhook, switch it off or on, or remove it.

    Raises:
        Http404: the person has none of this id, or this cannot be done with it.
    """
    user = _person(request)
    hook = Webhook.objects.filter(owner=user, pk=webhook_id).first()
    if hook is None:
        raise Http404
    match request.POST.get("do"):
        case "ping" if hook.is_active:
            ping(webhook=hook)
            messages.success(request, _("A test is on its way. Load the page again to see it."))
        case "off":
            services.webhook_change(webhook=hook, actor=user, is_active=False)
            messages.success(request, _("Nothing more is sent to it."))
        case "on":
            services.webhook_change(webhook=hook, actor=user, is_active=True)
            messages.success(request, _("It is sent to again."))
        case "remove":
            services.webhook_remove(webhook=hook, actor=user)
            messages.success(request, _("The webhook is removed."))
        case _:
            raise Http404
    return redirect("webhooks")
