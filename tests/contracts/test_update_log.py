"""The exam of the ``UpdateLog`` port: SQLite, PostgreSQL and the log in memory all sit it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connections
from django.db.utils import load_backend
from pytest_django import DjangoDbBlocker

from collab.accounts.models import User
from collab.crdt.doc import LiveDoc
from collab.documents.models import Document
from collab.history.models import LogHead
from collab.history.update_log import DatabaseUpdateLog
from collab.room.ports import LogRecord, PendingUpdate, UpdateLog
from collab.settings import env
from collab.types import ClientId, DocumentId, Seq, Update, UserId
from tests.contracts.memory_log import MemoryLog, UnknownAuthor
from tests.crdt.test_doc import typed
from tests.system.conftest import ROOT, postgresql_database

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOBODY = UserId(2**31 - 1)


@dataclass(frozen=True)
class Candidate:
    """An adapter, and what is needed to ask it questions."""

    log: UpdateLog
    new_document: Callable[[], DocumentId]
    new_author: Callable[[], UserId]
    #: Does this in a thread with a database connection of its own.
    in_thread: Callable[[Callable[[], None]], None]
    #: What it raises for an author that does not exist.
    refusal: type[Exception]


def memory() -> Iterator[Candidate]:
    log, lock = MemoryLog(), threading.Lock()

    def new_document() -> DocumentId:
        document_id = DocumentId(uuid4())
        log.add_document(document_id)
        return document_id

    def new_author() -> UserId:
        author = UserId(len(log.authors) + 1)
        log.authors.add(author)
        return author

    def in_thread(act: Callable[[], None]) -> None:
        with lock:
            act()

    yield Candidate(log, new_document, new_author, in_thread, UnknownAuthor)


def database(url: str, data: Path) -> Iterator[Candidate]:
    subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "migrate", "-v0"],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "collab.settings.dev",
            "DATABASE_URL": url,
            "DATA_DIR": str(data),
        },
        check=True,
    )
    own = connections["default"]
    settings = {**own.settings_dict, "OPTIONS": {}, **env.database(url, data)}

    def in_thread(act: Callable[[], None]) -> None:
        connections["default"] = backend(settings)
        try:
            act()
        finally:
            connections["default"].close()

    def new_document() -> DocumentId:
        owner = User.objects.create(username=uuid4().hex)
        return DocumentId(Document.objects.create(owner=owner, title="T").pk)

    def new_author() -> UserId:
        return UserId(User.objects.create(username=uuid4().hex).pk)

    connections["default"] = backend(settings)
    try:
        yield Candidate(DatabaseUpdateLog(), new_document, new_author, in_thread, DatabaseError)
    finally:
        connections["default"].close()
        connections["default"] = own


def backend(settings: dict[str, Any]) -> Any:
    return load_backend(str(settings["ENGINE"])).DatabaseWrapper(settings, alias="default")


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))],
    scope="module",
)
def candidate(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Candidate]:
    data = tmp_path_factory.mktemp("log")
    if request.param == "memory":
        yield from memory()
        return
    with django_db_blocker.unblock():
        if request.param == "sqlite":
            yield from database("", data)
        else:
            with postgresql_database() as url:
                yield from database(url, data)


def pending(document_id: DocumentId, update: Update, author: UserId, *binds: int) -> PendingUpdate:
    clients = tuple(ClientId(client) for client in (binds or (7,)))
    bound = tuple(ClientId(client) for client in binds)
    return PendingUpdate(document_id, update, author, clients, False, bound, NOW)


def test_numbers_are_1_2_3_for_each_document(candidate: Candidate) -> None:
    """Whatever else is in the batch: other documents, and ones that are gone."""
    log, author = candidate.log, candidate.new_author()
    one, two, gone = candidate.new_document(), candidate.new_document(), DocumentId(uuid4())
    a, b, c, d = typed("abcd")
    batch = [(one, a), (gone, a), (two, a), (one, b)]
    assert log.append([pending(*each, author) for each in batch]) == [1, None, 1, 2]
    assert log.append([pending(one, c, author), pending(two, d, author)]) == [3, 2]
    assert log.append([pending(gone, c, author), pending(one, d, author)]) == [None, 4]
    new = candidate.new_document()
    assert log.append([pending(new, c, author), pending(one, a, author)]) == [1, 5]
    batch = [(one, a), (two, b), (one, c)]
    assert log.append([pending(*each, author) for each in batch]) == [6, 3, 7]
    assert log.heads([one, two, gone, new]) == {one: 7, two: 3, new: 1}
    records = log.read_after(one, Seq(5), 10)
    assert [(record.seq, record.update) for record in records] == [(6, a), (7, c)]


def test_a_record_comes_back_as_it_went(candidate: Candidate) -> None:
    document, author = candidate.new_document(), candidate.new_author()
    sent = PendingUpdate(
        document,
        Update(bytes(range(256))),
        author,
        (ClientId(2**32 - 1), ClientId(2**53 - 1)),
        True,
        (),
        NOW,
        kind="import",
    )
    for number in (1, 2):  # a log's first record and any other go two ways
        candidate.log.append([sent])
        assert candidate.log.read_after(document, Seq(number - 1), 10) == [
            LogRecord(
                document,
                Seq(number),
                sent.update,
                author,
                sent.client_ids,
                True,
                "import",
                sent.created_at,
            )
        ]
    if isinstance(candidate.log, DatabaseUpdateLog):
        head = LogHead.objects.get(pk=document)
        assert (head.seq, head.size_bytes, head.edited_at) == (2, 512, NOW)


def test_a_relayed_record_says_whose_its_client_ids_are(candidate: Candidate) -> None:
    """What is known by then: of this record, of others before it, in each way of reading."""
    document, ann, bob = candidate.new_document(), candidate.new_author(), candidate.new_author()
    mine, hers, nobodys = ClientId(1), ClientId(2), ClientId(3)
    update = typed("a")[0]
    own = PendingUpdate(document, update, bob, (mine,), False, (mine,), NOW)
    merge = PendingUpdate(
        document, update, bob, (mine, hers, nobodys), True, (), NOW, "merge", {hers: ann}
    )
    again = PendingUpdate(document, update, bob, (hers,), True, (), NOW, "merge", {hers: bob})
    candidate.log.append([own, merge])
    candidate.log.append([again])
    owners = [record.owners for record in candidate.log.read_after(document, Seq(0), 10)]
    assert owners == [{}, {mine: bob, hers: ann}, {hers: ann}]
    stored = candidate.log.load(document)
    assert stored is not None
    assert stored.bindings == {mine: bob, hers: ann}


def test_two_writers_leave_no_gap(candidate: Candidate) -> None:
    """Processes that append at once get numbers of their own, and none is left out."""
    documents = [candidate.new_document() for _ in range(3)]
    author = candidate.new_author()
    update = typed("a")[0]
    numbers: list[Seq | None] = []

    def write() -> None:
        for turn in range(15):
            # In different orders: writers that took locks in that order would wait in a circle.
            order = documents[turn % 3 :] + documents[: turn % 3]
            numbers.extend(candidate.log.append([pending(each, update, author) for each in order]))

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(candidate.in_thread, write) for _ in range(4)]:
            done.result(60)
    assert sorted(number or 0 for number in numbers) == sorted(3 * [*range(1, 61)])
    for document in documents:
        records = candidate.log.read_after(document, Seq(0), 1000)
        assert [record.seq for record in records] == list(range(1, 61))


def test_a_batch_is_kept_whole_or_not_at_all(candidate: Candidate) -> None:
    log, author = candidate.log, candidate.new_author()
    document, other = candidate.new_document(), candidate.new_document()
    a, b = typed("ab")
    log.append([pending(document, a, author)])
    with pytest.raises(candidate.refusal):
        log.append([pending(other, a, author, 1), pending(document, b, NOBODY, 2)])
    assert log.heads([document, other]) == {document: 1, other: 0}
    stored = log.load(other)
    assert stored is not None
    assert (stored.records, dict(stored.bindings)) == ((), {})
    with pytest.raises(candidate.refusal):
        log.append([pending(document, a, author), pending(document, b, NOBODY)])
    assert log.heads([document]) == {document: 1}
    assert log.append([pending(document, b, author)]) == [2]


def test_reading_after_a_number_is_bounded_and_in_order(candidate: Candidate) -> None:
    """The near miss: a document whose id differs in its last digit has nothing to do with it."""
    log, author, document = candidate.log, candidate.new_author(), candidate.new_document()
    log.append([pending(document, update, author) for update in typed("abcdef")])
    assert [record.seq for record in log.read_after(document, Seq(2), 3)] == [3, 4, 5]
    assert [record.seq for record in log.read_after(document, Seq(5), 3)] == [6]
    assert log.read_after(document, Seq(6), 3) == []
    near = DocumentId(UUID(int=document.int ^ 1))
    assert log.read_after(near, Seq(0), 3) == []
    assert log.load(near) is None
    assert log.heads([near]) == {}
    assert log.checkpoint(near) == 0


def test_a_client_id_belongs_to_whom_it_was_bound_first(candidate: Candidate) -> None:
    log, document = candidate.log, candidate.new_document()
    ann, bob = candidate.new_author(), candidate.new_author()
    a, b = typed("ab")
    log.append([pending(document, a, ann, 7, 8)])
    log.append([pending(document, b, bob, 8, 2**32 - 1)])
    stored = log.load(document)
    assert stored is not None
    assert dict(stored.bindings) == {7: ann, 8: ann, 2**32 - 1: bob}


def test_a_checkpoint_and_the_records_after_it_are_all_records(candidate: Candidate) -> None:
    """The law of history; a second checkpoint without news changes nothing."""
    log, author, document = candidate.log, candidate.new_author(), candidate.new_document()
    updates = typed("你好 😀 world")
    assert log.checkpoint(document) == 0
    log.append([pending(document, update, author) for update in updates[:5]])
    assert log.checkpoint(document) == log.checkpoint(document) == 5
    log.append([pending(document, update, author) for update in updates[5:]])
    stored = log.load(document)
    assert stored is not None
    assert stored.checkpoint_seq == 5
    assert [record.seq for record in stored.records] == [*range(6, len(updates) + 1)]
    assert stored.seq == len(updates)
    assert LiveDoc.load(stored.updates).diff() == LiveDoc.load(updates).diff()
    # Nothing is taken out of the log: history is read from it.
    assert [r.update for r in log.read_after(document, Seq(0), 1000)] == updates


def test_many_are_loaded_as_each_is_by_itself(candidate: Candidate) -> None:
    """Empty, with and without a checkpoint, with records after it; unknown ones are left out."""
    log, author = candidate.log, candidate.new_author()
    empty, fresh, resting, going, other = (candidate.new_document() for _ in range(5))
    updates = typed("Grüße 😀")
    for number, document in enumerate((fresh, resting, going, other)):
        log.append([pending(document, update, author, 7 + number) for update in updates[:4]])
    for document in (resting, going):
        log.checkpoint(document)
    log.append([pending(going, update, author) for update in updates[4:]])
    unknown = DocumentId(UUID(int=going.int ^ 1))
    asked = [empty, fresh, resting, going, unknown]
    found = log.load_many(asked)
    assert found == {each: log.load(each) for each in (empty, fresh, resting, going)}
    ends = {key: (each.checkpoint_seq, len(each.records)) for key, each in found.items()}
    assert ends == {
        empty: (0, 0),
        fresh: (0, 4),
        resting: (4, 0),
        going: (4, len(updates) - 4),
    }
    assert dict(found[going].bindings) == {9: author}
    assert log.load_many([]) == {}
