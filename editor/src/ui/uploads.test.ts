import { describe, expect, test } from "vitest";
import { contentFor, pastedFiles, refusal } from "./uploads";

function pasted(html: string, files: File[]): DataTransfer {
  return { files, getData: (type: string) => (type === "text/html" ? html : "") } as never;
}

describe("what a paste brings", () => {
  const photo = new File(["x"], "photo.png", { type: "image/png" });

  test("files alone, and a picture with its own tag, are files", () => {
    expect(pastedFiles(pasted("", [photo]))).toEqual([photo]);
    expect(pastedFiles(pasted("<img src='https://example.org/a.png'>", [photo]))).toEqual([photo]);
  });

  test("text with a picture of itself is text", () => {
    expect(pastedFiles(pasted("<p>From a word processor</p>", [photo]))).toEqual([]);
    expect(pastedFiles(null)).toEqual([]);
  });
});

test("an image stands as an image, any other file as a link of its name", () => {
  const file = { name: "plan.pdf", content_type: "application/pdf", url: "/d/1/files/2/" };
  expect(contentFor(file)).toEqual({
    type: "text",
    text: "plan.pdf",
    marks: [{ type: "link", attrs: { href: "/d/1/files/2/" } }],
  });
  expect(contentFor({ ...file, content_type: "image/png" })).toEqual({
    type: "image",
    attrs: { src: "/d/1/files/2/" },
  });
});

test("every refusal has its own words", () => {
  expect([413, 409, 403, 0, 500].map(refusal)).toEqual([
    "uploadTooBig",
    "uploadQuota",
    "uploadForbidden",
    "uploadOffline",
    "uploadFailed",
  ]);
});
