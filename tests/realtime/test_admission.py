"""What lets a socket in, and what ends that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from collab.accounts.models import ApiToken, TokenScope, User
from collab.accounts.services import person_suspend, sign_out_everywhere, token_withdraw
from collab.accounts.tokens import token_create
from collab.documents.models import Document, Role
from collab.protocol.close_codes import CloseCode
from collab.realtime.admission import Admitted, Credential, Turned, admit, ended
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
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store.create()
    return str(store.session_key)


def by_session(document: Document, user: User, key: str) -> Credential:
    admitted = admit(document_id=str(document.pk), user_id=user.pk, session_key=key, token=None)
    assert isinstance(admitted, Admitted)
    return admitted.credential


def by_token(document: Document, token: str) -> Admitted | Turned:
    return admit(document_id=str(document.pk), user_id=None, session_key=None, token=token)


def is_over(user: User, credential: Credential) -> bool:
    return ended([(UserId(user.pk), credential)]) == {credential}


def test_a_session_lets_in_until_it_ends(ann: User, document: Document) -> None:
    """Signed out here or everywhere, expired, another password, suspended: each ends it."""
    key = session_of(ann)
    credential = by_session(document, ann, key)
    assert not is_over(ann, credential)
    SessionStore(key).delete()
    assert is_over(ann, credential)
    expired = SessionStore(session_of(ann))
    credential = by_session(document, ann, str(expired.session_key))
    expired.model.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert is_over(ann, credential)
    credential = by_session(document, ann, session_of(ann))
    ann.set_password("another")
    ann.save()
    assert is_over(ann, credential)


def test_another_session_stays(ann: User, document: Document) -> None:
    """Each is asked about by itself, in as many queries as for one."""
    one, other = session_of(ann), session_of(ann)
    first, second = by_session(document, ann, one), by_session(document, ann, other)
    SessionStore(one).delete()
    me = UserId(ann.pk)
    assert ended([(me, first), (me, second)]) == {first}


def test_sign_out_everywhere_and_suspension_end_it(ann: User, document: Document) -> None:
    ends: list[Callable[[], None]] = [
        lambda: sign_out_everywhere(user=ann),
        lambda: person_suspend(user=ann, actor=None),
    ]
    for end in ends:
        key = session_of(ann)
        UserSession.objects.create(user=ann, session_key=key, ip="127.0.0.1", user_agent="")
        credential = by_session(document, ann, key)
        end()
        assert is_over(ann, credential)
    turned = admit(document_id=str(document.pk), user_id=ann.pk, session_key=None, token=None)
    assert isinstance(turned, Turned)
    assert turned.code is CloseCode.NOT_SIGNED_IN


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
        refused = by_token(document, token)
        assert isinstance(refused, Turned)
        assert refused.code is CloseCode.NOT_SIGNED_IN


def test_a_token_of_a_viewer_for_writing_does_not_write(document: Document) -> None:
    bob = make_user()
    document.memberships.create(user=bob, role=Role.VIEWER)
    admitted = by_token(document, token_create(bob))
    assert isinstance(admitted, Admitted)
    assert admitted.access is Access.READ
