"""What happens is told: once it is committed, signed, and until it is taken."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from collab.accounts.models import User
from collab.audit.models import AuditEntry
from collab.documents import services as documents
from collab.documents.models import Document, Role
from collab.documents.sharing import document_transfer
from collab.history.past import moment_by_seq
from collab.history.restore import moment_restore
from collab.history.revisions import moment_name, revisions_cut
from collab.history.services import document_seed
from collab.richtext.formats import parse
from collab.types import DocumentId
from collab.webhooks.models import EVENTS, Delivery, Webhook
from collab.webhooks.outbox import ping
from collab.webhooks.sending import claim, pause_s, send_claimed
from collab.webhooks.services import (
    WebhookError,
    delivery_again,
    forget_old_deliveries,
    webhook_create,
)
from collab.webhooks.signing import secret_of, signature
from tests.crdt.sessions import Writer
from tests.factories import make_document, make_user
from tests.history.logs import append
from tests.history.scenes import line, paragraph
from tests.webhooks.receiver import Receiver, verify

pytestmark = pytest.mark.django_db


def hook_of(user: User, receiver: Receiver, document: Document | None = None) -> Webhook:
    return webhook_create(owner=user, url=receiver.url, events=EVENTS, document=document)


def deliver(*, later: bool = False) -> None:
    """Send what is due, here and now; or later, when all that waits is."""
    if later:
        Delivery.objects.update(next_attempt_at=timezone.now())
    for webhook_id in claim(10):
        send_claimed(webhook_id)


def test_a_signature_is_that_of_the_specification(settings: Settings) -> None:
    """Checked with a receiver's own steps; another body, time or server key makes another."""
    settings.SECRET_KEY = "k" * 50
    hook = Webhook()
    said = signature(hook.pk, delivery_id=hook.pk, timestamp=1_700_000_000, body=b'{"a": 1}')
    headers = {
        "webhook-id": str(hook.pk),
        "webhook-timestamp": "1700000000",
        "webhook-signature": said,
    }
    assert verify(secret_of(hook.pk), headers, b'{"a": 1}')
    assert not verify(secret_of(hook.pk), headers, b'{"a": 2}')
    assert not verify(
        secret_of(hook.pk), headers | {"webhook-timestamp": "1700000001"}, b'{"a": 1}'
    )
    settings.SECRET_KEY = "l" * 50
    assert not verify(secret_of(hook.pk), headers, b'{"a": 1}')


def test_all_that_happens_to_documents(ann: User, receiver: Receiver) -> None:
    """Each event comes once, in order, with what a program needs to look further."""
    hook_of(ann, receiver)
    bob = make_user("bob", display_name="Bob")
    document = documents.document_create(owner=ann, title="Plan")
    plan = {"id": str(document.pk), "title": "The plan"}
    documents.document_rename(document=document, title="The plan")
    documents.member_set(document=document, user=bob, role=Role.EDITOR, actor=ann)
    documents.member_remove(document=document, user_id=bob.pk, actor=ann)
    document_seed(document=document, author=ann, content=parse("one", "markdown"))
    revisions_cut(document_id=DocumentId(document.pk))
    moment_name(document=document, name="first")
    documents.document_trash(document=document)
    documents.document_trash(document=document)  # it is there already
    documents.document_restore(document=document)
    documents.document_restore(document=document)
    documents.document_purge(document=document, actor=ann)
    deliver()
    told = [(body["type"], body["data"]) for body in receiver.events]
    who = {"id": bob.pk, "name": "Bob"}
    assert told == [
        ("document.created", {"document": {**plan, "title": "Plan"}}),
        ("document.renamed", {"document": plan}),
        ("member.changed", {"document": plan, "role": "editor", "user": who}),
        ("member.changed", {"document": plan, "role": None, "user": who}),
        (
            "document.edited",
            {
                "document": plan,
                "first_seq": 1,
                "seq": 1,
                "authors": [{"id": ann.pk, "name": "Ann"}],
            },
        ),
        ("revision.created", {"document": plan, "revision": 1, "seq": 1}),
        ("revision.named", {"document": plan, "revision": 1, "seq": 1, "name": "first"}),
        ("document.trashed", {"document": plan}),
        ("document.restored", {"document": plan}),
        ("document.purged", {"document": plan}),
    ]


