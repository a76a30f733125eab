"""Every operation of the description, called with what it allows and with what it forbids.

Schemathesis makes the requests from the description; each runs on the same documents, and what it
did is undone before the next. ``SCHEMATHESIS_EXAMPLES=300`` looks longer than the suite has time
for, and so does ``DATABASE_URL`` on PostgreSQL.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import TestCase
from django.utils import timezone
from hypothesis import HealthCheck, settings
from knox.settings import CONSTANTS
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth

from collab.accounts.models import SHORT_ID_CHARS, ApiToken, User
from collab.accounts.tokens import token_create
from collab.api.content import parse_content
from collab.api.openapi import description
from collab.attachments.services import attachment_add
from collab.documents.models import (
    AccessRequest,
    Document,
    Draft,
    Folder,
    FolderLink,
    FolderMembership,
    GroupMembership,
    Invitation,
    Membership,
    Role,
    Tag,
)
from collab.history.revisions import moment_name
from collab.history.services import document_seed
from collab.webhooks.models import EVENTS, PING, Delivery, Webhook
from tests.attachments.pictures import png
from tests.transactions import looking_inside

#: Requests by chance for each operation, besides those for every bound that the description names.
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "2"))
SEED = int(os.environ.get("SCHEMATHESIS_SEED", "1"))
#: Ids that are no sequence's next.
ANN, BOB, CARL = 1_000_001, 1_000_002, 1_000_003
GROUP, INVITATION, ACCESS_REQUEST = 1_000_001, 1_000_001, 1_000_001
PLAN, TRASHED, FOREIGN, UNKNOWN = (str(UUID(int=n)) for n in range(1, 5))
DRAFT = str(UUID(int=9))
FOLDER, ATTACHMENT, WEBHOOK, DELIVERY = (str(UUID(int=n)) for n in range(5, 9))
TOKEN_DIGEST = "0123456789abcdef" * 8

#: What stands in paths: things that are there, and some that are not, or not for ann.
IN_PATHS = {
    "document_id": [PLAN, DRAFT, TRASHED, FOREIGN, UNKNOWN],
    "folder_id": [FOLDER, UNKNOWN],
    "attachment_id": [ATTACHMENT, UNKNOWN],
    "user_id": [str(BOB), str(CARL)],
    "group_id": [str(GROUP), "1"],
    "invitation_id": [str(INVITATION), "1"],
    "request_id": [str(ACCESS_REQUEST), "1"],
    "webhook_id": [WEBHOOK, UNKNOWN],
    "delivery_id": [DELIVERY, UNKNOWN],
    "token_id": [TOKEN_DIGEST[:SHORT_ID_CHARS], "0" * SHORT_ID_CHARS],
    "session_id": ["1"],
    "number": ["1", "2", "9"],
}
#: What stands in bodies and queries, so that what is named there is there.
ELSEWHERE: dict[str, list[Any]] = {
    "folder": [FOLDER, UNKNOWN],
    "parent": [FOLDER, UNKNOWN],
    "document": [PLAN, FOREIGN],
    "user": ["bob"],
    "group": ["writers"],
    "member": [BOB],
    "url": ["https://example.org/hook"],
}
#: What a text says is for its format to judge, and the description cannot tell: 400 and 422 are
#: right answers to what it allows. 412: the base is one that never was.
TEXTS: tuple[str, ...] = ("400", "412", "422")
OPERATIONS: dict[str, tuple[str, ...]] = {
    "documents_create": TEXTS,
    "content_merge": TEXTS,
    "content_put": TEXTS,
    "content_append": TEXTS,
    "content_prepend": TEXTS,
    "updates_add": TEXTS,
    # One value forbids another, which no parameter's schema can say: seq and time; an end before
    # its begin; a folder in itself.
    "content_at": ("400",),
    "erasures_create": ("400",),
    "folders_change": ("400",),
    # No schema can say that an end is to come.
    "link_change": ("400",),
    # Who is a member of one document need not be one of another.
    "owner_change": ("400",),
}
ALLOWED = ["2xx", "3xx", "401", "403", "404", "409", "429"]


def _with_ids(described: dict[str, Any]) -> dict[str, Any]:
    """Return the description, told which ids there are."""
    told = copy.deepcopy(described)
    for operations in told["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                schema, name = parameter["schema"], parameter["name"]
                if parameter["in"] == "path":
                    schema["enum"] = IN_PATHS[name]
                elif name == "If-Match":
                    schema["enum"] = ["*", '"1"', '"99"']
                elif name in ELSEWHERE:
                    schema.get("items", schema)["enum"] = ELSEWHERE[name]
    for title, schema in told["components"]["schemas"].items():
        if title.endswith("Request"):
            fields = schema["properties"]
            schema["properties"] = {name: _told(name, fields[name]) for name in fields}
    return told


def _told(name: str, field: dict[str, Any]) -> dict[str, Any]:
    kinds = field.get("type", ())
    if name in ELSEWHERE and "items" not in field:
        return {"enum": ELSEWHERE[name] + ([None] if "null" in kinds else [])}
    if "format" in field and "null" in kinds:
        # The same in other words: of a type that may be null Schemathesis forgets the format.
        return {"anyOf": [{**field, "type": "string"}, {"type": "null"}]}
    return field


def _loaded() -> schemathesis.schemas.BaseSchema:
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            # A NUL is refused everywhere, which no schema says.
            "generation": {
                "max-examples": EXAMPLES,
                "deterministic": True,
                "allow-x00": False,
            },
            "checks": {"missing_required_header": {"expected-statuses": ["401", "428"]}},
            "operations": [
                {
                    "include-operation-id": name,
                    "checks": {
                        "positive_data_acceptance": {"expected-statuses": [*ALLOWED, *more]},
                        # As text anything is text: `{}` for one is right.
                        "negative_data_rejection": {"enabled": more is not TEXTS},
                    },
                }
                for name, more in OPERATIONS.items()
            ],
        }
    )
    loaded = schemathesis.openapi.from_dict(_with_ids(description()), config=config)
    loaded.app = WSGIHandler()
    return loaded


schema = _loaded()
asked_without_token: set[str] = set()


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests leave the connection open, and with it the transaction of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def token(db: None, one_connection: None) -> str:
    """Ann's, who has one of everything."""
    ann, bob, carl = (
        User.objects.create(pk=key, username=name, email=f"{name}@example.org")
        for key, name in ((ANN, "ann"), (BOB, "bob"), (CARL, "carl"))
    )
    group = Group.objects.create(pk=GROUP, name="writers")
    ann.groups.add(group)
    folder = Folder.objects.create(pk=UUID(FOLDER), name="Work", owner=ann)
    FolderLink.objects.create(folder=folder, ancestor=folder)
    FolderMembership.objects.create(folder=folder, user=bob, role=Role.VIEWER)
    plan = Document.objects.create(pk=UUID(PLAN), title="Plan", owner=ann, folder=folder)
    Document.objects.create(pk=UUID(TRASHED), title="Old", owner=ann, trashed_at=timezone.now())
    Document.objects.create(pk=UUID(FOREIGN), title="Carl's", owner=carl)
    content = parse_content("# Plan\n\n- [ ] one **bold** step\n", "markdown")
    document_seed(document=plan, content=content, author=ann)
    moment_name(document=plan, name="first")
    draft = Document.objects.create(pk=UUID(DRAFT), title="Plan (draft)", owner=ann)
    document_seed(document=draft, content=content, author=ann)
    Draft.objects.create(document=draft, origin=plan, base_seq=1)
    Membership.objects.create(document=plan, user=bob, role=Role.EDITOR)
    GroupMembership.objects.create(document=plan, group=group, role=Role.VIEWER)
    Tag.objects.create(document=plan, name="work")
    Invitation.objects.create(
        pk=INVITATION,
        document=plan,
        email="dan@example.org",
        role=Role.VIEWER,
        invited_by=ann,
        expires_at=timezone.now() + timedelta(days=1),
    )
    AccessRequest.objects.create(pk=ACCESS_REQUEST, document=plan, user=carl, message="please")
    attachment_add(
        document=plan,
        uploader=ann,
        name="dot.png",
        source=ContentFile(png(1, 1), "dot.png"),
        attachment_id=UUID(ATTACHMENT),
    )
    hook = Webhook.objects.create(
        pk=UUID(WEBHOOK), owner=ann, url="https://example.org/hook", events=list(EVENTS)
    )
    Delivery.objects.create(pk=UUID(DELIVERY), webhook=hook, event=PING, body="{}")
    other = ApiToken(digest=TOKEN_DIGEST, token_key="x" * CONSTANTS.TOKEN_KEY_LENGTH, user=ann)
    ApiToken.objects.bulk_create([other])
    return token_create(ann)


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is done in the block; what it does after its commits is done too."""
    with transaction.atomic():
        with TestCase.captureOnCommitCallbacks(execute=True):
            yield
        transaction.set_rollback(True)


# All operations are one test with parts, for pytest's clock.
@pytest.mark.timeout(900)
# The fixture outlives the request, as it should: every request is undone.
@schema.parametrize()
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_operations_do_what_the_description_says(case: schemathesis.Case[Any], token: str) -> None:
    """No server errors; statuses, types and bodies as described; wrong requests are refused.

    And no content is read, written or compared while a transaction is open.
    """
    label = case.operation.label
    with undone(), looking_inside() as inside:
        answer = case.call_and_validate(
            headers={"Authorization": f"Bearer {token}"},
            # It sends two requests more for each that succeeds: once for an operation is enough.
            excluded_checks=[ignored_auth] if label in asked_without_token else [],
        )
    assert inside.made == set()
    # OPTIONS and its like, tried on the same path, succeed without being asked about.
    is_own = case.method.lower() == case.operation.method.lower()
    if answer.status_code < 300 and is_own:
        asked_without_token.add(label)
