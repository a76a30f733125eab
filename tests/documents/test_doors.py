"""Every door gives the answer of the policy: page, socket, REST, lists, search, files, admin.

The table of test_policy.py says what a role may do; here somebody comes to each role by each way
that there is, in each state of the document, and tries every door.
"""

from __future__ import annotations

import io
import zipfile
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from rest_framework.test import APIClient

from collab.accounts.models import TokenScope, User
from collab.accounts.tokens import token_create
from collab.api.urls import urlpatterns
from collab.documents import policy
from collab.documents.models import Document, Membership, Role
from collab.documents.policy import Action
from collab.documents.selectors import documents_visible_to
from collab.history.services import document_seed
from collab.realtime.admission import Admitted, Knock, admit_all
from collab.room.access import Access
from collab.search.selectors import Filters, search
from collab.search.services import document_index
from tests.documents.test_policy import EDITOR, OWNER
from tests.documents.ways import (
    CELLS,
    STATES,
    WORD,
    Way,
    by_link_for_all,
    cell,
    guest_who_has_not_come,
    member,
    owner,
    password_not_given,
    password_of_before,
    undone,
)
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db

# -- the doors of REST -------------------------------------------------------------------------

#: Method and path below the document, a body that does as little as can be, and the actions that
#: are asked about; "guests" where guests are let in at all. Sub-resources need not exist: who may
#: ask is told so (404), who may not is told that (403).
FOR_GUESTS = True
CALLS: list[tuple[str, str, Any, set[Action], bool]] = [
    ("get", "", None, {Action.READ}, FOR_GUESTS),
    ("patch", "", {"title": "Other"}, {Action.RENAME}, FOR_GUESTS),
    ("patch", "", {"folder": None}, {Action.MOVE}, FOR_GUESTS),
    ("delete", "", None, {Action.TRASH}, FOR_GUESTS),
    ("get", "/content", None, {Action.READ}, FOR_GUESTS),
    ("get", "/roots", None, {Action.READ}, FOR_GUESTS),
    ("put", "/content", {}, {Action.WRITE}, FOR_GUESTS),
    ("patch", "/content", {}, {Action.WRITE}, FOR_GUESTS),
    ("post", "/content/append", {}, {Action.WRITE}, False),
    ("post", "/content/prepend", {}, {Action.WRITE}, False),
    ("get", "/export?format=markdown", None, {Action.READ}, FOR_GUESTS),
    ("get", "/updates", None, {Action.SEE_HISTORY}, False),
    ("post", "/updates", {}, {Action.WRITE}, False),
    ("get", "/members", None, {Action.SEE_MEMBERS}, False),
    ("post", "/members", {}, {Action.MANAGE_MEMBERS}, False),
    ("patch", "/members/0", {"role": "viewer"}, {Action.MANAGE_MEMBERS}, False),
    ("delete", "/members/0", None, {Action.MANAGE_MEMBERS}, False),
    ("get", "/at?seq=1", None, {Action.SEE_HISTORY}, False),
    ("get", "/timeline", None, {Action.SEE_HISTORY}, False),
    ("get", "/attribution", None, {Action.SEE_HISTORY}, False),
    ("get", "/history/export?format=json", None, {Action.SEE_HISTORY}, False),
    ("get", "/history/erasures", None, {Action.SEE_HISTORY}, False),
    ("post", "/history/erasures", {}, {Action.ERASE_HISTORY}, False),
    ("get", "/diff?from=0&to=1", None, {Action.SEE_HISTORY}, False),
    ("get", "/revisions", None, {Action.SEE_HISTORY}, False),
    ("post", "/revisions", {}, {Action.WRITE, Action.SEE_HISTORY}, False),
    ("get", "/revisions/99", None, {Action.SEE_HISTORY}, False),
    ("patch", "/revisions/99", {"name": "x"}, {Action.WRITE, Action.SEE_HISTORY}, False),
    ("get", "/revisions/99/content", None, {Action.SEE_HISTORY}, False),
    ("get", "/revisions/99/export", None, {Action.SEE_HISTORY}, False),
    ("post", "/revisions/99/restore", {}, {Action.WRITE, Action.SEE_HISTORY}, False),
    ("post", "/revisions/99/copy", {}, {Action.SEE_HISTORY}, False),
    ("get", "/drafts", None, {Action.FORK}, False),
    ("post", "/drafts", {}, {Action.FORK}, False),
    ("get", "/draft", None, {Action.READ}, False),
    ("get", "/draft/diff", None, {Action.SEE_HISTORY}, False),
    # What the original has to say besides: tests/api/test_drafts.py.
    ("post", "/draft/merge", {}, {Action.WRITE}, False),
    ("post", "/draft/update", None, {Action.WRITE}, False),
    ("post", "/draft/discard", None, {Action.TRASH}, False),
    ("get", "/tags", None, {Action.READ}, False),
    ("put", "/tags", {"tags": []}, {Action.RENAME}, False),
    ("put", "/star", {"is_starred": True}, {Action.READ}, False),
    ("post", "/duplicate", {}, {Action.READ}, False),
    ("get", "/attachments", None, {Action.SEE_HISTORY}, FOR_GUESTS),
    ("post", "/attachments", None, {Action.WRITE}, FOR_GUESTS),
    ("post", "/attachments/copy", {}, {Action.WRITE}, FOR_GUESTS),
    ("get", "/attachments/{attachment}", None, {Action.READ}, False),
    ("delete", "/attachments/{attachment}", None, {Action.TRASH}, False),
    ("get", "/attachments/{attachment}/content", None, {Action.READ}, FOR_GUESTS),
    ("get", "/groups", None, {Action.SEE_MEMBERS}, False),
    ("post", "/groups", {}, {Action.MANAGE_MEMBERS}, False),
    ("patch", "/groups/0", {"role": "viewer"}, {Action.MANAGE_MEMBERS}, False),
    ("delete", "/groups/0", None, {Action.MANAGE_MEMBERS}, False),
    ("get", "/link", None, {Action.SEE_MEMBERS}, False),
    ("patch", "/link", {}, {Action.MANAGE_MEMBERS}, False),
    ("get", "/invitations", None, {Action.MANAGE_MEMBERS}, False),
    ("post", "/invitations", {}, {Action.MANAGE_MEMBERS}, False),
    ("delete", "/invitations/0", None, {Action.MANAGE_MEMBERS}, False),
    ("get", "/access", None, {Action.SEE_MEMBERS}, False),
    ("get", "/access-requests", None, {Action.MANAGE_MEMBERS}, False),
    ("post", "/access-requests/0", {"role": None}, {Action.MANAGE_MEMBERS}, False),
    ("put", "/owner", {}, {Action.TRANSFER}, False),
]
#: Calls with a rule of their own, each with a test below.
OWN_RULES = {
    ("post", "/restore"),
    ("post", "/purge"),
    ("post", "/access-requests"),
}
#: 4xx besides: an empty body says nothing, a number names nothing.
LET_THROUGH = set(map(HTTPStatus, (200, 201, 204, 400, 404, 409, 415, 428)))
METHODS = ("get", "post", "put", "patch", "delete")


