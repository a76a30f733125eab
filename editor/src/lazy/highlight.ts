// Loaded with the first code block that has a language.
import { common, createLowlight } from "lowlight";

const lowlight = createLowlight(common);

export interface Piece {
  readonly text: string;
  readonly classes: readonly string[];
}

type Nodes = ReturnType<typeof lowlight.highlight>["children"];

function pieces(nodes: Nodes, classes: readonly string[], out: Piece[]): Piece[] {
  for (const node of nodes) {
    if (node.type === "text") out.push({ text: node.value, classes });
    else if (node.type === "element") {
      const own = node.properties.className;
      const named = Array.isArray(own) ? own.map(String) : [];
      pieces(node.children, [...classes, ...named], out);
    }
  }
  return out;
}

/** Return `code` in pieces with their classes; none where the language is not known. */
export function highlight(code: string, language: string): readonly Piece[] {
  if (!lowlight.registered(language)) return [];
  return pieces(lowlight.highlight(language, code).children, [], []);
}
