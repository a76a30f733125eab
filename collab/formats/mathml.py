"""Formulas as MathML, which browsers show without a script: made by pandoc, all of them at once."""

from __future__ import annotations

import json

from collab.formats.pandoc_out import API_VERSION
from collab.formats.programs import Programs
from collab.richtext.tree import Node


def formulas(document: Node, programs: Programs) -> dict[tuple[str, bool], str]:
    """Return MathML by LaTeX and whether it stands alone; without what pandoc could not read.

    Raises:
        ConversionError: as ``Programs.pandoc`` does.
    """
    wanted = list(
        dict.fromkeys(
            (str(node.attrs.get("latex")), node.type == "blockMath")
            for node in document.walk()
            if node.type in ("inlineMath", "blockMath")
        )
    )
    if not wanted:
        return {}
    blocks = [
        {"t": "Para", "c": [{"t": "Math", "c": [{"t": kind}, latex]}]}
        for latex, is_block in wanted
        for kind in ("DisplayMath" if is_block else "InlineMath",)
    ]
    tree = {"pandoc-api-version": API_VERSION, "meta": {}, "blocks": blocks}
    source = json.dumps(tree, ensure_ascii=False).encode()
    html = programs.pandoc(source, "-f", "json", "-t", "html", "--mathml", suffix="html").decode()
    # One paragraph a formula; one that it could not read is there as text.
    paragraphs = html.split("<p>")[1:]
    if len(paragraphs) != len(wanted):
        return {}
    found = ((key, _math_in(part)) for key, part in zip(wanted, paragraphs, strict=True))
    return {key: math for key, math in found if math}


def _math_in(part: str) -> str:
    """Return the element of a formula; empty where there is none."""
    begin, end = part.find("<math"), part.find("</math>")
    return part[begin : end + len("</math>")] if 0 <= begin < end else ""
