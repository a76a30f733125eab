"""The files of a zip as the documents in it name them: our own export, or a folder of notes.

Notes name one another as Obsidian writes it, too: ``[[Note]]``, ``![[photo.png]]``, and by the
name alone where the file lies elsewhere in the folder.
"""

from __future__ import annotations

import re
import uuid
import zipfile
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import unquote

from django.urls import reverse

from collab.library.addresses import DOCUMENT_ADDRESS, FILE_ADDRESS, with_addresses
from collab.library.manifests import MAX_PARTS, Described, Manifest
from collab.library.reading import ENDINGS, HeldFiles
from collab.richtext.schema import normalise
from collab.richtext.tree import Mark, Node

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"})
_NOTES = (".md", ".markdown")
_WIKI = re.compile(
    r"(?P<shows>!?)\[\[(?P<name>[^\[\]|#^\n]*)(?P<part>[#^][^\[\]|\n]*)?"
    r"(?:\|(?P<words>[^\[\]\n]*))?\]\]"
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
#: What archives hold besides: those of a Mac, and what programs keep for themselves.
_OTHER_FOLDERS = ("__MACOSX/",)
_OTHER_FILES = frozenset({"manifest.json", ".DS_Store", "Thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document to be made: of a file, of what the manifest says of it, or of both."""

    id: uuid.UUID
    path: PurePosixPath
    entry: zipfile.ZipInfo | None
    described: Described | None = None


@dataclass(slots=True)
class Archive:
    """A zip that documents are made of."""

    zip: zipfile.ZipFile
    manifest: Manifest | None
    wanted: list[Wanted] = field(default_factory=list)
    #: Files that are no documents, by their paths.
    files: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    folders: list[tuple[str, ...]] = field(default_factory=list)
    #: Paths of files that a document took.
    taken: set[str] = field(default_factory=set)
    _ids: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    _by_path: dict[str, Wanted] = field(default_factory=dict)
    #: Paths backwards, in order, so that those with one ending stand together; and the paths.
    _by_ending: list[tuple[str, str]] = field(default_factory=list)
    #: The addresses here of files that are in, by their ids there.
    placed: dict[uuid.UUID, str] = field(default_factory=dict)

    @classmethod
    def of(cls, opened: zipfile.ZipFile, manifest: Manifest | None) -> Archive:
        """Return the zip with its table of contents looked through; nothing is unpacked."""
        found = cls(opened, manifest)
        described = {} if manifest is None else dict(manifest.by_path)
        for entry in opened.infolist():
            path = sound_path(entry.filename)
            about = described.pop(entry.filename, None)
            if about is None and not _is_wanted(entry, path):
                continue
            if entry.is_dir():
                found.folders.append(path.parts)
                continue
            if about is None and (path.suffix.lower() not in ENDINGS or found._is_mine(str(path))):
                found.files[str(path)] = entry
            else:
                found._add(Wanted(uuid.uuid4(), path, entry, about))
        # A draft is made of its original, which has to be there.
        rest = [] if manifest is None else [d for d in manifest.documents if not d.path]
        for about in (*described.values(), *rest):
            if about.state in opened.NameToInfo:
                path = sound_path(about.path or about.title.replace("/", " ") or "untitled")
                found._add(Wanted(uuid.uuid4(), path, None, about))
        found.wanted.sort(key=lambda each: bool(each.described and each.described.draft_of))
        names = (*found._by_path, *found.files)
        found._by_ending = sorted((f"/{name.lower()}"[::-1], name) for name in names)
        held = {part for each in found.wanted for part in each.path.parents}
        held |= {part for name in found.files for part in PurePosixPath(name).parents}
        found.folders = [f for f in found.folders if PurePosixPath(*f) not in held]
        if manifest is not None:
            found.folders = list(manifest.folders)
        return found

    def _is_mine(self, path: str) -> bool:
        """Whether the file is one that a document of our own export shows."""
        return self.manifest is not None and path.startswith("files/")

    def _add(self, one: Wanted) -> None:
        self.wanted.append(one)
        if one.entry is not None:
            self._by_path[str(one.path)] = one
        if one.described is not None:
            self._ids[one.described.id] = one.id

    def new_id(self, old: uuid.UUID) -> uuid.UUID | None:
        """Return the id here of a document that had another where the zip was made."""
        return self._ids.get(old)

    def left_over(self) -> list[str]:
        """Return the paths of files that no document shows; of ours, all are some document's."""
        return [path for path in self.files if path not in self.taken and not self._is_mine(path)]

    # -- addresses ---------------------------------------------------------------------------

    def linked(self, content: Node, one: Wanted, held: HeldFiles) -> Node:
        """Return ``content`` with what lies in the zip named as it will be here."""
        if one.path.suffix.lower() in _NOTES and (one.described is None or not one.described.state):
            content = normalise(Node("doc", content=tuple(self._wiki(content, one))))
        changed = with_addresses(content, lambda address: self._address(address, one, held))
        return normalise(Node("doc", content=tuple(_as_links(changed.content))))

    def _address(self, address: str, one: Wanted, held: HeldFiles) -> str:
        if found := FILE_ADDRESS.match(address):
            return self._file(uuid.UUID(found["id"]), address, one, held)
        if found := DOCUMENT_ADDRESS.match(address):
            key = self._ids.get(uuid.UUID(found["id"]))
            return address if key is None else document_address(key) + found["rest"]
        if _SCHEME.match(address) or address.startswith("#"):
            return address
        path, sign, part = address.partition("#")
        return self._named(unquote(path.partition("?")[0]), one, held, sign + part) or address

    def _file(self, key: uuid.UUID, address: str, one: Wanted, held: HeldFiles) -> str:
        path, name = ("", "") if one.described is None else one.described.files.get(key, ("", ""))
        entry = self.zip.NameToInfo.get(path)
        if entry is None:
            # A draft shows files of its original under the addresses that they have there.
            return self.placed.get(key, address)
        return held.hold_entry(self.zip, entry, name, key)

    def _named(self, name: str, one: Wanted, held: HeldFiles, rest: str = "") -> str | None:
        path = self._found(name, one.path)
        if path is None:
            return None
        if (document := self._by_path.get(path)) is not None:
            return document_address(document.id) + rest
        self.taken.add(path)
        return held.hold_entry(self.zip, self.files[path], PurePosixPath(path).name)

    def _found(self, name: str, place: PurePosixPath) -> str | None:
        """Return the path of the file that a document at ``place`` names so."""
        if not name.strip("/. "):
            return None
        for whole in (name, *(name + ending for ending in _NOTES)):
            for base in (place.parent, PurePosixPath()):
                path = str(_joined(base, whole))
                if path in self._by_path or path in self.files:
                    return path
        wanted = str(sound_path(name)).lower()
        for whole in (wanted, *(wanted + ending for ending in _NOTES)):
            ending = f"/{whole}"[::-1]
            at = bisect_left(self._by_ending, (ending, ""))
            if at < len(self._by_ending) and self._by_ending[at][0].startswith(ending):
                return self._by_ending[at][1]
        return None

    def _wiki(self, node: Node, one: Wanted) -> Iterator[Node]:
        """Yield what is in ``node`` with wiki links as links and pictures."""
        for child in node.content:
            if child.type == "text" and not child.has("code") and "[[" in child.text:
                yield from self._wiki_run(child, one)
            elif child.type == "codeBlock" or not child.content:
                yield child
            else:
                yield Node(child.type, child.attrs, tuple(self._wiki(child, one)))

    def _wiki_run(self, run: Node, one: Wanted) -> Iterator[Node]:
        at = 0
        for found in _WIKI.finditer(run.text):
            path = self._found(found["name"].strip(), one.path) if found["name"].strip() else None
            if path is None:
                continue
            yield Node("text", text=run.text[at : found.start()], marks=run.marks)
            at = found.end()
            part, words = found["part"] or "", found["words"]
            address = "/" + "/".join(PurePosixPath(path).parts)
            if found["shows"] and PurePosixPath(path).suffix.lower() in _PICTURES:
                width = int(words) if words and words.isascii() and words.isdigit() else None
                alt = None if width or not words else words
                yield Node("image", {"src": address, "alt": alt, "width": width})
                continue
            shown = words or found["name"].strip() + (f" > {part[1:]}" if part else "")
            link = Mark("link", {"href": address.replace("#", "%23") + part.replace(" ", "%20")})
            yield Node("text", text=shown, marks=(link, *run.marks))
        yield Node("text", text=run.text[at:], marks=run.marks)


def document_address(key: uuid.UUID) -> str:
    """Return the address of a document that may not be there yet."""
    return reverse("document", args=[key])


def sound_path(name: str) -> PurePosixPath:
    """Return the path of an entry without what would lead out of the archive."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return PurePosixPath(*[part for part in parts if part.strip("/. ")][-MAX_PARTS:])


def _joined(base: PurePosixPath, name: str) -> PurePosixPath:
    parts: list[str] = [] if name.startswith("/") else list(base.parts)
    for part in name.replace("\\", "/").split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return PurePosixPath(*parts)


def _is_wanted(entry: zipfile.ZipInfo, path: PurePosixPath) -> bool:
    is_other = entry.filename.startswith(_OTHER_FOLDERS) or path.name in _OTHER_FILES
    return bool(path.parts) and not is_other and not any(p.startswith(".") for p in path.parts)


def _as_links(blocks: tuple[Node, ...]) -> Iterator[Node]:
    """Yield blocks with a link in place of each picture that is none, as a PDF put in."""
    for block in blocks:
        name = str(block.attrs.get("src") or "")
        if block.type == "image" and HeldFiles.is_held(name) and not HeldFiles.is_picture(name):
            words = str(block.attrs.get("alt") or "") or HeldFiles.name_of(name)
            link = Mark("link", {"href": name})
            yield Node("paragraph", content=(Node("text", text=words, marks=(link,)),))
        elif block.content and block.type != "codeBlock":
            content = tuple(_as_links(block.content))
            yield Node(block.type, block.attrs, content, block.text, block.marks)
        else:
            yield block
