"""The names that attributes take their values from, and what they look like on paper."""

from __future__ import annotations

#: Kinds of callouts, as GitHub names them, with the colour of each.
CALLOUTS = {
    "note": "2F6FDE",
    "tip": "1A7F45",
    "important": "7A4FD0",
    "warning": "9A6700",
    "caution": "C9372C",
}
_TITLES = {
    "en": ("Note", "Tip", "Important", "Warning", "Caution"),
    "zh": ("注意", "提示", "重要", "警告", "当心"),
}
#: Colours of text, by name: each page draws them for its own background; these are for paper.
COLORS = {
    "gray": "6B6B6B",
    "red": "C0342B",
    "orange": "B45309",
    "green": "1A7F45",
    "blue": "2557C7",
    "purple": "7A3FC4",
}
#: Of a paragraph or heading; where it says nothing, its text begins where the line does.
ALIGNMENTS = ("center", "right", "justify")


def callout_title(kind: str, language: str) -> str:
    """Return what stands above a callout of this kind."""
    titles = _TITLES.get(language.partition("-")[0], _TITLES["en"])
    return dict(zip(CALLOUTS, titles, strict=True)).get(kind, titles[0])
