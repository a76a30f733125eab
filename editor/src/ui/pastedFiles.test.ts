import { getSchema } from "@tiptap/core";
import { EditorState } from "@tiptap/pm/state";
import { expect, test } from "vitest";
import { schemaExtensions } from "../schema/extensions";
import { foreignFile, readdressed } from "./pastedFiles";
import { schemaWords } from "./schemaWords";

const HERE = "11111111-1111-4111-8111-111111111111";
const THERE = "22222222-2222-4222-8222-222222222222";
const PATH = `/d/${THERE}/files/33333333-3333-4333-8333-333333333333/`;
const ORIGIN = "https://docs.example.org";

test("files of other documents of this server are told from all else", () => {
  const of = (address: unknown) => foreignFile(address, HERE, ORIGIN);
  expect(of(PATH)).toBe(PATH);
  expect(of(ORIGIN + PATH)).toBe(PATH);
  expect(of(PATH.replace(THERE, HERE))).toBeNull();
  expect(of(`https://elsewhere.example.org${PATH}`)).toBeNull();
  expect([null, "", "/d/x/files/y/", `${PATH}?x`].map(of).slice(0, 3)).toEqual([null, null, null]);
});

test("each picture and link with the address gets the new one, and no undo step", () => {
  const schema = getSchema(schemaExtensions(schemaWords((key) => key)));
  const link = [{ type: "link", attrs: { href: PATH } }, { type: "bold" }];
  const doc = schema.nodeFromJSON({
    type: "doc",
    content: [
      { type: "image", attrs: { src: PATH } },
      { type: "paragraph", content: [{ type: "text", text: "plan.pdf", marks: link }] },
    ],
  });
  const tr = readdressed(EditorState.create({ doc }), (address) => address === PATH, "/new/");
  const [image, paragraph] = tr?.doc.children ?? [];
  expect(image?.attrs.src).toBe("/new/");
  const marks = paragraph?.firstChild?.marks.map(({ type, attrs }) => [type.name, attrs.href]);
  expect(marks).toEqual([
    ["link", "/new/"],
    ["bold", undefined],
  ]);
  expect(tr?.getMeta("addToHistory")).toBe(false);
  expect(readdressed(EditorState.create({ doc }), () => false, "/new/")).toBeNull();
});
