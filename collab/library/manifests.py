"""What ``manifest.json`` of our own zips says, read back; docs/formats.md describes it.

Anybody may have written it: what is of another kind than it should be is taken for missing.
"""

from __future__ import annotations

import json
import re
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive

NAME = "manifest.json"
#: What the zip holds for the way back; folders that begin with a dot are out of people's way.
STATES = ".scriptorium/states"
HISTORY = ".scriptorium/history"
#: Counted up when an older server would misread the zip.
VERSION = 2
MAX_BYTES = 32 * 1024 * 1024
#: Of a path, its last ones: folders lie 20 deep at most, and each part takes a turn of its own.
MAX_PARTS = 64
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Described:
    """One document, as the manifest has it."""

    id: uuid.UUID
    title: str
    path: str
    #: Of the file at ``path``, in hexadecimal digits: tells whether somebody edited it since.
    sha256: str
    folder: tuple[str, ...]
    tags: tuple[str, ...]
    is_template: bool
    is_starred: bool
    created_at: datetime | None
    draft_of: uuid.UUID | None
    base_seq: int
    #: Where the Yjs state and the records of the log lie; empty: they do not.
    state: str
    history: str
    #: Places in the zip and names of the document's files, by their ids.
    files: Mapping[uuid.UUID, tuple[str, str]]
    #: User names and roles.
    members: tuple[tuple[str, str], ...]
    #: User names of those who wrote the records, by the ids in them.
    people: Mapping[str, str]
    #: Names of revisions, by the number of their last record.
    names: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The zip as a whole."""

    documents: tuple[Described, ...] = ()
    folders: tuple[tuple[str, ...], ...] = ()
    by_path: Mapping[str, Described] = field(default_factory=dict)


def read_manifest(archive: zipfile.ZipFile) -> Manifest | None:
    """Return what our own export wrote of itself; None where this is no such zip."""
    entry = archive.NameToInfo.get(NAME)
    if entry is None or entry.file_size > MAX_BYTES:
        return None
    try:
        said = json.loads(archive.read(entry))
    except (ValueError, RecursionError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return None
    if not isinstance(said, dict) or "exported_at" not in said:
        return None
    documents = tuple(
        found for row in _list(said.get("documents")) if (found := _described(row)) is not None
    )
    folders = tuple(_texts(row)[-MAX_PARTS:] for row in _list(said.get("folders")))
    by_path = {each.path: each for each in documents if each.path}
    return Manifest(documents, tuple(filter(None, folders)), by_path)


def _described(row: object) -> Described | None:
    if not isinstance(row, dict) or (key := _id(row.get("id"))) is None:
        return None
    files = {
        file_id: (_text(file.get("path")), _text(file.get("name")))
        for file in _list(row.get("attachments"))
        if isinstance(file, dict) and (file_id := _id(file.get("id"))) is not None
    }
    # Zips of before version 2 have the paths alone, with the id in them.
    for path in _texts(row.get("files")):
        if (file_id := _id(path.split("/")[1] if path.count("/") > 1 else "")) is not None:
            files.setdefault(file_id, (path, path.rpartition("/")[2]))
    members = tuple(
        (_text(each.get("user")), _text(each.get("role")))
        for each in _list(row.get("members"))
        if isinstance(each, dict)
    )
    names = {
        seq: _text(each.get("name"))
        for each in _list(row.get("revisions"))
        if isinstance(each, dict) and type(seq := each.get("seq")) is int and seq > 0
    }
    people = row.get("people")
    base_seq = row.get("base_seq")
    path = _text(row.get("path"))
    folder = row.get("folder")
    return Described(
        id=key,
        title=_text(row.get("title")),
        path=path,
        sha256=_text(row.get("sha256")),
        folder=(_texts(folder) if folder is not None else tuple(path.split("/")[:-1]))[-MAX_PARTS:],
        tags=_texts(row.get("tags")),
        is_template=row.get("is_template") is True,
        is_starred=row.get("is_starred") is True,
        created_at=_time(row.get("created_at")),
        draft_of=_id(row.get("draft_of")),
        base_seq=base_seq if type(base_seq) is int and base_seq >= 0 else 0,
        state=_text(row.get("state")),
        history=_text(row.get("history")),
        files=files,
        members=members,
        people={str(k): _text(v) for k, v in people.items()} if isinstance(people, dict) else {},
        names=names,
    )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value.replace("\x00", "") if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(filter(None, map(_text, _list(value))))


def _id(value: object) -> uuid.UUID | None:
    return uuid.UUID(value) if isinstance(value, str) and _UUID.fullmatch(value) else None


def _time(value: object) -> datetime | None:
    try:
        found = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if found is None or is_naive(found) else found
