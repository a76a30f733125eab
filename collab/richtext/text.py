"""Plain text: a block a line, items with their marks, cells by tabs."""

from __future__ import annotations

from collab.richtext.schema import INLINE
from collab.richtext.tree import Node


def to_text(document: Node) -> str:
    """Return the document's text."""
    notes: list[Node] = []
    numbered = _numbered(document, notes)
    lines: list[str] = []
    for block in numbered.content:
        _write(block, lines, "")
    if notes:
        lines.append("")
    lines.extend(f"[{place}] {' '.join(note.plain.split())}" for place, note in enumerate(notes, 1))
    return "\n".join(lines) + ("\n" if lines else "")


def _numbered(node: Node, notes: list[Node]) -> Node:
    """Return the tree with numbers where its footnotes stand, which go to ``notes``."""
    if node.type == "footnote":
        notes.append(node)
        return Node("text", text=f"[{len(notes)}]")
    if not node.content:
        return node
    content = tuple(_numbered(child, notes) for child in node.content)
    return Node(node.type, node.attrs, content, node.text, node.marks)


def _write(block: Node, lines: list[str], indent: str) -> None:
    match block.type:
        case "bulletList" | "orderedList" | "taskList":
            first = block.attrs.get("start") or 1
            number = int(first) if isinstance(first, int | float) else 1
            for place, item in enumerate(block.content):
                bullet = "• "
                if block.type == "orderedList":
                    bullet = f"{number + place}. "
                elif block.type == "taskList":
                    bullet = "☑ " if item.attrs.get("checked") else "☐ "
                _write_item(item, lines, indent, bullet)
        case "table":
            for row in block.content:
                cells = (" ".join(cell.plain.split("\n")) for cell in row.content)
                lines.append(indent + "\t".join(cells))
        case "horizontalRule":
            lines.append(indent + "---")
        case "image":
            names = ("caption", "alt", "src")
            lines.append(indent + str(next(filter(None, map(block.attrs.get, names)), "")))
        case _ if block.content and any(_is_block(child) for child in block.content):
            for child in block.content:
                _write(child, lines, indent)
        case _:
            lines.extend(indent + line for line in block.plain.split("\n"))


def _write_item(item: Node, lines: list[str], indent: str, bullet: str) -> None:
    begin = len(lines)
    for child in item.content:
        _write(child, lines, indent + " " * len(bullet))
    if len(lines) > begin:
        lines[begin] = indent + bullet + lines[begin][len(indent) + len(bullet) :]
    else:
        lines.append(indent + bullet)


def _is_block(node: Node) -> bool:
    return node.type not in INLINE


def from_text(source: str) -> Node:
    """Return a document with a paragraph a line."""
    lines = source.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    return Node(
        "doc",
        content=tuple(
            Node("paragraph", content=(Node("text", text=line),) if line else ()) for line in lines
        ),
    )
