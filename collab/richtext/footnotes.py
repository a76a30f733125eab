"""Footnotes of HTML pages: a link in the text, the words in a list at the end."""

from __future__ import annotations

from xml.etree.ElementTree import Element

#: The element that stands in the text after ``take_footnotes``, the words in it.
FOOTNOTE = "footnote"
_BACK = frozenset({"doc-backlink"})
_BACK_CLASSES = frozenset({"footnote-back", "footnote-backref", "data-footnote-backref"})


def take_footnotes(root: Element) -> None:
    """Put the words of each footnote where its number stands, and take the list at the end away.

    Understood are the pages that Scriptorium, pandoc, GitHub and markdown-it write: a section of
    the class ``footnotes``, items with ids, links to these ids.
    """
    notes: dict[str, Element] = {}
    for parent in list(root.iter()):
        for child in list(parent):
            if "footnotes" in (child.get("class") or "").split():
                found = {f"#{item.get('id')}": item for item in child.iter("li") if item.get("id")}
                if found:
                    notes.update(found)
                    _remove(parent, child)
    if not notes:
        return
    used: set[str] = set()
    for parent in list(root.iter()):
        for place, child in enumerate(parent):
            link = _reference(child)
            href = link.get("href") if link is not None else None
            if href in notes and href not in used and href is not None:
                used.add(href)
                parent[place] = _footnote(notes[href], child.tail)


def _reference(element: Element) -> Element | None:
    """Return the link of a number in the text: an ``a``, alone in a ``sup`` or by itself."""
    if element.tag == "a":
        return element
    if element.tag == "sup" and len(element) == 1 and not (element.text or "").strip():
        return element[0] if element[0].tag == "a" else None
    return None


def _footnote(note: Element, tail: str | None) -> Element:
    made = Element(FOOTNOTE)
    made.text, made.tail = note.text, tail
    made.extend(list(note))
    for parent in list(made.iter()):
        for child in list(parent):
            if child.tag == "a" and (
                child.get("role") in _BACK
                or _BACK_CLASSES.intersection((child.get("class") or "").split())
            ):
                _remove(parent, child)
    return made


def _remove(parent: Element, child: Element) -> None:
    """Take an element out and leave the text behind it."""
    if child.tail:
        place = list(parent).index(child)
        if place:
            parent[place - 1].tail = (parent[place - 1].tail or "") + child.tail
        else:
            parent.text = (parent.text or "") + child.tail
    parent.remove(child)
