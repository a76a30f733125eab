"""What a document holds beside text: formulas, footnotes, callouts, details, code in colours."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.conftest import Person, Stage
from tests.system.conftest import eventually


def insert(person: Person, words: str) -> None:
    person.type(f"/{words}")
    expect(person.page.locator(".slash-menu")).to_be_visible()
    person.press("Enter")


def test_each_node_is_written_with_the_keyboard_and_kept(stage: Stage) -> None:
    ann = stage.writer("ann")
    ann.type("# 能量 Energy\n")
    ann.type("Einstein: $E=mc^2$ and a note")
    ann.press("Control+Alt+f")
    ann.page.get_by_label("What it says").fill("a footnote, 脚注")
    ann.press("Enter")
    expect(ann.page.locator('.footnote[data-number="1"]')).to_be_visible()
    ann.type(" after it.\n")
    insert(ann, "mathblock")
    ann.page.get_by_label("LaTeX").fill(r"\int_0^1 \frac{x^2}{2}\,dx")
    expect(ann.page.locator(".prompt-preview .katex")).to_be_visible()
    ann.press("Enter")
    insert(ann, "callout")
    ann.type("mind the gap")
    ann.page.get_by_role("button", name="Warning").click()
    ann.press("Enter", "Enter")
    insert(ann, "foldable")
    ann.type("More")
    ann.press("Enter")  # it unfolds
    ann.type("within")
    ann.press("ArrowDown")
    ann.type("```python ")
    ann.type('def f(x):\nreturn "你好"  # why')
    expect(ann.page.locator(".text .hljs-keyword").first).to_be_visible()
    expect(ann.page.get_by_label("Language of the code")).to_have_value("python")
    expect(ann.page.locator(".text .math .katex")).to_have_count(2)
    ann.is_saved()

    def kinds() -> list[str]:
        return [block["type"] for block in stage.json()["content"]]

    eventually(lambda: "codeBlock" in kinds())
    assert [kind for kind in kinds() if kind != "paragraph"] == [
        "heading",
        "blockMath",
        "callout",
        "details",
        "codeBlock",
    ]
    markdown = stage.content("markdown")
    assert "Einstein: $E=mc^2$ and a note[^1] after it." in markdown
    assert "[^1]: a footnote, 脚注" in markdown
    assert "> [!WARNING]\n>\n> mind the gap" in markdown
    assert "<summary>More</summary>\n\nwithin" in markdown

    bob = stage.person("bob", color_scheme="dark").open(stage.document)
    expect(bob.page.locator(".text .math .katex")).to_have_count(2)
    bob.page.get_by_role("button", name="Unfold").click()  # each sees what they have unfolded
    stage.all_equal()
