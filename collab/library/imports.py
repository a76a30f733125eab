"""Files become documents: one, or a zip of them with folders. What cannot be read is named.

A file's format is told by the ending of its name; the reader then takes it or says why not. One
that fails leaves nothing behind, and the others are taken. Of a zip of our own (``exports.py``)
nothing is lost: docs/formats.md, "Archives".
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from base64 import b64decode
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import IO
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive
from django.utils.translation import gettext as _

from collab.accounts.models import User
from collab.attachments.services import AttachmentRefused, attachments_insert
from collab.crdt.doc import CrdtFailure, state_of
from collab.crdt.reader import read_document
from collab.documents.folders import FolderError, document_move, folder_create
from collab.documents.marks import MAX_TAG_CHARS, MAX_TAGS, clean_tag, star_set, tags_set
from collab.documents.models import Document, Draft, Folder, Role
from collab.documents.services import MemberError, document_create, member_set
from collab.formats.errors import ConversionError
from collab.history.ground import EditRefused
from collab.history.selectors import head_seq
from collab.history.services import Seed, document_seed, seed_of
from collab.history.transplants import Past, Transplant, names_restore
from collab.library.archives import Archive, Wanted
from collab.library.manifests import Described, read_manifest
from collab.library.reading import (
    BROKEN,
    HeldFiles,
    ImportRefused,
    Said,
    not_read,
    read_file,
    with_stored,
)
from collab.richtext.tree import Node
from collab.types import DocumentId, Update, UserId

_REFUSALS = (
    ImportRefused,
    ConversionError,
    AttachmentRefused,
    FolderError,
    CrdtFailure,
    EditRefused,
)


#: What a person may choose to take of a zip of our own.
CHOICES = ("history", "members")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    name: str
    document: Document | None = None
    error: str | None = None
    #: What the document does not have though the file had it.
    warnings: tuple[str, ...] = ()


def import_file(
    *,
    owner: User,
    name: str,
    source: IO[bytes],
    folder: Folder | None,
    including: Collection[str] = (),
) -> list[Outcome]:
    """Make documents of ``owner``'s of a file, or of each file in a zip.

    Args:
        owner: of what is made.
        name: of the file.
        source: its bytes.
        folder: where the documents go.
        including: some of ``CHOICES``: taken where the zip holds them.
    """
    path = PurePosixPath(name)
    if path.suffix.lower() != ".zip":
        return [_of_file(owner, path, source, folder)]
    try:
        with zipfile.ZipFile(source) as opened:
            archive = Archive.of(opened, read_manifest(opened))
            return list(_Import(owner, folder, archive, frozenset(including)).run(name))
    except zipfile.BadZipFile:
        return [Outcome(name, error=_("This is not a zip that can be read."))]


def _of_file(owner: User, path: PurePosixPath, source: IO[bytes], folder: Folder | None) -> Outcome:
    held = HeldFiles()
    try:
        said = read_file(path, source, held)
        document = Document(owner=owner, title=said.title or path.stem)
        made = _create(
            document,
            held,
            place=lambda: folder,
            begin=lambda addresses: seed_of(with_stored(said.content, addresses)),
            finish=lambda made: _tag(made, said.tags),
        )
    except _REFUSALS as error:
        return Outcome(str(path), error=str(error))
    return Outcome(str(path), made.document, warnings=said.warnings)


@dataclass(frozen=True, slots=True)
class _Made:
    document: Document
    #: Addresses of its files, by the ids that they had where a zip was made.
    placed: dict[UUID, str]


def _create(
    new: Document,
    held: HeldFiles,
    *,
    place: Callable[[], Folder | None],
    begin: Callable[[dict[str, str]], Seed | Transplant],
    finish: Callable[[Document], None],
) -> _Made:
    """Make the document. All that takes time is done before the transaction.

    Args:
        new: with id, owner and title; its row comes last.
        held: the files that come with it.
        place: returns its folder.
        begin: returns what its log begins with, given the addresses of what was held.
        finish: writes what else there is of it, in the transaction.
    """
    owner = new.owner
    with ExitStack() as undo:
        addresses, files, placed = held.store(document=new, owner=owner, undo=undo)
        begun = begin(addresses)
        title = new.title.replace("\x00", "")
        with transaction.atomic():
            made = document_create(owner=owner, title=title, document_id=new.pk)
            if (folder := place()) is not None:
                document_move(document=made, folder=folder)
            attachments_insert(files)
            if isinstance(begun, Transplant):
                begun.write(made)
            else:
                document_seed(document=made, author=owner, content=begun)
            finish(made)
        undo.pop_all()
    return _Made(made, placed)


def _tag(document: Document, names: Collection[str]) -> None:
    """Give the document the tags that it may have; files know no bounds of ours."""
    fitting = [name for each in names if len(name := clean_tag(each)) <= MAX_TAG_CHARS]
    tags_set(document=document, names=list(dict.fromkeys(fitting))[:MAX_TAGS])


@dataclass(slots=True)
class _Import:
    """A zip that becomes documents."""

    owner: User
    folder: Folder | None
    archive: Archive
    including: frozenset[str]
    _folders: dict[tuple[str, ...], Folder | None] = field(default_factory=dict)
    _made: dict[UUID, Document] = field(default_factory=dict)

    def run(self, name: str) -> Iterator[Outcome]:
        """Yield what became of each file."""
        archive, most = self.archive, settings.ENV.import_max_files
        if len(archive.wanted) > most:
            text = _("The zip has %(count)d files; %(most)d are taken at most.")
            yield Outcome(name, error=text % {"count": len(archive.wanted), "most": most})
            return
        if len(archive.zip.infolist()) > settings.CONVERSION_LIMITS.unpacked_entries:
            yield Outcome(name, error=_("The file unpacks to more than the server takes."))
            return
        self._folders[()] = self.folder
        for one in archive.wanted:
            warnings: list[str] = []
            try:
                yield Outcome(str(one.path), self._one(one, warnings), warnings=tuple(warnings))
            except BROKEN:
                text = _("The file is damaged: it cannot be unpacked.")
                yield Outcome(str(one.path), error=text)
            except _REFUSALS as error:
                yield Outcome(str(one.path), error=str(error))
        for parts in archive.folders:
            try:
                self._folder_at(parts)
            except FolderError as error:
                yield Outcome("/".join(parts), error=str(error))
        for path in archive.left_over():
            yield Outcome(path, error=not_read())

    def _folder_at(self, parts: tuple[str, ...]) -> Folder | None:
        """Return the folder for a path in the archive, made where it is not there yet."""
        if parts not in self._folders:
            parent = self._folder_at(parts[:-1])
            self._folders[parts] = folder_create(owner=self.owner, name=parts[-1], parent=parent)
        return self._folders[parts]

    def _one(self, one: Wanted, warnings: list[str]) -> Document:
        about, held = one.described, HeldFiles()
        said, past = self._read(one, held, warnings)
        title = said.title or one.path.stem if about is None else about.title
        new = Document(id=one.id, owner=self.owner, title=title)
        content = self.archive.linked(said.content, one, held)
        parts = one.path.parent.parts if about is None else about.folder

        def begin(addresses: dict[str, str]) -> Seed | Transplant:
            whole = with_stored(content, addresses)
            return self._begun(new, past, whole, warnings) if past else seed_of(whole)

        def finish(made: Document) -> None:
            _tag(made, said.tags if about is None else about.tags)
            if about is not None:
                self._finish(made, about)

        made = _create(new, held, place=partial(self._folder_at, parts), begin=begin, finish=finish)
        self.archive.placed |= made.placed
        if about is not None:
            self._made[about.id] = made.document
            self._share(made.document, about, warnings)
            if "history" in self.including:
                names_restore(document_id=DocumentId(new.pk), names=about.names)
        return made.document

    # -- content -----------------------------------------------------------------------------

    def _read(
        self, one: Wanted, held: HeldFiles, warnings: list[str]
    ) -> tuple[Said, list[list[Past]]]:
        """Return what the document shall say, and ways to begin its log, the best first."""
        about, opened = one.described, self.archive.zip
        past = [] if about is None else list(self._pasts(about, warnings))
        if past and (one.entry is None or self._is_untouched(one.entry, one.described)):
            try:
                state = state_of([each.update for each in past[-1]])
                return Said(read_document(state)), past
            except CrdtFailure:
                past = []
        if one.entry is None:
            raise ImportRefused(_("The file is damaged: it cannot be unpacked."))
        with opened.open(one.entry) as source:
            said = read_file(one.path, source, held)
        warnings += said.warnings
        return said, past

    def _is_untouched(self, entry: zipfile.ZipInfo, about: Described | None) -> bool:
        """Whether the file is as it was exported: nobody has edited it since."""
        digest = hashlib.sha256()
        with self.archive.zip.open(entry) as source:
            for chunk in iter(lambda: source.read(256 * 1024), b""):
                digest.update(chunk)
        return about is not None and digest.hexdigest() == about.sha256

    def _pasts(self, about: Described, warnings: list[str]) -> Iterator[list[Past]]:
        if "history" in self.including and about.history:
            try:
                yield list(self._records(about))
            except (*BROKEN, ValueError, KeyError, TypeError):
                warnings.append(_("The history is damaged: the document begins as it was last."))
        entry = self.archive.zip.NameToInfo.get(about.state)
        if entry is None or entry.file_size > settings.ENV.max_document_bytes:
            return
        with suppress(*BROKEN):
            update = Update(self.archive.zip.read(entry))
            yield [Past(update, UserId(self.owner.pk), timezone.now())]

    def _records(self, about: Described) -> Iterator[Past]:
        """Yield the records of the log; whose they are is believed of administrators alone."""
        me = UserId(self.owner.pk)
        authors = {}
        if self.owner.is_superuser:
            known = User.objects.in_bulk(list(about.people.values()), field_name="username")
            authors = {
                key: UserId(known[name].pk) for key, name in about.people.items() if name in known
            }
        entry = self.archive.zip.NameToInfo[about.history]
        if entry.file_size > settings.CONVERSION_LIMITS.unpacked_bytes:
            raise ValueError(about.history)
        with self.archive.zip.open(entry) as source:
            for line in source:
                row = json.loads(line)
                if row.get("type") == "record":
                    at = parse_datetime(row["at"])
                    if at is None or is_naive(at):
                        raise ValueError(row["at"])
                    author = authors.get(str(row["author"]), me)
                    yield Past(Update(b64decode(row["update"])), author, at, str(row["kind"]))

    def _begun(
        self, new: Document, pasts: list[list[Past]], content: Node, warnings: list[str]
    ) -> Seed | Transplant:
        for past in pasts:
            try:
                return Transplant.of(
                    DocumentId(new.pk),
                    past,
                    owner_id=UserId(self.owner.pk),
                    max_bytes=settings.CONVERSION_LIMITS.unpacked_bytes,
                    change=lambda _old: content,
                )
            except EditRefused as error:
                warnings.append(str(error))
        return seed_of(content)

    # -- what else there is of a document ------------------------------------------------------

    def _finish(self, made: Document, about: Described) -> None:
        made.is_template = about.is_template
        if about.created_at is not None and about.created_at < timezone.now():
            made.created_at = about.created_at
        made.save(update_fields=["is_template", "created_at"])
        if about.is_starred:
            star_set(user=self.owner, document=made, is_starred=True)
        origin = None if about.draft_of is None else self._made.get(about.draft_of)
        if origin is not None:
            last = int(head_seq(DocumentId(origin.pk)))
            base = min(about.base_seq, last) if "history" in self.including else last
            Draft.objects.create(document=made, origin=origin, base_seq=base)

    def _share(self, made: Document, about: Described, warnings: list[str]) -> None:
        if "members" not in self.including:
            return
        known = User.objects.in_bulk([name for name, _role in about.members], field_name="username")
        for name, role in about.members:
            user = known.get(name)
            if user is not None and user.pk == self.owner.pk:
                continue
            try:
                if user is None or not user.is_active:
                    raise MemberError(_("There is nobody of that name."))
                member_set(document=made, user=user, role=Role(role), actor=self.owner)
            except ValueError as error:
                warnings.append(f"{name}: {error}")
