// What a copy is as plain text: the words, with the signs of Markdown for blocks, so that a list is a list in a letter or
// a terminal, too. Words within one block are copied bare.
import { Extension } from "@tiptap/core";
import type { Fragment, Node as ProseMirrorNode, Slice } from "@tiptap/pm/model";
import { Plugin } from "@tiptap/pm/state";

const CELLS: ReadonlySet<string> = new Set(["tableCell", "tableHeader"]);

/** Return the text of a copied slice. */
export function plainText(slice: Slice): string {
  const only = onlyTextblock(slice.content);
  return only ? inline(only) : blocks(slice.content);
}

/** The one block of text that all of it is in; null: there is more, or other things. */
function onlyTextblock(content: Fragment): ProseMirrorNode | null {
  const { firstChild: first } = content;
  if (!first || content.childCount > 1) return null;
  return first.isTextblock ? first : onlyTextblock(first.content);
}

function inline(block: ProseMirrorNode): string {
  let text = "";
  block.forEach((child) => {
    if (child.isText) text += child.text ?? "";
    else if (child.type.name === "hardBreak") text += "\n";
    else if (child.type.name === "inlineMath") text += `$${child.attrs.latex}$`;
    else if (child.type.name === "footnote") text += ` [${inline(child)}]`;
    else if (child.type.name === "image") text += String(child.attrs.alt ?? "");
  });
  return text;
}

function blocks(content: Fragment, gap = "\n\n"): string {
  const parts: string[] = [];
  content.forEach((node) => {
    parts.push(block(node));
  });
  // Rows and cells can be at the top, where cells alone were selected.
  const first = content.firstChild?.type.name ?? "";
  if (first === "tableRow") return parts.join("\n");
  if (CELLS.has(first)) return parts.join("\t");
  if (first === "listItem" || first === "taskItem") return parts.join("\n");
  return parts.join(gap);
}

function block(node: ProseMirrorNode): string {
  switch (node.type.name) {
    case "heading":
      return `${"#".repeat(Number(node.attrs.level))} ${inline(node)}`;
    case "codeBlock":
      return `\`\`\`${node.attrs.language ?? ""}\n${node.textContent}\n\`\`\``;
    case "blockMath":
      return `$$\n${node.attrs.latex}\n$$`;
    case "horizontalRule":
      return "---";
    case "image":
      return String(node.attrs.caption ?? node.attrs.alt ?? "");
    case "blockquote":
      return lined(blocks(node.content), "> ", "> ");
    case "callout":
      return lined(
        `[!${String(node.attrs.kind).toUpperCase()}]\n${blocks(node.content)}`,
        "> ",
        "> ",
      );
    case "bulletList":
    case "orderedList":
    case "taskList":
      return items(node);
    case "listItem":
      return lined(blocks(node.content, "\n"), "- ", "  ");
    case "taskItem":
      return lined(blocks(node.content, "\n"), `- [${node.attrs.checked ? "x" : " "}] `, "  ");
    case "table":
      return blocks(node.content, "\n");
    case "tableRow":
      return blocks(node.content, "\t");
    case "tableCell":
    case "tableHeader":
      return blocks(node.content, " ").replace(/\s+/g, " ");
    default:
      return node.isTextblock ? inline(node) : blocks(node.content, "\n");
  }
}

function items(list: ProseMirrorNode): string {
  const lines: string[] = [];
  const start = Number(list.attrs.start ?? 1);
  list.forEach((item, _offset, index) => {
    if (list.type.name === "orderedList") {
      const sign = `${start + index}. `;
      lines.push(lined(blocks(item.content, "\n"), sign, " ".repeat(sign.length)));
    } else {
      lines.push(block(item));
    }
  });
  return lines.join("\n");
}

/** Return the lines of `text`, the first behind one sign and the others behind another. */
function lined(text: string, first: string, others: string): string {
  return text
    .split("\n")
    .map((line, at) => `${at ? others : first}${line}`.trimEnd())
    .join("\n");
}

/** Return the extension that writes the plain text of a copy. */
export const copyText = Extension.create({
  name: "copyText",
  addProseMirrorPlugins: () => [
    new Plugin({ props: { clipboardTextSerializer: (slice) => plainText(slice) } }),
  ],
});
