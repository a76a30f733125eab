import { expect, test } from "vitest";
import { nextScale, scaled } from "./scaling";

test("what is no picture of dots is not made smaller", async () => {
  for (const type of ["application/pdf", "image/svg+xml", "image/gif", ""]) {
    expect(await scaled(new File(["x"], "x", { type }), 10)).toBeNull();
  }
});

test("each attempt is smaller than the last, by as much as is too much", () => {
  expect(nextScale(1, 400, 100)).toBeCloseTo(0.475);
  expect(nextScale(0.5, 101, 100)).toBeCloseTo(0.45);
});
