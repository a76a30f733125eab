// Menus that a button opens (WAI-ARIA's menu button): arrows, Home, End and letters move, Escape goes back to where the
// focus was. On a phone a menu is a sheet at the lower edge (styles/menu.css).
import { shownKeys } from "./actions";
import { h, placeBy } from "./dom";
import { type IconName, icon } from "./icons";
import { stepTo } from "./stepping";

export interface Choice {
  readonly label: string;
  readonly icon?: IconName;
  /** Of a file, or of the text's look: a class for what stands before the label. */
  readonly swatch?: string;
  /** A class for the label: how a style looks. */
  readonly look?: string;
  /** As `Action.keys`. */
  readonly keys?: string | undefined;
  /** One of several ("radio"), or on and off ("check"). */
  readonly kind?: "radio" | "check";
  readonly isOn?: boolean;
  readonly isPossible?: boolean;
  readonly isDanger?: boolean;
  readonly lang?: string;
  /** What it does; it is at an address where there is one. */
  readonly run?: () => void;
  readonly href?: string;
}
export type Entry = Choice | { readonly heading: string } | "rule";

const ROLES = { radio: "menuitemradio", check: "menuitemcheckbox" } as const;

/** Whether the screen has the width of a phone; styles/narrow.css has the same. */
export const isNarrow = () => matchMedia("(max-width: 768px)").matches;

/** Whether it has so little that the header leaves things to its menu. */
export const isPhone = () => matchMedia("(max-width: 480px)").matches;

let shown: Menu | null = null;

class Menu {
  readonly #element: HTMLElement;
  readonly #button: HTMLElement;
  readonly #before: HTMLElement | null;
  readonly #items: HTMLElement[] = [];
  readonly #away = new AbortController();

