// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { face, ownPicture } from "./face";

describe("a face", () => {
  it("is the picture where there is one, and says whose where it stands alone", () => {
    const shown = face(
      { name: "Ann", color: "#1d5fbf", avatar: "/avatars/1-ab.webp" },
      { label: "Ann" },
    );
    expect(shown.querySelector("img")?.getAttribute("src")).toBe("/avatars/1-ab.webp");
    expect(shown.textContent).toBe("");
    expect(shown.getAttribute("aria-label")).toBe("Ann");
    expect(face({ name: "Ann", avatar: "/avatars/a.webp" }).getAttribute("aria-hidden")).toBe(
      "true",
    );
  });

  it("is a letter in their colour where there is none", () => {
    for (const avatar of [undefined, ""]) {
      const shown = face({ name: "𝒜nn", color: "#1d5fbf", avatar }, { kind: "tiny" });
      expect(shown.textContent).toBe("𝒜");
      expect(shown.className).toBe("avatar tiny");
      expect(shown.style.getPropertyValue("--avatar")).toBe("#1d5fbf");
    }
    expect(face({ name: "" }).textContent).toBe("?");
  });

  it("never comes from elsewhere", () => {
    const elsewhere = [
      "https://evil.example/a.png",
      "//evil.example/a",
      "/avatars/../x",
      "/d/x",
      "javascript:1",
      7,
      null,
    ];
    for (const avatar of elsewhere) expect(ownPicture(avatar)).toBe("");
  });
});
