"""Footnotes of HTML pages: a link in the text, the words in a list at the end."""

from __future__ import annotations

from collab.richtext.html_tree import Run, Tag
from collab.richtext.tree import Mark

#: The element that stands in the text after ``take_footnotes``, the words in it.
FOOTNOTE = "footnote"
_BACK = frozenset({"doc-backlink"})
_BACK_CLASSES = frozenset({"footnote-back", "footnote-backref", "data-footnote-backref"})


def take_footnotes(root: Tag) -> None:
    """Put the words of each footnote where its number stands, and take the list at the end away.

    Understood are the pages that Scriptorium, pandoc, GitHub and markdown-it write: a section of
    the class ``footnotes``, items with ids, links to these ids.
    """
    notes: dict[str, Tag] = {}
    for parent in list(root.walk()):
        kept: list[Tag | Run] = []
        for child in parent.children:
            found = _items(child)
            notes.update(found)
            if not found:
                kept.append(child)
        parent.children = kept
    if not notes:
        return
    used: set[str] = set()
    for parent in list(root.walk()):
        parent.children = list(_with_notes(parent.children, notes, used))


def _items(child: Tag | Run) -> dict[str, Tag]:
    """Return the notes in a section of them, by the address of each."""
    if isinstance(child, Run) or "footnotes" not in child.attrs.get("class", "").split():
        return {}
    items = (each for each in child.walk() if each.name == "li" and each.attrs.get("id"))
    return {f"#{item.attrs['id']}": item for item in items}


def _with_notes(
    children: list[Tag | Run], notes: dict[str, Tag], used: set[str]
) -> list[Tag | Run]:
    out: list[Tag | Run] = []
    put: Mark | None = None
    for child in children:
        link = _link(child)
        href = link.attrs.get("href") if link is not None else None
        if link is not None and link is put:
            continue  # the rest of a number that stood in pieces
        if isinstance(href, str) and href in notes and href not in used:
            used.add(href)
            put = link
            out.append(Tag(FOOTNOTE, {}, _words(notes[href])))
        else:
            out.append(child)
    return out


def _link(child: Tag | Run) -> Mark | None:
    marks = child.marks if isinstance(child, Run) else ()
    return next((mark for mark in marks if mark.type == "link"), None)


def _words(note: Tag) -> list[Tag | Run]:
    """Return what a note says, without the links back to its number."""
    for parent in list(note.walk()):
        parent.children = [each for each in parent.children if not _is_back(each)]
    return note.children


def _is_back(child: Tag | Run) -> bool:
    link = _link(child)
    if link is None:
        return False
    classes = str(link.attrs.get("class", "")).split()
    return link.attrs.get("role") in _BACK or not _BACK_CLASSES.isdisjoint(classes)