def test_a_revision_that_is_brought_back(ann: User, receiver: Receiver) -> None:
    hook_of(ann, receiver)
    document = make_document(ann)
    document_seed(document=document, author=ann, content=parse("one", "markdown"))
    key = DocumentId(document.pk)
    writer = Writer(7)
    writer.body.children.append(paragraph("two"))
    append(document, ann, writer.sent)
    moment_restore(document=document, moment=moment_by_seq(key, 1), actor=ann)
    deliver()
    (restored,) = receiver.named("revision.restored")
    assert restored["data"]["seq"] == 3


def test_edits_are_told_together(ann: User, receiver: Receiver, settings: Settings) -> None:
    """Those that come while one waits to be told are told with it; what comes later, later."""
    settings.ENV = replace(settings.ENV, webhook_edit_s=30.0)
    hook_of(ann, receiver)
    document = make_document(ann)
    bob = make_user("bob", display_name="Bob")
    writer = Writer(7)
    writer.body.children.append(paragraph("one"))
    for who in (ann, bob, ann):
        line(writer).insert(0, "x")
        append(document, who, writer.sent, is_relayed=who is bob)
        writer.sent.clear()
        revisions_cut(document_id=DocumentId(document.pk))
    deliver()
    assert receiver.named("document.edited") == []
    deliver(later=True)
    (edited,) = receiver.named("document.edited")
    assert (edited["data"]["first_seq"], edited["data"]["seq"]) == (1, 4)
    assert [author["name"] for author in edited["data"]["authors"]] == ["Ann", "Bob"]
    line(writer).insert(0, "x")
    append(document, ann, writer.sent)
    revisions_cut(document_id=DocumentId(document.pk))
    deliver(later=True)
    assert [body["data"]["first_seq"] for body in receiver.named("document.edited")] == [1, 5]


def test_only_the_owner_of_the_document_is_told(ann: User, receiver: Receiver) -> None:
    """Not members, not strangers, and not who owned it before."""
    bob = make_user("bob")
    hook_of(bob, receiver)
    document = make_document(ann, members={bob: Role.EDITOR})
    documents.document_rename(document=document, title="Ann's")
    document_transfer(document=document, to=bob, actor=ann)
    documents.document_rename(document=document, title="Bob's")
    document_transfer(document=document, to=ann, actor=bob)
    documents.document_rename(document=document, title="Ann's again")
    deliver()
    assert [body["data"]["document"]["title"] for body in receiver.events] == ["Bob's"]


def test_a_person_who_is_suspended_is_told_nothing(ann: User, receiver: Receiver) -> None:
    """Neither what happens then, nor what waited."""
    hook = hook_of(ann, receiver)
    documents.document_create(owner=ann)
    User.objects.update(is_active=False)
    documents.document_create(owner=ann)
    deliver()
    assert (hook.deliveries.count(), receiver.got) == (1, [])


def test_who_waits_longest_has_the_next_turn(ann: User, receiver: Receiver) -> None:
    first, second, third = (hook_of(ann, receiver) for _ in range(3))
    now = timezone.now()
    for hook, age_s in ((first, 1), (second, 3), (third, 2)):
        row = ping(webhook=hook)
        due = now - timedelta(seconds=age_s)
        Delivery.objects.filter(pk=row.pk).update(next_attempt_at=due)
    assert claim(2) == [second.pk, third.pk]
    assert claim(2) == [first.pk]