def test_the_table_names_every_call() -> None:
    """Whoever adds an endpoint says here who may use it."""
    served = set()
    for pattern in urlpatterns:
        route = str(pattern.pattern)
        if "document_id" in route and not route.endswith("/"):
            path = route.removeprefix("documents/<str:document_id>")
            path = path.replace("<str:attachment_id>", "{attachment}").replace("<str:number>", "99")
            for name in ("user_id", "group_id", "invitation_id", "request_id"):
                path = path.replace(f"<str:{name}>", "0")
            view = pattern.callback.cls  # type: ignore[attr-defined]  # DRF sets it
            served |= {(method, path) for method in METHODS if hasattr(view, method)}
    named = {(method, path.partition("?")[0]) for method, path, *_ in CALLS}
    assert served == named | OWN_RULES


def asked(client: APIClient, method: str, path: str, body: Any) -> int:
    kind = {} if body is None else {"format": "json"}
    with undone():
        answer = getattr(client, method)(path, body, **kind)
    return int(answer.status_code)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("way", "role"), CELLS)
def test_every_call_of_rest(way: Way, role: Role | None, state: str) -> None:
    """Role x way in x state x call: let through, or refused with the right word."""
    here = cell(way, role, state)
    client = APIClient()
    if isinstance(here.user, User):
        client.force_login(here.user)
    for method, path, body, actions, for_guests in CALLS:
        url = f"/api/v1/documents/{here.document.pk}{path.format(attachment=here.attachment)}"
        status = asked(client, method, url, body)
        if not here.is_known:
            wanted = {HTTPStatus.UNAUTHORIZED}
        elif here.is_guest and not for_guests:
            wanted = {HTTPStatus.FORBIDDEN}
        elif state == "trashed":
            # The owner sees it there, to bring it back; for all else it is not there.
            is_seen = (method, path) == ("get", "") and Action.RESTORE in here.expected
            wanted = {HTTPStatus.OK if is_seen else HTTPStatus.NOT_FOUND}
        elif actions <= here.expected:
            wanted = LET_THROUGH
        else:
            # Who does not read it is not told that it is there.
            wanted = {HTTPStatus.FORBIDDEN if here.may_read else HTTPStatus.NOT_FOUND}
        assert status in wanted, (method, path, status)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("way", "role"), CELLS)
