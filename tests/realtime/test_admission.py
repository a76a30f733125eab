"""What lets a socket in, and what ends that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collab.accounts.models import ApiToken, TokenScope, User
from collab.accounts.services import person_suspend, sign_out_everywhere, token_withdraw
from collab.accounts.tokens import token_create
from collab.documents.models import Document, Role
from collab.protocol.close_codes import CloseCode
from collab.realtime.admission import Admitted, Credential, Knock, Turned, admit_all, good_until
from collab.room.access import Access
from collab.types import UserId
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make_user("ann", password="secret")


@pytest.fixture
def document(ann: User) -> Document:
    return make_document(ann)


def session_of(user: User) -> str:
    """Sign ``user`` in, as Django's ``login`` does."""
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def admit(knock: Knock) -> Admitted | Turned:
    (answer,) = admit_all([knock])
    return answer


def by_session(document: Document, key: str) -> Credential:
    admitted = admit(Knock(str(document.pk), session_key=key))
    assert isinstance(admitted, Admitted)
    return admitted.credential


def by_token(document: Document, token: str) -> Admitted | Turned:
    return admit(Knock(str(document.pk), token=token))


def code(answer: Admitted | Turned) -> CloseCode | None:
    return answer.code if isinstance(answer, Turned) else None


def is_over(user: User, credential: Credential) -> bool:
    return credential not in good_until([(UserId(user.pk), credential)])


def test_a_session_lets_in_until_it_ends(ann: User, document: Document) -> None:
    """Signed out here or everywhere, expired, another password, suspended: each ends it."""
    key = session_of(ann)
    credential = by_session(document, key)
    assert not is_over(ann, credential)
    SessionStore(key).delete()
    assert is_over(ann, credential)
    turned = [key]
    expired = SessionStore(session_of(ann))
    credential = by_session(document, str(expired.session_key))
    expired.model.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert is_over(ann, credential)
    turned.append(str(expired.session_key))
    key = session_of(ann)
    credential = by_session(document, key)
    ann.set_password("another")
    ann.save()
    assert is_over(ann, credential)
    ann.is_active = False
    ann.save()
    turned.append(session_of(ann))
    # None of them opens the door again either.
    for each in (*turned, key):
        assert code(admit(Knock(str(document.pk), session_key=each))) is CloseCode.NOT_SIGNED_IN


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {SESSION_KEY: "1"},
        {SESSION_KEY: "1", BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0]},
        {BACKEND_SESSION_KEY: "a.backend.of.old", HASH_SESSION_KEY: "its own"},
        {HASH_SESSION_KEY: "x" * 64},
        {SESSION_KEY: "no number"},
    ],
)
def test_a_session_that_nobody_signed_in_to_lets_nobody_in(
    ann: User, document: Document, forged: dict[str, str]
) -> None:
    """Whatever is not there, or is not what signing in writes."""
    store = SessionStore()
    if (len(forged) == 1 and SESSION_KEY not in forged) or "its own" in forged.values():
        store[SESSION_KEY] = str(ann.pk)
    for name, value in forged.items():
        store[name] = {"1": str(ann.pk), "its own": ann.get_session_auth_hash()}.get(value, value)
    store.setdefault(BACKEND_SESSION_KEY, settings.AUTHENTICATION_BACKENDS[0])
    store.create()
    key = str(store.session_key)
    assert code(admit(Knock(str(document.pk), session_key=key))) is CloseCode.NOT_SIGNED_IN


@pytest.mark.parametrize("key", ["", "short", "x" * 32, "x" * 100_000, "\0" * 32, "' OR 1=1 --"])
def test_a_key_that_is_none_lets_nobody_in(document: Document, key: str) -> None:
    assert code(admit(Knock(str(document.pk), session_key=key))) is CloseCode.NOT_SIGNED_IN


