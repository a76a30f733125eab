// Who is here: one avatar a person, however many tabs they have.
import type { Awareness } from "y-protocols/awareness";
import type { Translate } from "../i18n";
import { type Person, parsePerson } from "../provider/events";
import { h } from "./dom";
import { face } from "./face";

const MAX_SHOWN = 5;

/** Return the people in `awareness`, each once, `self` first. */
export function peopleIn(awareness: Awareness, self: Person): Person[] {
  const found = new Map<string, Person>([[self.id, self]]);
  for (const [clientId, state] of awareness.getStates()) {
    if (clientId === awareness.clientID) continue;
    const person = parsePerson(state.user);
    if (person && !found.has(person.id)) found.set(person.id, person);
  }
  return [...found.values()];
}

/** Draw the people of `awareness` in `list`, now and whenever it changes. */
export function showPeople(
  list: HTMLElement,
  awareness: Awareness,
  self: Person,
  t: Translate,
): void {
  let shown = "";
  const draw = () => {
    const people = peopleIn(awareness, self);
    const now = JSON.stringify(people);
    if (now === shown) return; // a caret moved, nobody came or went
    shown = now;
    const faces = people
      .slice(0, MAX_SHOWN)
      .map((p) =>
        h("li", {}, face(p, { label: p.id === self.id ? t("you", { name: p.name }) : p.name })),
      );
    const more = people.length - MAX_SHOWN;
    if (more > 0) {
      const label = t("peopleMore", { count: more });
      faces.push(h("li", { class: "muted small", "aria-label": label, title: label }, `+${more}`));
    }
    list.replaceChildren(...faces);
  };
  awareness.on("change", draw);
  draw();
}