def test_a_webhook_of_one_document_for_some_events(ann: User, receiver: Receiver) -> None:
    one, other = make_document(ann), make_document(ann)
    webhook_create(owner=ann, url=receiver.url, events=["document.renamed"], document=one)
    for document in (one, other):
        documents.document_rename(document=document, title=f"T {document.pk}")
        documents.document_trash(document=document)
    deliver()
    assert [body["type"] for body in receiver.events] == ["document.renamed"]
    assert receiver.events[0]["data"]["document"]["id"] == str(one.pk)


def test_what_is_rolled_back_is_not_told(ann: User, receiver: Receiver) -> None:
    hook_of(ann, receiver)
    document = make_document(ann)
    deliver()
    with transaction.atomic():
        documents.document_rename(document=document, title="No")
        transaction.set_rollback(True)
    deliver()
    assert receiver.named("document.renamed") == []


def test_failed_ones_are_sent_again_until_they_are_taken(ann: User, receiver: Receiver) -> None:
    """Under the same id, each time with a signature of its own time; others are not held up."""
    hook = hook_of(ann, receiver)
    receiver.answers = [(500, {}, b"not \x00now"), (302, {"Location": "/"}, b"")]
    documents.document_create(owner=ann, title="one")
    documents.document_create(owner=ann, title="two")
    deliver()
    assert len(receiver.got) == 2
    deliver()
    assert len(receiver.got) == 2  # not yet
    deliver(later=True)
    ids = [headers["webhook-id"] for _, headers, _ in receiver.got]
    assert len(ids) == 4
    assert set(map(ids.count, ids)) == {2}
    for path, headers, body in receiver.got:
        assert path == "/hook?of=tests"
        assert headers["content-type"] == "application/json"
        assert verify(secret_of(hook.pk), headers, body)
        assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    rows = list(hook.deliveries.order_by("created_at"))
    assert [(row.state, row.attempts, row.status) for row in rows] == [
        ("delivered", 2, 204),
        ("delivered", 2, 204),
    ]


def test_the_log_says_what_came_back(ann: User, receiver: Receiver) -> None:
    hook = hook_of(ann, receiver)
    receiver.answers = [(500, {}, b"not \x00now")]
    row = ping(webhook=hook)
    (claimed,) = claim(10)
    hook.refresh_from_db()
    assert claim(10) == []  # taken: nobody else sends to it
    Webhook.objects.update(is_active=False)
    send_claimed(claimed)
    assert receiver.got == []  # switched off in the last moment
    Webhook.objects.update(is_active=True)
    deliver()
    row.refresh_from_db()
    assert (row.state, row.status, row.attempts) == ("waiting", 500, 1)
    assert row.answer.startswith("not now")
    assert row.duration_ms is not None
    hook.refresh_from_db()
    assert hook.failing_since is not None
    deliver(later=True)
    hook.refresh_from_db()
    assert hook.failing_since is None


def test_a_claim_of_a_dead_process_passes(ann: User, receiver: Receiver) -> None:
    hook = hook_of(ann, receiver)
    ping(webhook=hook)
    assert claim(10) == [hook.pk]
    assert claim(10) == []
    Webhook.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    deliver()
    assert len(receiver.got) == 1


def test_attempts_end(ann: User, receiver: Receiver, settings: Settings) -> None:
    """After the last the delivery has failed; sent again by hand it has them all again."""
    settings.ENV = replace(settings.ENV, webhook_attempts=3)
    hook = hook_of(ann, receiver)
    receiver.answers = [(503, {}, b"")] * 3
    row = ping(webhook=hook)
    for _ in range(5):
        deliver(later=True)
    row.refresh_from_db()
    assert (row.state, row.attempts, len(receiver.got)) == ("failed", 3, 3)
    delivery_again(delivery=row)
    deliver()
    row.refresh_from_db()
    assert (row.state, row.attempts, len(receiver.got)) == ("delivered", 1, 4)
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1


