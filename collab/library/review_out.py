"""A review, written for people: HTML and plain text; the changes as in ``history.comparison_out``.

HTML is a fragment: first a ``<section data-conflict="…" data-name="…">`` for each block that both
sides changed, with a ``<div data-side="…">`` for what the original, the draft and the merge make of
it; then a ``<section data-changes>`` with all that changes in the original.
"""

from __future__ import annotations

from collab.crdt.lineage import Side
from collab.history.comparison_out import NameOf, diff_to_html, diff_to_text
from collab.library.reviews import DRAFT, ORIGIN, Review
from collab.richtext.html import to_html
from collab.richtext.text import to_text
from collab.richtext.tree import Node

#: What each kind of conflict is called in answers.
KINDS: dict[Side | None, str] = {
    None: "both",
    ORIGIN: "removed-in-original",
    DRAFT: "removed-in-draft",
}
_WORDS = {
    "both": "both sides wrote here",
    "removed-in-original": "the original removed this block, the draft wrote in it: it is put back",
    "removed-in-draft": "the draft removed this block, the original wrote in it: it is put back",
}


def review_to_html(review: Review, name_of: NameOf) -> str:
    """Return the review as an HTML fragment."""
    parts: list[str] = []
    for each in review.conflicts:
        merged = "" if each.merged is None else to_html(Node("doc", content=(each.merged,)))
        parts.append(
            f'<section data-conflict="{KINDS[each.gone_in]}" data-name="{each.name}">'
            f'<div data-side="original">{diff_to_html(each.origin.changes, name_of)}</div>'
            f'<div data-side="draft">{diff_to_html(each.draft.changes, name_of)}</div>'
            f'<div data-side="merged">{merged}</div></section>'
        )
    changes = diff_to_html(review.changes.changes, name_of)
    return "\n".join([*parts, f"<section data-changes>{changes}</section>"])


def review_to_text(review: Review, name_of: NameOf) -> str:
    """Return the review as lines: the conflicts, one after the other, then the changes."""
    parts: list[str] = []
    for number, each in enumerate(review.conflicts, start=1):
        merged = "" if each.merged is None else to_text(Node("doc", content=(each.merged,)))
        parts += [
            f"# Conflict {number} ({each.name}): {_WORDS[KINDS[each.gone_in]]}\n",
            "## Original\n" + diff_to_text(each.origin.changes, name_of),
            "## Draft\n" + diff_to_text(each.draft.changes, name_of),
            "## Merged\n" + merged,
        ]
    parts.append("# Changes\n" + diff_to_text(review.changes.changes, name_of))
    return "\n".join(parts)