  constructor(button: HTMLElement, label: string, entries: readonly Entry[]) {
    this.#button = button;
    this.#before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.#element = h(
      "div",
      {
        class: "popup-menu",
        role: "menu",
        "aria-label": label,
        keydown: (event) => this.#keyed(event as KeyboardEvent),
        // Pressing an item must not take the selection away from the text.
        mousedown: (event) => event.preventDefault(),
      },
      ...this.#drawn(entries),
    );
    document.body.append(this.#element);
    button.setAttribute("aria-expanded", "true");
    const { signal } = this.#away;
    const place = () => this.#place();
    addEventListener("resize", place, { signal });
    addEventListener("scroll", place, { capture: true, passive: true, signal });
    addEventListener(
      "pointerdown",
      ({ target }) => {
        if (target instanceof Node && (this.#element.contains(target) || button.contains(target)))
          return;
        this.close();
      },
      { capture: true, signal },
    );
    place();
    const on = this.#items.find((item) => item.getAttribute("aria-checked") === "true");
    const isChoice = this.#items.every((item) => item.getAttribute("role") === ROLES.radio);
    this.#focus((isChoice && on) || this.#items[0]);
  }

  get button(): HTMLElement {
    return this.#button;
  }

  close(): void {
    if (shown === this) shown = null;
    this.#away.abort();
    this.#element.remove();
    this.#button.setAttribute("aria-expanded", "false");
  }

  /** Close it, with the focus where it was before. */
  leave(): void {
    const { activeElement } = document;
    const isHere = activeElement === document.body || this.#element.contains(activeElement);
    this.close();
    if (!isHere) return;
    const isSound = this.#before?.isConnected && this.#before !== document.body;
    ((isSound ? this.#before : this.#button) as HTMLElement).focus({ preventScroll: true });
  }

  #drawn(entries: readonly Entry[]): HTMLElement[] {
    let group: HTMLElement | null = null;
    const all: HTMLElement[] = [];
    for (const entry of entries) {
      if (entry === "rule") {
        group = null;
        if (all.length > 0) all.push(h("div", { class: "popup-rule", role: "separator" }));
      } else if ("heading" in entry) {
        const heading = h("div", { class: "popup-heading", "aria-hidden": "true" }, entry.heading);
        group = h("div", { role: "group", "aria-label": entry.heading }, heading);
        all.push(group);
      } else {
        const item = this.#item(entry);
        this.#items.push(item);
        if (group) group.append(item);
        else all.push(item);
      }
    }
    return all;
  }

  #item(choice: Choice): HTMLElement {
    const { kind, keys } = choice;
    const isPossible = choice.isPossible ?? true;
    const props = {
      class: choice.isDanger ? "menu-item danger" : "menu-item",
      role: kind ? ROLES[kind] : "menuitem",
      tabindex: "-1",
      ...(kind ? { "aria-checked": String(choice.isOn ?? false) } : {}),
      ...(isPossible ? {} : { "aria-disabled": "true" }),
      ...(choice.lang ? { lang: choice.lang } : {}),
      click: (event: Event) => {
        if (!isPossible) event.preventDefault();
        else {
          this.leave();
          choice.run?.();
        }
      },
    };
    const words = [
      choice.icon && icon(choice.icon),
      choice.swatch && h("span", { class: `swatch ${choice.swatch}`, "aria-hidden": "true" }),
      h("span", { class: `popup-label ${choice.look ?? ""}`.trim() }, choice.label),
      keys && h("kbd", { "aria-hidden": "true" }, shownKeys(keys)),
    ];
    if (choice.href !== undefined) return h("a", { ...props, href: choice.href }, ...words);
    return h("button", { ...props, type: "button" }, ...words);
  }

  #place(): void {
    if (isNarrow()) {
      for (const side of ["left", "top"]) this.#element.style.removeProperty(side);
      return;
    }
    placeBy(this.#element, this.#button.getBoundingClientRect());
  }

  #focus(item: HTMLElement | undefined): void {
    item?.focus({ preventScroll: true });
    item?.scrollIntoView({ block: "nearest" });
  }

  #keyed(event: KeyboardEvent): void {
    const { key } = event;
    const items = this.#items;
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = stepTo(key, at, items.length, "down");
    if (key === "Escape" || key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      this.leave();
    } else if (to !== undefined) {
      event.preventDefault();
      this.#focus(items[to]);
    } else if (key.length === 1 && key !== " " && !event.ctrlKey && !event.metaKey) {
      const wanted = key.toLowerCase();
      const begins = (item: HTMLElement) =>
        item.querySelector(".popup-label")?.textContent?.toLowerCase().startsWith(wanted);
      this.#focus([...items.slice(at + 1), ...items.slice(0, at + 1)].find(begins));
    }
  }
}

/** Open the menu of `button`, or close it where it is open. */
export function toggleMenu(button: HTMLElement, label: string, entries: readonly Entry[]): void {
  const isOpen = shown?.button === button;
  if (isOpen) shown?.leave();
  else {
    shown?.close();
    shown = new Menu(button, label, entries);
  }
}

/** Return the attributes of a control that shows an icon only: its name, and what the tooltip shows. */
export function named(label: string, keys?: string): Record<string, string> {
  return { "aria-label": label, "data-tip": label, ...(keys ? { "data-tip-keys": keys } : {}) };
}

/** Return a button that opens a menu; `entries` is asked each time. */
export function menuButton(
  label: string,
  face: readonly (Node | string)[],
  entries: () => readonly Entry[],
  extraClass = "icon-button",
): HTMLButtonElement {
  const button = h(
    "button",
    {
      type: "button",
      class: extraClass,
      ...named(label),
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      click: () => {
        if (button.getAttribute("aria-disabled") !== "true") toggleMenu(button, label, entries());
      },
      keydown: (event) => {
        if ((event as KeyboardEvent).key !== "ArrowDown") return;
        event.preventDefault();
        event.stopPropagation();
        button.click();
      },
    },
    ...face,
  );
  return button;
}
