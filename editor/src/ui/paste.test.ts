import { Editor } from "@tiptap/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { NO_WORDS, schemaExtensions } from "../schema/extensions";
import { paste } from "./paste";
import { cleaned as fromWordProcessor } from "./pasting/html";
import { looksLikeMarkdown, markdownToDom } from "./pasting/markdown";
import { cellsOf } from "./pasting/text";

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

// Formulas load what draws them.
afterEach(() => vi.dynamicImportSettled());

/** A paste as a browser sends it; jsdom has no event of the clipboard. */
function stroke(html: string, text: string): Event {
  const held: Readonly<Record<string, string>> = { "text/html": html, "text/plain": text };
  const getData = (media: string) => held[media] ?? "";
  const event = new Event("paste", { bubbles: true, cancelable: true });
  return Object.assign(event, { clipboardData: { getData, files: [], types: [] } });
}

/** Return the document as HTML after pasting at the end of "ab|" or where `at` says. */
function pasted(data: { html?: string; text?: string }, before = "<p></p>", at = 1): string {
  const told: string[] = [];
  const editor = new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: [
      ...schemaExtensions(NO_WORDS),
      paste(
        (key) => key,
        (message) => told.push(message),
      ),
    ],
    content: before,
  });
  editor.commands.setTextSelection(at);
  editor.view.dom.dispatchEvent(stroke(data.html ?? "", data.text ?? ""));
  const html = editor.getHTML();
  expect(told.length).toBe(
    /http:|file:/.test(data.html ?? "") && /<img/.test(data.html ?? "") ? 1 : 0,
  );
  editor.destroy();
  // What every cell and summary has is left out, so that the forms can be read.
  return html
    .replace(
      / (colspan|rowspan)="1"| style="[^"]*"| (rel|target|loading|role|contenteditable)="[^"]*"| class="(?!language)[^"]*"/g,
      "",
    )
    .replace(/<colgroup>.*?<\/colgroup>/g, "")
    .replace(/<label>.*?<\/label>/g, "");
}

const word = (sign: string, level = 1, list = "l0") =>
  `<p class=MsoListParagraph style='mso-list:${list} level${level} lfo1'><span style='mso-list:Ignore'>${sign}</span>${sign}x</p>`;

describe("lists of Word", () => {
  test.each([
    [
      "bullets, then numbers",
      word("·") + word("1.", 1, "l1"),
      "<ul><li><p>·x</p></li></ul><ol><li><p>1.x</p></li></ol>",
    ],
    [
      "a list that goes on",
      `${word("1.")}<p class=MsoNormal>between</p>${word("2.")}`,
      '<ol><li><p>1.x</p></li></ol><p>between</p><ol start="2"><li><p>2.x</p></li></ol>',
    ],
    [
      "letters",
      word("a.") + word("b."),
      '<ol type="a"><li><p>a.x</p></li><li><p>b.x</p></li></ol>',
    ],
    [
      "letters past h, and Roman numbers",
      word("h)") + word("i)") + word("i.", 2) + word("ii.", 2),
      '<ol start="8" type="a"><li><p>h)x</p></li><li><p>i)x</p><ol type="i"><li><p>i.x</p></li><li><p>ii.x</p></li></ol></li></ol>',
    ],
  ])("%s", (_name, html, wanted) => {
    expect(pasted({ html })).toBe(`${wanted}`);
  });

  test("of Word for the web keep their levels", () => {
    const item = (list: string, level: number, words: string) =>
      `<div class="ListContainerWrapper SCXW1"><${list} role="list"><li data-aria-level="${level}" role="listitem"><p class="Paragraph"><span>${words}</span></p></li></${list}></div>`;
    const html = `<div>${item("ul", 1, "a")}${item("ul", 2, "b")}${item("ul", 1, "c")}${item("ol", 1, "d")}</div>`;
    expect(pasted({ html })).toBe(
      "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li><li><p>c</p></li></ul><ol><li><p>d</p></li></ol>",
    );
  });
});

