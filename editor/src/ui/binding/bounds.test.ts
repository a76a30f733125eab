import { Editor } from "@tiptap/core";
import { expect, it } from "vitest";
import { NO_WORDS, schemaExtensions } from "../../schema/extensions";
import { type Bound, bounds, depthOf, MAX_DEPTH } from "./bounds";

function editor(maxFrameBytes: number): { made: Editor; told: Bound[] } {
  const told: Bound[] = [];
  const made = new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: [
      ...schemaExtensions(NO_WORDS),
      bounds({ maxFrameBytes, maxFrameParts: 300 }, (bound) => told.push(bound)),
    ],
  });
  return { made, told };
}

it("stops nesting before it is too deep for the server, and says so", () => {
  const { made, told } = editor(8 << 20);
  made.commands.insertContent("words");
  for (let level = 0; level < 80; level += 1) {
    made.commands.selectAll();
    made.commands.wrapIn("blockquote");
  }
  expect(depthOf(made.state.doc)).toBe(MAX_DEPTH);
  expect(told.length).toBe(80 - (MAX_DEPTH - 1));
  made.commands.insertContent("more"); // writing in it goes on
  expect(made.getText()).toContain("more");
  made.destroy();
});

it("takes no more at once than a frame holds", () => {
  const { made, told } = editor(10_000);
  made.commands.insertContent("x".repeat(2000));
  expect(told).toEqual([]);
  made.commands.insertContent("y".repeat(4000));
  expect(told).toEqual(["size"]);
  expect(made.getText()).not.toContain("y");
  made.destroy();
});
