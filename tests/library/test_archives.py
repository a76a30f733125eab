"""A zip of our own comes back whole in another installation; so does a folder of notes."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.core.files.base import ContentFile

from collab.accounts.models import User
from collab.attachments.models import Attachment
from collab.attachments.selectors import attachment_url
from collab.attachments.services import attachment_add
from collab.crdt.patch import patch_document
from collab.crdt.reader import read_document
from collab.documents.folders import document_move, folder_create
from collab.documents.marks import star_set, tags_set
from collab.documents.models import Document, Draft, Folder, Role, Star
from collab.documents.services import member_set
from collab.history.models import Revision, UpdateRecord
from collab.history.revisions import moment_name
from collab.history.selectors import current_state
from collab.history.services import document_edit, document_seed
from collab.library.drafts import draft_fork, draft_merge
from collab.library.exports import documents_to_export, folders_to_export, zip_of
from collab.library.imports import Outcome, import_file
from collab.richtext.formats import parse, render
from collab.types import ClientId, DocumentId, Update
from tests.attachments.test_sniff import PNG
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db

NOTES = "Über Ünï | notes"


def says(document: Document, wanted: str = "markdown") -> str:
    return render(read_document(current_state(DocumentId(document.pk))[0]), wanted)


def edit(document: Document, markdown: str) -> None:
    content = parse(markdown, "markdown")

    def make(state: Update, client_id: ClientId) -> Update | None:
        return patch_document(state, content, client_id)

    kind = UpdateRecord.Kind.LIVE
    document_edit(document=document, actor=document.owner, kind=kind, make=make)


def write(owner: User, title: str, markdown: str = "words") -> Document:
    document = make_document(owner, title)
    document_seed(document=document, author=owner, content=parse(markdown, "markdown"))
    return document


def exported(user: User, wanted: str = "markdown", including: tuple[str, ...] = ()) -> bytes:
    pieces = zip_of(
        documents_to_export(user, folder=None, document_ids=()),
        user=user,
        wanted=wanted,
        language="en",
        folders=folders_to_export(user, folder=None, is_chosen=False),
        including=including,
    )
    return b"".join(pieces)


def taken(owner: User, data: bytes, including: tuple[str, ...] = ()) -> dict[str, Outcome]:
    source = io.BytesIO(data)
    made = import_file(owner=owner, name="all.zip", source=source, folder=None, including=including)
    return {each.document.title if each.document else each.name: each for each in made}


def emptied() -> None:
    """Make this installation another one: nothing that was exported is here any more."""
    Document.objects.all().delete()
    Folder.objects.all().delete()


@pytest.fixture
def whole() -> User:
    """Return a person with one of everything that a zip can hold."""
    ann, bob = make_user("ann"), make_user("bob")
    work = folder_create(owner=ann, name="Work / Life: 2027")
    folder_create(owner=ann, name="empty", parent=work)
    target = write(ann, "A/B?", "# Target\n\nfirst")
    plan = make_document(ann, NOTES)
    photo = attachment_add(document=plan, uploader=ann, name="föto 1.png", source=ContentFile(PNG))
    paper = attachment_add(document=plan, uploader=ann, name="a.pdf", source=ContentFile(b"%PDF-"))
    text = (
        f"![x]({attachment_url(photo)})\n\n[paper]({attachment_url(paper)}), "
        f"[target](https://old.example.org/d/{target.pk}/#heading), [web](https://example.org/d/x)"
    )
    document_seed(document=plan, author=ann, content=parse(text, "markdown"))
    document_move(document=plan, folder=work)
    tags_set(document=plan, names=["one", "zwei"])
    star_set(user=ann, document=plan, is_starred=True)
    member_set(document=plan, user=bob, role=Role.EDITOR)
    write(ann, "", "untitled")
    Document.objects.filter(pk=write(ann, "Form").pk).update(is_template=True)
    edit(target, "# Target\n\nfirst\n\nsecond")
    moment_name(document=target, name="two lines")
    draft = draft_fork(origin=target, owner=ann, title="My draft")
    edit(draft.document, "# Target\n\nfirst in the draft\n\nsecond")
    edit(target, "# Target\n\nfirst\n\nsecond\n\nthird")
    return ann


@pytest.mark.parametrize("wanted", ["markdown", "html", "pdf"])
def test_nothing_is_lost_on_the_way_into_another_installation(whole: User, wanted: str) -> None:
    before = {d.title: says(d, "text") for d in Document.objects.all()}
    born = dict(Document.objects.values_list("title", "created_at"))
    old = {str(d.pk) for d in Document.objects.all()}
    data = exported(whole, wanted)
    emptied()
    cid = make_user("cid")
    outcomes = taken(cid, data)
    assert [o.error for o in outcomes.values()] == [None] * 5
    assert not any(o.warnings for o in outcomes.values())
    documents = {d.title: d for d in Document.objects.all()}
    assert {title: says(d, "text") for title, d in documents.items()} == before
    assert {d.title: d.created_at for d in documents.values()} == born
    assert all(d.owner == cid for d in documents.values())
    plan, target = documents[NOTES], documents["A/B?"]
    assert plan.folder is not None
    assert (plan.folder.name, plan.folder.parent) == ("Work / Life: 2027", None)
    assert Folder.objects.get(name="empty").parent == plan.folder
    assert Folder.objects.count() == 2
    assert sorted(plan.tags.values_list("name", flat=True)) == ["one", "zwei"]
    assert Star.objects.get().document == plan
    assert documents["Form"].is_template
    assert not plan.memberships.exists()
    # Pictures and files are the new document's, and links lead to the new documents.
    assert {f.name for f in plan.attachments.all()} == {"föto 1.png", "a.pdf"}
    markdown = says(plan)
    for file in plan.attachments.all():
        assert attachment_url(file) in markdown
    assert f"[target](/d/{target.pk}/#heading)" in markdown
    assert "[web](https://example.org/d/x)" in markdown
    assert not any(key in says(d, "json") for d in documents.values() for key in old)
    # The draft is one, and merges.
    draft = Draft.objects.get()
    assert (draft.document, draft.origin) == (documents["My draft"], target)
    draft_merge(draft=draft, actor=cid, closes=False)
    assert says(target, "text").split() == [
        "Target",
        "first",
        "in",
        "the",
        "draft",
        "second",
        "third",
    ]


def test_history_and_members_come_by_choice(whole: User) -> None:
    data = exported(whole, including=("history", "members"))
    log = list(
        UpdateRecord.objects.filter(document__title="A/B?").values_list("created_at", flat=True)
    )
    emptied()
    cid, bob = make_user("cid"), User.objects.get(username="bob")
    assert not any(o.warnings for o in taken(cid, data, ("history", "members")).values())
    target, plan = Document.objects.get(title="A/B?"), Document.objects.get(title=NOTES)
    records = UpdateRecord.objects.filter(document=target)
    assert list(records.values_list("created_at", flat=True)) == log
    # Whose they are is not believed of everybody's zip.
    assert set(records.values_list("author", flat=True)) == {cid.pk}
    named = Revision.objects.get(document=target, name="two lines")
    assert (named.seq, named.kind) == (2, Revision.Kind.NAMED)
    assert [(m.user, m.role) for m in plan.memberships.all()] == [(bob, Role.EDITOR)]
    draft = Draft.objects.get()
    assert (draft.origin, draft.base_seq) == (target, 2)
    emptied()
    root = make_user("root", is_superuser=True, is_staff=True)
    taken(root, data, ("history",))
    ann = User.objects.get(username="ann")
    written = UpdateRecord.objects.filter(document__title="A/B?")
    assert set(written.values_list("author", flat=True)) == {ann.pk}


def test_a_file_that_was_edited_in_the_zip_counts(whole: User) -> None:
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(exported(whole))) as old,
        zipfile.ZipFile(made, "w") as new,
    ):
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "A B.md":
                data = data.replace(b"second", b"edited by hand")
            new.writestr(entry, data)
    emptied()
    taken(make_user("cid"), made.getvalue())
    target = Document.objects.get(title="A/B?")
    assert says(target).split("\n\n") == ["# Target", "first", "edited by hand", "third\n"]
    draft_merge(draft=Draft.objects.get(), actor=target.owner, closes=False)
    assert "first in the draft" in says(target)


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about.update(documents=[1, {"id": "x"}, None], folders=[[], "x", [1]]),
        lambda about: [d.update(state="manifest.json", tags=7, folder=9) for d in docs(about)],
        lambda about: [
            d.update(created_at="9999-99-99", members=[{}], files=3) for d in docs(about)
        ],
        lambda about: [d.update(history="A B.md", base_seq=-1, people=[]) for d in docs(about)],
        lambda about: [d.update(draft_of=d["id"]) for d in docs(about)],
    ],
)
def test_a_manifest_is_not_believed(whole: User, change: Any) -> None:
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(exported(whole))) as old,
        zipfile.ZipFile(made, "w") as new,
    ):
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "manifest.json":
                about = json.loads(data)
                change(about)
                data = json.dumps(about).encode()
            new.writestr(entry, data)
    emptied()
    cid = make_user("cid")
    assert taken(cid, made.getvalue(), ("history", "members"))
    assert any("third" in says(d) for d in Document.objects.filter(owner=cid))


def docs(about: Any) -> list[Any]:
    return list(about["documents"])


VAULT: dict[str, str | bytes] = {
    "Vault/Start.md": (
        "---\ntitle: The start\ntags: [a, '#b c']\naliases:\n  - Home\n---\n"
        "See [[Deep note]], [[Deep note#Part one|words]], [[missing]], `[[Deep note]]` and "
        "[md](sub/Deep%20note.md#x).\n\n![[pic.png|120]]\n\n![alt](../Vault/assets/pic.png) "
        "[paper](assets/paper.pdf)\n\n![[paper.pdf]]\n\n> [!TIP] Mind this\n> body\n\n"
        "> [!warning]- folded\n> inside\n"
    ),
    "Vault/sub/Deep note.md": "Back to [[start]]. ![[pic.png]]\n\n| a |\n|-|\n| [[Start\\|up]] |\n",
    "Vault/assets/pic.png": PNG,
    "Vault/assets/paper.pdf": b"%PDF-1.7 x",
    "Vault/assets/unused.bin": b"x",
    "Vault/.obsidian/app.json": "{}",
    "Vault/files/kept.md": "kept",
    "Vault/empty/": "",
}


def test_a_folder_of_notes_as_obsidian_writes_it() -> None:
    ann = make_user()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in VAULT.items():
            archive.writestr(name, data)
    outcomes = taken(ann, made.getvalue())
    errors = {name for name, each in outcomes.items() if each.error}
    assert errors == {"Vault/assets/unused.bin"}
    documents = {d.title: d for d in Document.objects.all()}
    assert set(documents) == {"The start", "Deep note", "kept"}
    start, deep = documents["The start"], documents["Deep note"]
    assert sorted(start.tags.values_list("name", flat=True)) == ["a", "b c"]
    assert {f.name for f in Folder.objects.all()} == {"Vault", "sub", "files", "empty"}
    by_name = {f.name: attachment_url(f) for f in Attachment.objects.filter(document=start)}
    assert set(by_name) == {"pic.png", "paper.pdf"}
    assert says(start).splitlines() == [
        "```yaml",
        "aliases:",
        "  - Home",
        "```",
        "",
        f"See [Deep note](/d/{deep.pk}/), [words](/d/{deep.pk}/#Part%20one), "
        f"\\[\\[missing\\]\\], `[[Deep note]]` and [md](/d/{deep.pk}/#x).",
        "",
        f'<img src="{by_name["pic.png"]}" width="120">',
        "",
        f"![alt]({by_name['pic.png']})",
        "",
        f"[paper]({by_name['paper.pdf']})",
        "",
        f"[paper.pdf]({by_name['paper.pdf']})",
        "",
        "> [!TIP]",
        ">",
        "> **Mind this**",
        ">",
        "> body",
        "",
        "<!-- -->",
        "",
        "> [!WARNING]",
        ">",
        "> **folded**",
        ">",
        "> inside",
    ]
    (picture,) = Attachment.objects.filter(document=deep)
    assert f"Back to [start](/d/{start.pk}/)." in says(deep)
    assert attachment_url(picture) in says(deep)
    assert f"[up](/d/{start.pk}/)" in says(deep)
