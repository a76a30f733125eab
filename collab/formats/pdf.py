"""The Typst markup around a document's body, from which the PDF is set.

Typst carries fonts for Latin, Greek, Cyrillic and mathematics. Chinese, Japanese and Korean come
from the system (docs/formats.md says what to install); what no font has is shown as an empty box.
"""

from __future__ import annotations

import json

_FONTS = {
    "zh-CN": ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Sans CJK SC"),
    "zh-TW": ("Noto Serif CJK TC", "Source Han Serif TC", "Noto Sans CJK TC"),
    "ja": ("Noto Serif CJK JP", "Source Han Serif", "Noto Sans CJK JP"),
    "ko": ("Noto Serif CJK KR", "Source Han Serif K", "Noto Sans CJK KR"),
}
_MONO = ("DejaVu Sans Mono", "Noto Sans Mono CJK SC")
_PREAMBLE = """
#set document(title: {title})
#set page(paper: "a4", margin: (x: 2.4cm, y: 2.5cm), numbering: "1")
#set text(font: {fonts}, lang: {lang}, {region} size: 10.5pt)
#set par(leading: 0.75em, spacing: 1.15em)
#set heading(numbering: none)
#show heading: set block(above: 1.6em, below: 0.9em)
#show heading.where(level: 1): set text(size: 1.3em)
#show link: set text(fill: rgb("2557C7"))
#show raw: set text(font: {mono})
#show sym.zws: box(width: 0pt)
#show raw.where(block: true): it => block(
  fill: luma(246), inset: 9pt, radius: 3pt, width: 100%, text(size: 0.95em, it))
#show quote.where(block: true): it => block(
  stroke: (left: 2pt + luma(190)), inset: (left: 11pt, y: 2pt), it.body)
#set table(inset: 6pt, stroke: 0.5pt + luma(190), align: left)
#show table.cell: set text(hyphenate: true)
#show table.cell.where(y: 0): set text(weight: "regular")
#show figure: set block(breakable: true)
#show figure.where(kind: image): set figure(supplement: none, numbering: none)
#set image(fit: "contain")
#let horizontalrule = block(above: 1.4em, below: 1.4em,
  line(length: 100%, stroke: 0.5pt + luma(190)))
#let task(done) = box(baseline: 12%, width: 0.8em, height: 0.8em, radius: 1.5pt,
  stroke: 0.6pt + luma(90), align(center + horizon, if done {{ text(size: 0.75em, "✓") }}))
#let callout(title, color, body) = block(width: 100%, inset: (left: 11pt, rest: 8pt),
  stroke: (left: 2.5pt + color), fill: color.lighten(92%),
  [#text(weight: "bold", fill: color, title) #parbreak() #body])
"""


def typst_document(body: str, *, title: str, language: str) -> str:
    """Return the whole markup: how the page looks, the title, ``body`` as pandoc wrote it."""
    lang, _, region = language.partition("-")
    cjk = _FONTS.get(language) or _FONTS.get(lang) or _FONTS["zh-CN"]
    head = _PREAMBLE.format(
        title=quoted(title) if title else "none",
        fonts=_array(("Libertinus Serif", *cjk)),
        mono=_array(_MONO),
        lang=quoted(lang or "en"),
        region=f"region: {quoted(region)}," if len(region) == 2 else "",
    )
    shown = f"#block(below: 1.6em, text(size: 1.9em, weight: 700, {quoted(title)}))\n"
    return f"{head}\n{shown if title else ''}\n{body}"


def quoted(text: str) -> str:
    """Return ``text`` as a string of Typst's, which cannot end before it."""
    # Typst's escapes in strings are those of JSON, but for \u, which it writes with braces.
    plain = "".join(each for each in text if each.isprintable() or each == "\n")
    return json.dumps(plain, ensure_ascii=False)


def _array(names: tuple[str, ...]) -> str:
    return f"({', '.join(quoted(name) for name in names)})"