describe("pasted from elsewhere:", () => {
  test.each([
    ["an address on a disk", '<p><a href="file:///C:/x.txt">x</a></p>', "<p>x</p>"],
    [
      "a checklist of Google's",
      '<ul><li role="checkbox" aria-checked="true"><img src="data:image/png;base64,AA=="><p>a</p></li><li role="checkbox" aria-checked="false"><img src="data:image/png;base64,AA=="><p>b</p></li></ul>',
      '<ul data-type="taskList"><li data-checked="true" data-type="taskItem"><div><p>a</p></div></li><li data-checked="false" data-type="taskItem"><div><p>b</p></div></li></ul>',
    ],
    [
      "GitHub's, with an item that is none",
      '<ul class="contains-task-list"><li class="task-list-item"><input type="checkbox" checked disabled> a</li><li>b</li></ul>',
      '<ul data-type="taskList"><li data-checked="true" data-type="taskItem"><div><p>a</p></div></li></ul><ul><li><p>b</p></li></ul>',
    ],
    [
      "colours and a marker",
      '<p><span style="color:#c00000">a</span><span style="background-color: rgb(255, 255, 0)">b</span><span style="color:#1f2328;background:white">c</span></p>',
      '<p><span data-color="red">a</span><mark>b</mark>c</p>',
    ],
    [
      "code of a chat",
      '<pre><div><div>python<button>Copy code</button></div><div><code class="hljs language-python"><span>def f():</span>\n    pass\n</code></div></div></pre>',
      '<pre><code class="language-python">def f():\n    pass</code></pre>',
    ],
    ["lines by br", "<pre>a<br>  b<br></pre>", "<pre><code>a\n  b</code></pre>"],
    ["lines by boxes", "<pre><div>a</div><div>  b</div></pre>", "<pre><code>a\n  b</code></pre>"],
    [
      "VS Code's",
      '<div style="color: #ccc;font-family: Consolas, monospace;white-space: pre;"><div><span>if x:</span></div><br><div><span>    y()</span></div></div>',
      "<pre><code>if x:\n\n    y()</code></pre>",
    ],
    [
      "a picture that may not be loaded",
      '<p>a <img src="http://example.org/x.png" alt="a map"></p>',
      '<p>a <a href="http://example.org/x.png">a map</a></p>',
    ],
  ])("%s", (_name, html, wanted) => {
    expect(pasted({ html })).toBe(wanted);
  });

  test("words and a table before a line leave the line where it is", () => {
    const html = "<p>new</p><table><tr><td><p>cell</p></td></tr></table>";
    expect(pasted({ html }, "<p>line</p>")).toBe(
      "<p>new</p><table><tbody><tr><td><p>cell</p></td></tr></tbody></table><p>line</p>",
    );
  });

  test("no table comes into a table", () => {
    const inner = "<table><tr><td><p>x</p></td><td><p>y</p></td></tr></table>";
    const outer = `<table><tr><td><p>a</p>${inner}</td></tr></table>`;
    expect(pasted({ html: outer })).not.toMatch(/<table>.*<table>/);
    const into = pasted(
      { html: `<p>b</p>${inner}` },
      "<table><tr><td><p></p></td></tr></table>",
      4,
    );
    expect(into).not.toMatch(/<table>.*<table>/);
    expect(into).toMatch(/b.*x.*y/);
  });
});

describe("plain text", () => {
  test.each([
    ["keeps its lines with one bold word", "a **b**\nc", "<p>a <strong>b</strong></p><p>c</p>"],
    [
      "between tabs is a table",
      "a\tb\nc\td\n",
      "<table><tbody><tr><td><p>a</p></td><td><p>b</p></td></tr><tr><td><p>c</p></td><td><p>d</p></td></tr></tbody></table>",
    ],
    [
      "has formulas, callouts and footnotes",
      "# $x^2$ for $5 or $6\n\n> [!WARNING]\n> mind\n\nsaid[^1]\n\n$$\n\\int\n$$\n\n[^1]: a *note*\n",
      '<h1><span data-type="inline-math" data-latex="x^2">x^2</span> for $5 or $6</h1><div data-type="callout" data-kind="warning"><p>mind</p></div><p>said<span data-type="footnote"><span>a <em>note</em></span></span></p><div data-type="block-math" data-latex="\\int">\\int</div>',
    ],
  ])("%s", (_name, text, wanted) => {
    expect(pasted({ text })).toBe(wanted);
  });

  test("that is indented, or has uneven columns, is no table", () => {
    expect([cellsOf("\ta\n\tb"), cellsOf("a\tb\nc"), cellsOf("a\tb")]).toEqual([null, null, null]);
  });
});
