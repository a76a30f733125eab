import { describe, expect, it } from "vitest";
import { describeSchema, isSafeImage, isSafeLink } from "./extensions";

describe("the schema", () => {
  it("is the one in schema.json, which Python's tests read (vitest -u writes it)", async () => {
    const text = `${JSON.stringify(describeSchema(), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot("../../schema.json");
  });
});

describe("addresses", () => {
  it.each(["https://a.b", "/relative", "mailto:a@b.c", "a.png"])("takes %s", (href) => {
    expect(isSafeLink(href)).toBe(true);
  });
  it.each(["javascript:alert(1)", " java\nscript:alert(1)", "data:text/html,x", "vbscript:x"])(
    "refuses %s",
    (href) => {
      expect(isSafeLink(href)).toBe(false);
      expect(isSafeImage(href)).toBe(false);
    },
  );
  it("refuses what the server could not read in a mark", () => {
    expect(isSafeLink("https://a.b/😀")).toBe(true);
    expect(isSafeLink(`https://a.b/${"😀"[0]}`)).toBe(false);
    expect(isSafeLink(`https://a.b/${"x".repeat(32 * 1024)}`)).toBe(false);
  });
  it("loads images from the web only", () => {
    expect(isSafeImage("https://a.b/c.png")).toBe(true);
    expect(isSafeImage("/static/icons/favicon.svg")).toBe(true);
    expect(isSafeImage("mailto:a@b.c")).toBe(false);
  });
});
