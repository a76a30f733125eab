import { expect, it } from "vitest";
import { newest } from "./newest";

it("gives no answer that comes after one that was asked for later", async () => {
  const answers: ((answer: string) => void)[] = [];
  const ask = newest(() => new Promise<string>((resolve) => answers.push(resolve)));
  const [first, second, third] = [ask(), ask(), ask()];
  answers[1]?.("second");
  answers[0]?.("first");
  answers[2]?.("third");
  expect(await Promise.all([first, second, third])).toEqual([null, "second", "third"]);
});

it("goes on after a question that failed", async () => {
  let fails = true;
  const ask = newest(async () => {
    if (fails) throw new Error("away");
    return "here";
  });
  await expect(ask()).rejects.toThrow("away");
  fails = false;
  expect(await ask()).toBe("here");
});
