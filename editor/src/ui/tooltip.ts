// What a control without words is called: shown on hover and on focus by the keyboard, gone by Escape (WCAG 1.4.13).
// Screen readers have the name from the control itself.
import { shownKeys } from "./actions";
import { h, placeBy } from "./dom";

const SHOW_AFTER_MS = 450;
/** So soon after one the next comes at once. */
const WARM_MS = 400;

const tip = h("div", { class: "tooltip", "aria-hidden": "true", hidden: true });
let owner: Element | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let goneAt = Number.NEGATIVE_INFINITY;

function hide(): void {
  clearTimeout(timer);
  if (!tip.hidden) goneAt = performance.now();
  tip.hidden = true;
  owner = null;
}

function show(of: HTMLElement): void {
  if (!of.isConnected || of.getAttribute("aria-expanded") === "true") return;
  const keys = of.dataset.tipKeys;
  tip.replaceChildren(of.dataset.tip ?? "");
  if (keys) tip.append(h("span", { class: "tooltip-keys" }, shownKeys(keys)));
  tip.hidden = false;
  document.body.append(tip);
  const rect = of.getBoundingClientRect();
  placeBy(tip, rect);
  const middle = rect.left + rect.width / 2 - tip.offsetWidth / 2;
  const left = Math.max(8, Math.min(middle, innerWidth - tip.offsetWidth - 8));
  tip.style.setProperty("left", `${left}px`);
}

const named = (target: EventTarget | null) =>
  target instanceof Element ? target.closest<HTMLElement>("[data-tip]") : null;

/** Show tooltips on this page. */
export function tooltips(): void {
  document.addEventListener("pointerover", (event) => {
    const control = named(event.target);
    if (control === owner || event.pointerType === "touch") return;
    hide();
    if (!control) return;
    owner = control;
    const wait = performance.now() - goneAt < WARM_MS ? 0 : SHOW_AFTER_MS;
    timer = setTimeout(() => show(control), wait);
  });
  document.addEventListener("focusin", ({ target }) => {
    const control = named(target);
    hide();
    if (!control?.matches(":focus-visible")) return;
    owner = control;
    show(control);
  });
  document.addEventListener("focusout", hide);
  addEventListener("pointerdown", hide, true);
  addEventListener("scroll", hide, { capture: true, passive: true });
  addEventListener("keydown", ({ key }) => key === "Escape" && hide(), true);
}