def test_it_is_known_when_a_session_ends(ann: User, document: Document) -> None:
    """At the door, and where it is used meanwhile, at every review."""
    key = session_of(ann)
    answer = admit(Knock(str(document.pk), session_key=key))
    row = SessionStore.get_model_class().objects.get(session_key=key)
    assert isinstance(answer, Admitted)
    assert answer.until == row.expire_date
    held = [(UserId(ann.pk), answer.credential)]
    assert good_until(held) == {answer.credential: row.expire_date}
    row.expire_date += timedelta(days=3)
    row.save()
    assert good_until(held) == {answer.credential: row.expire_date}


def test_another_session_stays(ann: User, document: Document) -> None:
    """Each is asked about by itself, in as many queries as for one."""
    one, other = session_of(ann), session_of(ann)
    first, second = by_session(document, one), by_session(document, other)
    SessionStore(one).delete()
    me = UserId(ann.pk)
    assert good_until([(me, first), (me, second)]).keys() == {second}


def test_sign_out_everywhere_and_suspension_end_it(ann: User, document: Document) -> None:
    ends: list[Callable[[], None]] = [
        lambda: sign_out_everywhere(user=ann),
        lambda: person_suspend(user=ann, actor=None),
    ]
    for end in ends:
        key = session_of(ann)
        UserSession.objects.create(user=ann, session_key=key, ip="127.0.0.1", user_agent="")
        credential = by_session(document, key)
        end()
        assert is_over(ann, credential)
    assert code(admit(Knock(str(document.pk), session_key=key))) is CloseCode.NOT_SIGNED_IN


def test_a_token_lets_in_as_far_as_its_scope(ann: User, document: Document) -> None:
    """One for reading only reads, whatever its owner may do; withdrawn or expired it is over."""
    for scope, access in ((TokenScope.READ, Access.READ), (TokenScope.WRITE, Access.WRITE)):
        token = token_create(ann, name=scope, scope=scope)
        admitted = by_token(document, token)
        assert isinstance(admitted, Admitted)
        assert admitted.access is access
        assert admitted.credential.limit(Access.WRITE) is access
        assert not is_over(ann, admitted.credential)
        row = ApiToken.objects.get(name=scope)
        if scope == TokenScope.READ:
            token_withdraw(token=row)
        else:
            ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
        assert is_over(ann, admitted.credential)
        assert code(by_token(document, token)) is CloseCode.NOT_SIGNED_IN


def test_a_token_of_a_viewer_for_writing_does_not_write(document: Document) -> None:
    bob = make_user()
    document.memberships.create(user=bob, role=Role.VIEWER)
    admitted = by_token(document, token_create(bob))
    assert isinstance(admitted, Admitted)
    assert admitted.access is Access.READ


def test_a_crowd_is_answered_in_as_many_queries_as_a_few(
    ann: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Each gets their own answer, whatever the others show; none has the right of a neighbour."""
    knocks, expected = [], []
    for number in range(8):
        mine, yours = make_document(ann), make_document()
        bob = make_user()
        mine.memberships.create(user=bob, role=Role.VIEWER)
        token, key = token_create(bob), session_of(bob)
        knocks += [
            Knock(str(mine.pk), token=token),
            Knock(str(mine.pk), session_key=key),
            Knock(str(yours.pk), token=token),
            Knock(str(yours.pk), session_key=key),
            Knock(str(mine.pk), token=f"no token {number}", session_key=key),
            Knock(f"no document {number}", token=token),
            Knock(str(mine.pk)),
        ]
        expected += [
            Access.READ,
            Access.READ,
            CloseCode.NO_ACCESS,
            CloseCode.NO_ACCESS,
            CloseCode.NOT_SIGNED_IN,
            CloseCode.NO_DOCUMENT,
            CloseCode.NOT_SIGNED_IN,
        ]
    admit_all(knocks)  # notes when the tokens were used, once
    # Tokens, sessions, their people, documents; memberships, groups.
    with django_assert_num_queries(6):
        answers = admit_all(knocks)
    assert [a.access if isinstance(a, Admitted) else a.code for a in answers] == expected
    names = {a.identity.name for a in answers if isinstance(a, Admitted)}
    assert len(names) == 8
