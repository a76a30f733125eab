import { afterEach, beforeAll, expect, it } from "vitest";
import { inOrder } from "./documentMenu";
import { type Entry, menuButton } from "./menu";

beforeAll(() => {
  Element.prototype.scrollIntoView = () => {}; // jsdom lays nothing out
  window.matchMedia = (() => ({ matches: false })) as unknown as typeof window.matchMedia;
});
afterEach(() => document.body.replaceChildren());

function open(entries: readonly Entry[]) {
  const before = document.createElement("input");
  const button = menuButton("Things", ["x"], () => entries);
  document.body.append(before, button);
  before.focus();
  button.click();
  const press = (key: string) =>
    document.activeElement?.dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
    );
  const at = () => document.activeElement?.textContent;
  return { before, button, press, at };
}

it("is walked by arrows, ends and letters, and gives the focus back", () => {
  const ran: string[] = [];
  const item = (label: string) => ({ label, run: () => void ran.push(label) });
  const { before, button, press, at } = open([
    { heading: "First" },
    item("Bold"),
    "rule",
    item("Move"),
    item("Bullets"),
  ]);
  expect(button.getAttribute("aria-expanded")).toBe("true");
  expect(document.querySelector("[role=menu]")?.getAttribute("aria-label")).toBe("Things");
  expect(document.querySelector("[role=group]")?.getAttribute("aria-label")).toBe("First");
  expect(at()).toBe("Bold");
  press("ArrowUp");
  expect(at()).toBe("Bullets");
  press("ArrowDown");
  press("b"); // the next that begins so
  expect(at()).toBe("Bullets");
  press("Home");
  press("m");
  expect(at()).toBe("Move");
  press("Escape");
  expect(document.activeElement).toBe(before);
  expect(button.getAttribute("aria-expanded")).toBe("false");
  button.click();
  (document.activeElement as HTMLElement).click();
  expect(ran).toEqual(["Bold"]);
  expect(document.querySelector("[role=menu]")).toBeNull();
});

it("begins at the chosen one of several, and does nothing that is not possible", () => {
  const ran: string[] = [];
  const radio = (label: string, isOn: boolean): Entry => ({
    label,
    kind: "radio",
    isOn,
    isPossible: !isOn,
    run: () => void ran.push(label),
  });
  const { at } = open([radio("Text", false), radio("Heading", true)]);
  expect(at()).toBe("Heading");
  (document.activeElement as HTMLElement).click();
  expect(ran).toEqual([]);
});

it("shows folders as a tree, whatever the order in which they come", () => {
  const folder = (id: string, parent: string | null) => ({ id, name: id, parent, role: "owner" });
  const found = inOrder([
    folder("c", "b"),
    folder("b", "a"),
    folder("x", "unseen"),
    folder("a", null),
  ]);
  expect(found.map(({ folder: { id }, depth }) => `${depth}${id}`)).toEqual([
    "0a",
    "1b",
    "2c",
    "0x",
  ]);
});
