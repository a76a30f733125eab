import { Editor } from "@tiptap/core";
import { expect, it } from "vitest";
import { NO_WORDS, schemaExtensions } from "../../schema/extensions";
import { type Bound, bounds, depthOf } from "./bounds";

const MAX_DEPTH = 20;

function editor(room: number): { made: Editor; told: Bound[] } {
  const told: Bound[] = [];
  const made = new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: [
      ...schemaExtensions(NO_WORDS),
      bounds({ maxDepth: MAX_DEPTH, maxFrameBytes: 5000, room: () => room }, (bound) =>
        told.push(bound),
      ),
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

it("takes no more than a document holds, and deletes all the same", () => {
  const { made, told } = editor(10_000);
  made.commands.insertContent("x".repeat(9000));
  expect(told).toEqual([]);
  for (const text of ["y".repeat(10_000), "字".repeat(3400), "é".repeat(5000)]) {
    made.commands.insertContent(text);
    expect(told.splice(0)).toEqual(["size"]);
  }
  made.commands.deleteRange({ from: 1, to: 5 });
  expect([told, made.getText().length]).toEqual([[], 8996]);
  expect(made.getText()).not.toContain("y");
  made.destroy();
});

it("takes no value that is larger than a frame", () => {
  const { made, told } = editor(1 << 20);
  made.commands.insertContent({ type: "image", attrs: { src: "/a.png", alt: "x".repeat(9000) } });
  expect(told).toEqual(["size"]);
  made.destroy();
});
