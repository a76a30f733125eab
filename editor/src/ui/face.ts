// A person's face: their picture, or the first letter of their name in a disc of their colour.

import { h } from "./dom";
import { inkOn } from "./ink";

export interface Shown {
  readonly name: string;
  readonly color?: string | undefined;
  readonly avatar?: string | undefined;
}

/** Pictures come from this server, or not at all: an address from elsewhere would tell who looks. */
const OWN_PICTURE = /^\/avatars\/[\w.-]+$/;

/** Return `avatar` where it is a picture of this server's, else the empty string. */
export function ownPicture(avatar: unknown): string {
  return typeof avatar === "string" && OWN_PICTURE.test(avatar) ? avatar : "";
}

/** Return the face. `label` is said and shown on hover; without one the name stands beside it. */
export function face(person: Shown, { kind = "", label = "" } = {}): HTMLElement {
  const said = label
    ? { title: label, role: "img", "aria-label": label }
    : { "aria-hidden": "true" };
  const element = h("span", { class: kind ? `avatar ${kind}` : "avatar", ...said });
  const picture = ownPicture(person.avatar);
  if (picture) {
    element.append(h("img", { src: picture, alt: "", loading: "lazy" }));
    return element;
  }
  element.textContent = [...person.name][0]?.toUpperCase() ?? "?";
  if (person.color) {
    element.style.setProperty("--avatar", person.color);
    element.style.setProperty("color", inkOn(person.color));
  }
  return element;
}
