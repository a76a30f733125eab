"""A person's webhooks, and what was sent to them. See docs/webhooks.md."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.response import Response

from collab.api.base import ApiView, body_of, query_of
from collab.api.errors import NAMES_ONE, Conflict
from collab.api.webhook_schemas import (
    DeliveriesQuery,
    DeliverySchema,
    NewWebhookSchema,
    WebhookBody,
    WebhookChange,
    WebhookSchema,
)
from collab.documents.policy import Action
from collab.webhooks import services
from collab.webhooks.models import Webhook
from collab.webhooks.outbox import ping
from collab.webhooks.services import WebhookError
from collab.webhooks.signing import secret_of

if TYPE_CHECKING:
    from rest_framework.request import Request


class WebhookList(ApiView):
    """The person's webhooks."""

    keeps_answers = False

    @extend_schema(operation_id="webhooks_list", responses=WebhookSchema(many=True))
    def get(self, request: Request) -> Response:
        """List your webhooks, newest first."""
        return Response(WebhookSchema(self.person.webhooks.all(), many=True).data)

    @extend_schema(
        operation_id="webhooks_create",
        request=WebhookBody,
        responses={201: NewWebhookSchema},
        extensions=NAMES_ONE,
    )
    def post(self, request: Request) -> Response:
        """Have an address told what happens to a document of yours, or to all of them.

        The answer has the secret that deliveries are signed with; it is not shown again.
        """
        body = body_of(WebhookBody, request)
        document = None
        if body["document"] is not None:
            document = self.document_for(str(body["document"]), Action.MANAGE_MEMBERS)
        try:
            hook = services.webhook_create(
                owner=self.person, url=body["url"], events=body["events"], document=document
            )
        except WebhookError as error:
            _refuse(error)
        shown = {**WebhookSchema(hook).data, "secret": secret_of(hook.pk)}
        location = reverse("api-webhook", args=[hook.pk])
        return Response(shown, status=HTTPStatus.CREATED, headers={"Location": location})


class _OnWebhook(ApiView):
    """What concerns one webhook."""

    def hook_for(self, webhook_id: str) -> Webhook:
        """Return the person's webhook.

        Raises:
            NotFound: they have none of this id.
        """
        key = _uuid(webhook_id)
        found = None if key is None else self.person.webhooks.filter(pk=key).first()
        if found is None:
            raise exceptions.NotFound("There is no such webhook.")
        return found


class WebhookDetail(_OnWebhook):
    """One webhook."""

    @extend_schema(operation_id="webhooks_retrieve", responses=WebhookSchema)
    def get(self, request: Request, webhook_id: str) -> Response:
        """Show the webhook."""
        return Response(WebhookSchema(self.hook_for(webhook_id)).data)

    @extend_schema(operation_id="webhooks_change", request=WebhookChange, responses=WebhookSchema)
    def patch(self, request: Request, webhook_id: str) -> Response:
        """Change its address or events; switch it off or on. What waits goes to the new address."""
        hook = self.hook_for(webhook_id)
        body = body_of(WebhookChange, request)
        try:
            services.webhook_change(webhook=hook, actor=self.person, **body)
        except WebhookError as error:
            _refuse(error)
        return Response(WebhookSchema(hook).data)

    @extend_schema(operation_id="webhooks_remove", responses={204: None})
    def delete(self, request: Request, webhook_id: str) -> Response:
        """Remove the webhook and its log; what waits is not sent."""
        services.webhook_remove(webhook=self.hook_for(webhook_id), actor=self.person)
        return Response(status=HTTPStatus.NO_CONTENT)


class WebhookPing(_OnWebhook):
    """A delivery that tells of nothing."""

    @extend_schema(operation_id="webhooks_ping", request=None, responses={202: DeliverySchema})
    def post(self, request: Request, webhook_id: str) -> Response:
        """Have a `ping` sent: look among the deliveries for what became of it."""
        hook = self.hook_for(webhook_id)
        if not hook.is_active:
            raise Conflict("The webhook is switched off.")
        return Response(DeliverySchema(ping(webhook=hook)).data, status=HTTPStatus.ACCEPTED)


class DeliveryList(_OnWebhook):
    """The log of a webhook."""

    @extend_schema(
        operation_id="webhook_deliveries_list",
        parameters=[DeliveriesQuery],
        responses=DeliverySchema(many=True),
    )
    def get(self, request: Request, webhook_id: str) -> Response:
        """List what was sent and what waits, newest first."""
        query = query_of(DeliveriesQuery, request)
        rows = self.hook_for(webhook_id).deliveries.all()
        if "state" in query:
            rows = rows.filter(state=query["state"])
        return Response(DeliverySchema(rows[: query["limit"]], many=True).data)


class DeliveryAgain(_OnWebhook):
    """A delivery once more."""

    @extend_schema(
        operation_id="webhook_deliveries_again", request=None, responses={202: DeliverySchema}
    )
    def post(self, request: Request, webhook_id: str, delivery_id: str) -> Response:
        """Have the delivery sent once more, under the same id."""
        key = _uuid(delivery_id)
        rows = self.hook_for(webhook_id).deliveries
        found = None if key is None else rows.filter(pk=key).first()
        if found is None:
            raise exceptions.NotFound("There is no such delivery.")
        services.delivery_again(delivery=found)
        return Response(DeliverySchema(found).data, status=HTTPStatus.ACCEPTED)


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


def _refuse(error: WebhookError) -> NoReturn:
    raise exceptions.ValidationError({error.field: [str(error)]}) from error