def test_pauses_grow_and_have_a_bound() -> None:
    assert [pause_s(n, 5, lambda: 0.5) for n in range(1, 5)] == [5, 20, 80, 320]
    assert pause_s(40, 5, lambda: 0.5) == 6 * 3600
    assert pause_s(1, 5, lambda: 0.0) == 2.5
    assert pause_s(1, 5, lambda: 1.0) == 7.5


def test_who_takes_nothing_for_days_is_switched_off(
    ann: User,
    receiver: Receiver,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    hook = hook_of(ann, receiver)
    receiver.answers = [(500, {}, b"")] * 2
    ping(webhook=hook)
    deliver()
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=5))
    with django_capture_on_commit_callbacks(execute=True):
        deliver(later=True)
    hook.refresh_from_db()
    assert not hook.is_active
    (letter,) = mail.outbox
    assert letter.to == ["ann@example.org"]
    assert receiver.url in letter.body
    entry = AuditEntry.objects.get(action="webhook.disable")
    assert entry.subject == "127.0.0.1"  # not what may be as good as a password
    documents.document_create(owner=ann)
    deliver()
    assert len(receiver.got) == 2


def test_gone_is_taken_at_its_word(
    ann: User,
    receiver: Receiver,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    hook = hook_of(ann, receiver)
    receiver.answers = [(410, {}, b"")]
    row = ping(webhook=hook)
    with django_capture_on_commit_callbacks(execute=True):
        deliver()
    hook.refresh_from_db()
    row.refresh_from_db()
    assert (hook.is_active, row.state) == (False, "failed")
    assert "410" in mail.outbox[0].body


def test_a_private_address_is_refused_twice(
    ann: User, receiver: Receiver, settings: Settings
) -> None:
    """When it is given, and when it is called: a name may lead elsewhere by then."""
    hook = hook_of(ann, receiver)
    settings.ENV = replace(settings.ENV, webhook_allow_private=False)
    with pytest.raises(WebhookError, match="not an address of the public internet"):
        hook_of(ann, receiver)
    Webhook.objects.update(url=f"http://localhost:{receiver.port}/")
    row = ping(webhook=hook)
    deliver()
    row.refresh_from_db()
    assert (row.status, receiver.got) == (None, [])
    assert "leads to no address that is allowed" in row.answer


def test_bounds(ann: User, receiver: Receiver, settings: Settings) -> None:
    settings.ENV = replace(settings.ENV, webhook_max_per_person=1, webhook_max_waiting=2)
    hook = hook_of(ann, receiver)
    with pytest.raises(WebhookError, match="at most 1"):
        hook_of(ann, receiver)
    for _ in range(3):
        documents.document_create(owner=ann)
    states = list(hook.deliveries.order_by("created_at").values_list("state", flat=True))
    assert states == ["waiting", "waiting", "failed"]
    for events in ([], ["document.created", "unknown"]):
        with pytest.raises(WebhookError):
            webhook_create(owner=make_user(), url=receiver.url, events=events)


def test_the_log_forgets(ann: User, receiver: Receiver) -> None:
    """What is done is forgotten by age; what still waits is not."""
    hook = hook_of(ann, receiver)
    done, waits = ping(webhook=hook), ping(webhook=hook)
    Delivery.objects.filter(pk=done.pk).update(state="delivered")
    old = timezone.now() - timedelta(days=31)
    Delivery.objects.update(created_at=old)
    fresh = ping(webhook=hook)
    forget_old_deliveries()
    assert set(hook.deliveries.all()) == {waits, fresh}


def test_bodies_are_json_in_utf_8(ann: User, receiver: Receiver) -> None:
    hook_of(ann, receiver)
    documents.document_create(owner=ann, title="计划 🙂")
    deliver()
    body = receiver.got[0][2]
    assert "计划 🙂".encode() in body
    assert json.loads(body)["timestamp"].endswith("+00:00")
