import { expect, it } from "vitest";
import { stepTo } from "./stepping";

it.each([
  ["ArrowDown", 0, 1],
  ["ArrowDown", 2, 0],
  ["ArrowDown", -1, 0],
  ["ArrowUp", 1, 0],
  ["ArrowUp", 0, 2],
  ["ArrowUp", -1, 2],
  ["Home", 1, 0],
  ["End", 1, 2],
  ["ArrowRight", 1, undefined],
  ["x", 1, undefined],
])("%s from %i of three goes down a menu to %s", (key, at, to) => {
  expect(stepTo(key, at, 3, "down")).toBe(to);
});

it("goes along a toolbar by the other arrows, and nowhere where there is nothing", () => {
  expect(stepTo("ArrowRight", 2, 3, "across")).toBe(0);
  expect(stepTo("ArrowLeft", 0, 3, "across")).toBe(2);
  expect(stepTo("ArrowDown", 0, 3, "across")).toBeUndefined();
  expect(stepTo("End", -1, 0, "across")).toBeUndefined();
});