def test_the_way_out_of_the_trash(way: Way, role: Role | None, state: str) -> None:
    """Its owner brings a document back or erases it, from the trash only; nobody else does."""
    here = cell(way, role, state)
    client = APIClient()
    if isinstance(here.user, User):
        client.force_login(here.user)
    url = f"/api/v1/documents/{here.document.pk}"
    for path, action, out_of_place in (
        ("/restore", Action.RESTORE, HTTPStatus.OK),
        ("/purge", Action.PURGE, HTTPStatus.CONFLICT),
    ):
        status = asked(client, "post", url + path, {})
        if not here.is_known:
            wanted = HTTPStatus.UNAUTHORIZED
        elif here.is_guest:
            wanted = HTTPStatus.FORBIDDEN
        elif state == "trashed":
            done = HTTPStatus.OK if action is Action.RESTORE else HTTPStatus.NO_CONTENT
            wanted = done if action in here.expected else HTTPStatus.NOT_FOUND
        else:
            refused = HTTPStatus.FORBIDDEN if here.may_read else HTTPStatus.NOT_FOUND
            wanted = out_of_place if Action.TRASH in here.expected else refused
        assert status == wanted, path


@pytest.mark.parametrize("scope", TokenScope)
@pytest.mark.parametrize(("way", "role"), [(owner, Role.OWNER), (member, Role.EDITOR)])
def test_a_token_never_does_more_than_its_scope(way: Way, role: Role, scope: TokenScope) -> None:
    """By a token for reading everything that changes something is refused, and the socket reads."""
    here = cell(way, role, "live")
    assert isinstance(here.user, User)
    token = token_create(here.user, scope=scope)
    client = APIClient(headers={"authorization": f"Bearer {token}"})
    for method, path, body, actions, _ in CALLS:
        url = f"/api/v1/documents/{here.document.pk}{path.format(attachment=here.attachment)}"
        is_let_through = actions <= here.expected and (method == "get" or scope == TokenScope.WRITE)
        status = asked(client, method, url, body)
        assert (status != HTTPStatus.FORBIDDEN) == is_let_through, (method, path, status)
    key = str(here.document.pk)
    (admitted,) = admit_all([Knock(key, token=token)])
    assert isinstance(admitted, Admitted)
    assert admitted.access is (Access.WRITE if scope == TokenScope.WRITE else Access.READ)


# -- the other doors ---------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("way", "role"), CELLS)
def test_every_other_door(way: Way, role: Role | None, state: str) -> None:
    """Policy, socket, pages, files, lists, searches, zips and the admin, all of one mind."""
    here = cell(way, role, state)
    user, document = here.user, here.document
    client = Client()
    if isinstance(user, User):
        client.force_login(user)

    def status(path: str, method: str = "get", **body: str) -> int:
        with undone():
            return int(getattr(client, method)(f"/d/{document.pk}/{path}", body).status_code)

    # What all the others ask.
    assert policy.actions_of(user, document) == here.expected
    for action in Action:
        assert policy.may(user, action, document) == (action in here.expected), action

    # The socket.
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
    key = None if cookie is None else cookie.value
    (admitted,) = admit_all([Knock(str(document.pk), session_key=key)])
    got = admitted.access if isinstance(admitted, Admitted) else None
    assert got == here.access
    if here.access is not None:
        assert policy.access_of(user, document) == here.access

    # The page, its history and its forms. 302: to sign in; or back to the page that was changed.
    assert (status("") == HTTPStatus.OK) == (here.may_read or _is_asked_in(way, state))
    if here.may_read:
        assert b'id="editor-app"' in client.get(f"/d/{document.pk}/").content
    is_person = here.is_known and not here.is_guest
    assert (status("history/") == HTTPStatus.OK) == (Action.SEE_HISTORY in here.expected)
    for path, action in (
        ("rename/", Action.RENAME),
        ("trash/", Action.TRASH),
        ("restore/", Action.RESTORE),
    ):
        answer = status(path, "post", title="Other")
        if is_person:
            assert (answer == HTTPStatus.FOUND) == (action in here.expected), path
        else:
            assert answer == HTTPStatus.FOUND  # to the sign-in page
        kept = Document.objects.get(pk=document.pk)
        assert (kept.title, kept.trashed_at) == (document.title, document.trashed_at)

    # Files: the same answer for who may not and for what is not there.
    sees_past = Action.SEE_HISTORY in here.expected
    for attachment, is_shown in (
        (here.attachment, here.may_read),
        (here.removed, sees_past),
        (str(uuid4()), False),
    ):
        wanted = HTTPStatus.OK if is_shown else HTTPStatus.NOT_FOUND
        assert status(f"files/{attachment}/") == wanted
    content = f"/api/v1/documents/{document.pk}/attachments/{here.removed}"
    for path in (content, f"{content}/content"):
        assert (client.get(path).status_code == HTTPStatus.OK) == sees_past

    # Lists, searches and zips hold what may be read, and no more.
    assert (document in documents_visible_to(user)) == here.may_read
    if isinstance(user, User):
        hits, _ = search(user=user, typed=WORD, filters=Filters(), offset=0, limit=10)
        assert [hit.document.pk for hit in hits] == [document.pk] * here.may_read
    if is_person:
        assert (WORD in client.get("/").content.decode()) == here.may_read
        found = client.get(f"/search/?q={WORD}").content.decode()
        assert ('class="hit"' in found) == here.may_read
        zipped = client.get(f"/api/v1/export?format=text&document={document.pk}")
        if zipped.status_code == HTTPStatus.OK:
            data = b"".join(zipped.streaming_content)  # type: ignore[attr-defined]  # a stream
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                assert any(WORD in name for name in packed.namelist()) == here.may_read
        else:
            assert not here.may_read

    # The admin is for staff, whatever somebody is to a document.
    change = f"/admin/documents/document/{document.pk}/change/"
    assert client.get(change).status_code in (HTTPStatus.FOUND, HTTPStatus.FORBIDDEN)


