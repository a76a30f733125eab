// Elements in one expression. Text is text: nothing here parses HTML.

type Child = Node | string | null | undefined | false;
type Props = Readonly<Record<string, string | boolean | ((event: Event) => void)>>;

/** Return a new element. Props that are functions listen to the event of that name. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (typeof value === "string") element.setAttribute(name, value);
    else element.toggleAttribute(name, value);
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

/** Place `element`, which is position: fixed, below `rect`, or above where there is more room. */
export function placeBy(element: HTMLElement, rect: DOMRect): void {
  const margin = 8;
  const { width, height } = element.getBoundingClientRect();
  const left = Math.max(margin, Math.min(rect.left, innerWidth - width - margin));
  const isBelow = rect.bottom + height + margin <= innerHeight || rect.top < innerHeight / 2;
  const top = isBelow ? rect.bottom + 4 : rect.top - height - 4;
  element.style.setProperty("left", `${left}px`);
  element.style.setProperty("top", `${Math.max(margin, top)}px`);
}
