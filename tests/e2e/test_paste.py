"""What other programs put on the clipboard, pasted into a real browser."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import Person, Stage
from tests.system.conftest import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.needs("chromium")]

MARKDOWN = """# Plan

Some **bold** words and [a link](https://example.org).

- [x] done
- [ ] open

1. one
2. two

| a | b |
| - | - |
| 1 | 2 |

```js
let x = 1;
```
"""
WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><body><!--StartFragment-->
<h2>Shopping<o:p></o:p></h2>
<p class=MsoListParagraphCxSpFirst style='mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>·<span>&nbsp; </span></span><![endif]>Milk<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level2 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>a.<span>&nbsp; </span></span><![endif]>Whole <i>milk</i><o:p></o:p></p>
<table class=MsoTableGrid><tr><td><p class=MsoNormal>A<o:p></o:p></p></td><td><p
class=MsoNormal>B<o:p></o:p></p></td></tr></table>
<!--EndFragment--></body></html>"""
#: In the form in which LibreOffice writes HTML.
LIBREOFFICE = """<!DOCTYPE html><html><head><meta name="generator" content="LibreOffice 7.4.7"/>
<style type="text/css">p { margin-bottom: 0.1in; background: transparent }</style></head>
<body lang="en-US"><h1 class="western">Plan</h1>
<p style="line-height: 115%; margin-bottom: 0.1in"><font face="Carlito"><b>Bold</b></font>
and <u>under</u> <strike>gone</strike></p>
<ul><li><p style="margin-bottom: 0in">one</p><ul><li><p>inner</p></li></ul></li></ul>
<dl><dd><table><col width="128*"/><tr valign="top"><td><p>A</p></td><td><p>B</p></td></tr></table>
</dd></dl>
</body></html>"""


def shape(node: dict[str, Any]) -> Any:
    """Return types and words of a tree, without attributes and empty paragraphs."""
    if node["type"] == "text":
        marks = "".join(f"<{mark['type']}>" for mark in node.get("marks", []))
        return f"{marks}{node['text']}"
    inner = [shape(child) for child in node.get("content", [])]
    return [node["type"], *[each for each in inner if each != ["paragraph"]]]


def pasted(stage: Stage, ann: Person, words: str, **clipboard: str) -> list[Any]:
    """Paste instead of all that is there; return the blocks."""
    ann.text.focus()
    ann.press("Control+a", "Delete")
    ann.paste(**clipboard)
    ann.shows(words)
    ann.is_saved()
    eventually(lambda: words in stage.content("text"))
    return list(shape(stage.json())[1:])


def test_markdown_and_word_processors(stage: Stage) -> None:
    """Structure comes along, what a program draws for itself does not."""
    ann = stage.writer("ann")
    assert pasted(stage, ann, "let x", text_plain=MARKDOWN) == [
        ["heading", "Plan"],
        ["paragraph", "Some ", "<bold>bold", " words and ", "<link>a link", "."],
        [
            "taskList",
            ["taskItem", ["paragraph", "done"]],
            ["taskItem", ["paragraph", "open"]],
        ],
        ["orderedList", ["listItem", ["paragraph", "one"]], ["listItem", ["paragraph", "two"]]],
        [
            "table",
            [
                "tableRow",
                ["tableHeader", ["paragraph", "a"]],
                ["tableHeader", ["paragraph", "b"]],
            ],
            ["tableRow", ["tableCell", ["paragraph", "1"]], ["tableCell", ["paragraph", "2"]]],
        ],
        ["codeBlock", "let x = 1;"],
    ]
    row = ["tableRow", ["tableCell", ["paragraph", "A"]], ["tableCell", ["paragraph", "B"]]]
    assert pasted(stage, ann, "Shopping", text_html=WORD, text_plain="Shopping") == [
        ["heading", "Shopping"],
        [
            "bulletList",
            [
                "listItem",
                ["paragraph", "Milk"],
                ["orderedList", ["listItem", ["paragraph", "Whole ", "<italic>milk"]]],
            ],
        ],
        ["table", row],
    ]
    assert pasted(stage, ann, "inner", text_html=LIBREOFFICE, text_plain="Plan") == [
        ["heading", "Plan"],
        ["paragraph", "<bold>Bold", " and ", "<underline>under", " ", "<strike>gone"],
        [
            "bulletList",
            [
                "listItem",
                ["paragraph", "one"],
                ["bulletList", ["listItem", ["paragraph", "inner"]]],
            ],
        ],
        ["table", row],
    ]
