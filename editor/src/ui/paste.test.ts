import { describe, expect, test } from "vitest";
import { fromWordProcessor, looksLikeMarkdown, markdownToDom } from "./paste";

function squeezed(html: string): string {
  return html.replace(/\s+/g, " ").replace(/> </g, "><").trim();
}

const WORD = `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{margin:0}</style></head>
<body lang=EN-US><!--StartFragment-->
<p class=MsoTitle>Plan<o:p></o:p></p>
<p class=MsoNormal style='mso-margin-top-alt:auto'><b>Bold</b> and <span
style='background:yellow;mso-highlight:yellow'>marked</span> words<a style='mso-footnote-id:ftn1'
href="#_ftn1"><span>[1]</span></a><o:p></o:p></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-.25in;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol'><span style='mso-list:Ignore'>·<span>&nbsp;&nbsp; </span></span></span><![endif]>Milk<o:p></o:p></p>
<p class=MsoListParagraphCxSpMiddle style='mso-list:l0 level2 lfo1'><![if !supportLists]><span><span
style='mso-list:Ignore'>a.<span>&nbsp; </span></span></span><![endif]>Whole<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span><span
style='mso-list:Ignore'>·<span>&nbsp; </span></span></span><![endif]>Bread<o:p></o:p></p>
<p class=MsoNormal>After<o:p></o:p></p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>1.<span>&nbsp; </span></span>One</p>
<!--EndFragment--></body></html>`;

describe("a paste from Word", () => {
  const body = new DOMParser().parseFromString(fromWordProcessor(WORD), "text/html").body;

  test("has lists, nested by level, numbered where Word numbers", () => {
    const lists = [...body.querySelectorAll(":scope > ul, :scope > ol")];
    expect(lists.map((list) => list.tagName)).toEqual(["UL", "OL"]);
    expect([...(lists[0]?.children ?? [])].map((li) => li.querySelector("p")?.textContent)).toEqual(
      ["Milk", "Bread"],
    );
    expect(squeezed(lists[0]?.querySelector("ol")?.textContent ?? "")).toBe("Whole");
    expect(lists[1]?.textContent).toBe("One");
  });

  test("keeps title and marks, and drops what is Word's own", () => {
    expect(body.querySelector("h1")?.textContent).toBe("Plan");
    expect(body.querySelector("b")?.textContent).toBe("Bold");
    expect(body.querySelector("mark")?.textContent).toBe("marked");
    expect(body.querySelector("a, style")).toBeNull();
    expect(body.textContent).not.toContain("·");
    expect([...body.querySelectorAll("p")].every((p) => p.textContent?.trim())).toBe(true);
  });

  test("other HTML says by elements what its styles say", () => {
    const html = '<p align="center"><font face="Arial">x</font> style="y"</p>';
    expect(fromWordProcessor(html)).toBe(html);
    expect(
      fromWordProcessor(
        '<b style="font-weight:normal"><p style="text-align:center"><span style="font-weight:700">x</span></p></b>',
      ),
    ).toBe('<p data-align="center"><span><b>x</b></span></p>');
  });
});

describe("a paste of plain text", () => {
  test("is Markdown where it has its signs", () => {
    const texts = [
      "# Title\nwords",
      "- a\n- b",
      "1. a\n2. b",
      "a **b** c",
      "```js\nx\n```",
      "| a | b |\n| - | - |\n| 1 | 2 |",
      "- [ ] do",
      "see [here](https://example.org)",
      "> said",
    ];
    expect(texts.filter((text) => !looksLikeMarkdown(text))).toEqual([]);
  });

  test("is words where it has none", () => {
    const texts = [
      "Dear Ann,\n\nit rains - again.\n- Bob",
      "2 * 3 * 4 = 24",
      "a|b",
      "snake_case and __init__",
      "#hashtag",
      "[1] a note",
      "1. only one",
    ];
    expect(texts.filter((text) => looksLikeMarkdown(text))).toEqual([]);
  });

  test("becomes the lists and tasks of the schema", () => {
    const body = markdownToDom("- [x] done\n- [ ] not\n\n1. one");
    const items = [...body.querySelectorAll<HTMLElement>('li[data-type="taskItem"]')];
    expect(items.map((item) => [item.dataset.checked, item.textContent?.trim()])).toEqual([
      ["true", "done"],
      ["false", "not"],
    ]);
    expect(body.querySelector("input")).toBeNull();
    expect(body.querySelector("ol")?.dataset.type).toBeUndefined();
  });
});
