"""Makes an organisation's documents in Scriptorium's database, and people who are signed in.

    python -m bench.places DOCUMENTS PEOPLE

Run by Scriptorium's own Python. Prints JSON: {"cookies": {kind: session key}, "frequent": a word
that most documents have, "rare": one that few have}. Of three kinds of
people one is signed in: "all" can read every document, by every way there is (own, shared, by a
group, by a folder, by a link); "many" has a tenth of them; "few" owns what one of PEOPLE owns.

Texts are of about 1,500 characters, a fifth of them Chinese. They are drawn from 2,000 words as
words are in life: a few are in every document, most in few.
"""

from __future__ import annotations

import json
import os
import random
import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import cycle, islice

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab.settings.dev")
django.setup()

from django.conf import settings  # noqa: E402  # these need the apps
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import Group  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from collab.accounts.models import User  # noqa: E402
from collab.documents.folders import folder_create, folder_member_set  # noqa: E402
from collab.documents.models import (  # noqa: E402
    Document,
    GroupMembership,
    LinkReach,
    LinkVisit,
    Membership,
    Role,
    Star,
    Tag,
)
from collab.history.models import LogHead  # noqa: E402
from collab.search.index import text_index  # noqa: E402
from collab.search.models import IndexedDocument  # noqa: E402
from collab.search.terms import fold  # noqa: E402

#: How the one who reads all comes to read a document; the first is their own.
WAYS = ("own", "own", "member", "member", "group", "folder", "folder", "link", "member", "group")
TAGS = 60
BATCH = 500
CHARS = "协作编辑文档历史搜索共享版本评论服务器数据库同步网络用户权限目录标签模板回收站时间记录"


def batched(made: Sequence[Document], size: int) -> Iterator[Sequence[Document]]:
    return (made[start : start + size] for start in range(0, len(made), size))


def words(draw: random.Random) -> list[str]:
    letters = "aeioubcdfghklmnprstvw"
    return ["".join(draw.choices(letters, k=draw.randint(3, 9))) for _ in range(2000)]


def text(draw: random.Random, known: list[str], is_chinese: bool) -> str:
    if is_chinese:
        return "\n".join("".join(draw.choices(CHARS, k=60)) for _ in range(12))
    weights = [1 / (rank + 1) for rank in range(len(known))]
    return "\n".join(" ".join(draw.choices(known, weights, k=40)) for _ in range(6))


def documents(number: int, people: list[User], draw: random.Random) -> list[Document]:
    """Make the documents, with their logs' ends, tags and index; days apart, the newest first."""
    known, now = words(draw), timezone.now()
    made = []
    for index, owner in enumerate(islice(cycle(people), number)):
        title = " ".join(draw.choices(known, k=4)).capitalize()
        document = Document(id=uuid.UUID(int=draw.getrandbits(128), version=4), title=title)
        document.owner, document.created_at = owner, now - timedelta(hours=index + 10)
        document.listed_at = document.created_at
        made.append(document)
    for some in batched(made, BATCH):
        Document.objects.bulk_create(some)
        # At first each is as old as it was made: auto_now has put the present there.
        for document in some:
            document.updated_at = document.created_at
        Document.objects.bulk_update(some, ["updated_at"])
        LogHead.objects.bulk_create(
            LogHead(document=each, seq=9, size_bytes=3000, edited_at=each.created_at)
            for each in some
        )
        Tag.objects.bulk_create(
            Tag(document=each, name=f"tag {name}")
            for each in some
            for name in draw.sample(range(TAGS), draw.randint(0, 3))
        )
        with transaction.atomic():
            for each in some:
                _index(each, text(draw, known, is_chinese=draw.random() < 0.2))
    return made


def _index(document: Document, body: str) -> None:
    blocks = "".join(f"<p>{line}</p>" for line in body.split("\n"))[:1000]
    row = IndexedDocument.objects.create(
        document=document,
        seq=9,
        title=document.title,
        body=body,
        folded_title=fold(document.title),
        folded_body=fold(body),
        preview=f"<h1>{document.title}</h1>{blocks}</p>",
    )
    text_index().put(row)


def share(reader: User, made: list[Document], ways: tuple[str, ...]) -> None:
    """Give ``reader`` the documents, each by one of ``ways``."""
    group = Group.objects.create(name=f"group of {reader.username}")
    reader.groups.add(group)
    by_way: dict[str, list[Document]] = {}
    for document, way in zip(made, cycle(ways), strict=False):
        by_way.setdefault(way, []).append(document)
    Document.objects.filter(pk__in=_ids(by_way.get("own", ()))).update(owner=reader)
    Membership.objects.bulk_create(
        Membership(document=each, user=reader, role=Role.EDITOR)
        for each in by_way.get("member", ())
    )
    GroupMembership.objects.bulk_create(
        GroupMembership(document=each, group=group, role=Role.COMMENTER)
        for each in by_way.get("group", ())
    )
    linked = by_way.get("link", [])
    Document.objects.filter(pk__in=_ids(linked)).update(link_reach=LinkReach.SIGNED_IN)
    LinkVisit.objects.bulk_create(
        LinkVisit(document=each, user=reader, epoch=each.link_epoch) for each in linked
    )
    for number, some in enumerate(batched(by_way.get("folder", []), 50)):
        top = folder_create(owner=some[0].owner, name=f"Folder {number}")
        folder_member_set(folder=top, user=reader, role=Role.VIEWER)
        low = folder_create(owner=some[0].owner, name=f"Below {number}", parent=top)
        Document.objects.filter(pk__in=_ids(some)).update(folder=low)
    Star.objects.bulk_create(Star(user=reader, document=each) for each in made[::50])


def _ids(some: Iterable[Document]) -> list[uuid.UUID]:
    return [each.pk for each in some]


def cookie(user: User) -> str:
    """Return the key of a session in which ``user`` is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def main() -> None:
    number, count = int(sys.argv[1]), int(sys.argv[2])
    draw = random.Random(5)  # the same documents each time
    people = [
        User.objects.create(username=f"person-{n}", display_name=f"Person {n}")
        for n in range(count - 2)
    ]
    readers = {name: User.objects.create(username=name) for name in ("all", "many")}
    made = documents(number, people, draw)
    share(readers["all"], made, WAYS)
    share(readers["many"], made[5::10], ("member", "folder"))
    readers["few"] = people[3]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    known = words(random.Random(5))
    cookies = {name: cookie(user) for name, user in readers.items()}
    print(json.dumps({"cookies": cookies, "frequent": known[0], "rare": known[-1]}))


if __name__ == "__main__":
    main()
