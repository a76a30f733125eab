import { describe, expect, test } from "vitest";
import { nameIn } from "./downloads";

describe("the name of a file", () => {
  test("is what the answer says, in any script", () => {
    expect(nameIn('attachment; filename="plan.pdf"')).toBe("plan.pdf");
    expect(nameIn("attachment; filename*=utf-8''%E8%AE%A1%E5%88%92.pdf")).toBe("计划.pdf");
  });

  test("is nothing where it says none, or says it wrongly", () => {
    expect(nameIn(null)).toBeNull();
    expect(nameIn("attachment; filename*=utf-8''%E8")).toBeNull();
  });
});