def _is_asked_in(way: Way, state: str) -> bool:
    """Return whether the page asks for a name or a password: the link is open, they are not in."""
    waiting = (password_not_given, password_of_before, guest_who_has_not_come)
    return way in waiting and state != "trashed"


def test_whose_document_it_is_is_not_told_by_the_link() -> None:
    """In no answer, list, search or filter, until somebody makes the person a member."""
    document = make_document(make_user("ann", first_name="Annabel"), WORD)
    document_seed(document=document, author=document.owner)
    document_index(document)
    user = by_link_for_all(document, Role.EDITOR)
    rest, pages, owner = APIClient(), Client(), document.owner
    rest.force_login(user)
    pages.force_login(user)

    def owners() -> list[Any]:
        """Return whom REST names as the owner; None: nobody."""
        one = rest.get(f"/api/v1/documents/{document.pk}").json()
        (listed,) = rest.get("/api/v1/documents").json()["results"]
        (hit,) = rest.get(f"/api/v1/search?q={WORD}").json()["results"]
        return [row["owner"] and row["owner"]["id"] for row in (one, listed, hit["document"])]

    def told() -> list[bool]:
        """Return where the pages tell the owner's name, and whether the filter does."""
        filtered = rest.get(f"/api/v1/search?q={WORD}&owner={owner.pk}").json()["results"]
        said = [
            "Annabel" in pages.get(path).content.decode()
            for path in ("/?as=list", "/?as=cards", f"/search/?q={WORD}", f"/d/{document.pk}/")
        ]
        return [*said, bool(filtered)]

    assert owners() == [None] * 3
    assert told() == [False] * 5
    Membership.objects.create(document=document, user=user, role=Role.VIEWER)
    assert owners() == [owner.pk] * 3
    assert told() == [True, True, True, False, True]


def test_staff_have_no_role_by_being_staff() -> None:
    """The admin shows rows; the text is read by those who have a role, also by an administrator."""
    root = make_user(is_staff=True, is_superuser=True)
    document = make_document()
    document_seed(document=document, author=document.owner)
    assert policy.actions_of(root, document) == set()
    client = Client()
    client.force_login(root)
    assert client.get(f"/admin/documents/document/{document.pk}/change/").status_code == 200
    assert client.get(f"/d/{document.pk}/").status_code == 404
    assert client.get(f"/api/v1/documents/{document.pk}/content").status_code == 404


def test_the_tables_know_every_action() -> None:
    """What is new stands in a list of test_policy.py, or nobody may do it."""
    assert set(Action) == OWNER | EDITOR | {Action.RESTORE, Action.PURGE}


def test_nobody_at_all_is_sent_to_sign_in() -> None:
    document = make_document()
    assert Client().get(f"/d/{document.pk}/")["Location"].startswith("/sign-in/")
    assert APIClient().get(f"/api/v1/documents/{document.pk}").status_code == 401
    (turned,) = admit_all([Knock(str(document.pk))])
    assert not isinstance(turned, Admitted)
