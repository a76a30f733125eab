// From the Yjs document to what the editor shows. Reading never writes: what the schema does not know or
// cannot hold is shown by a stand-in with its words, what is missing is filled in on the screen only, and
// values that are not sound are shown as if they were not there. (y-tiptap deletes all of these.)
import { Fragment, Mark, type Node, type NodeType, type Schema } from "@tiptap/pm/model";
import * as Y from "yjs";
import { soundAttrs } from "../../schema/sound";
import { STAND_INS, UNKNOWN_BLOCK, UNKNOWN_INLINE, UNKNOWN_MARK } from "../../schema/unknown";
import { nameOf, sourceOf, wordsOf } from "./source";

/** Which node shows which type; of a text, its runs. As y-tiptap has it. */
export type Mapping = Map<unknown, Node | readonly Node[]>;

/** Whether the editor can be bound to `body`: only elements stand in it. Others have no place in the editor. */
export function isBindable(body: Y.XmlFragment): boolean {
  return body.toArray().every((child) => (child as unknown) instanceof Y.XmlElement);
}

/** Return the nodes that show the children of `parent`, which is shown by a node of `type`. */
export function readChildren(parent: Y.XmlFragment, type: NodeType, mapping: Mapping): Node[] {
  return parent.toArray().flatMap((child: unknown) => {
    if (child instanceof Y.XmlElement) return [readElement(child, type, mapping)];
    if (!(child instanceof Y.XmlText)) return [];
    const nodes = readText(child, type);
    mapping.set(child, nodes);
    return nodes;
  });
}

function readElement(element: Y.XmlElement, parent: NodeType, mapping: Mapping): Node {
  const read = mapping.get(element) as Node | undefined;
  if (read) return read;
  const known = readKnown(element, parent.schema, mapping);
  const node = known && mayHold(parent).has(known.type) ? known : standIn(element, parent);
  mapping.set(element, node);
  return node;
}

const holds = new WeakMap<NodeType, ReadonlySet<NodeType>>();

/** Return what may stand in a node of `type`, wherever in it. */
function mayHold(type: NodeType): ReadonlySet<NodeType> {
  const found = holds.get(type);
  if (found) return found;
  const types = new Set<NodeType>();
  const seen = new Set([type.contentMatch]);
  for (const match of seen) {
    for (let index = 0; index < match.edgeCount; index += 1) {
      const edge = match.edge(index);
      types.add(edge.type);
      seen.add(edge.next);
    }
  }
  holds.set(type, types);
  return types;
}

function readKnown(element: Y.XmlElement, schema: Schema, mapping: Mapping): Node | null {
  const type = schema.nodes[element.nodeName];
  if (!type || type.isText || type === schema.topNodeType || STAND_INS.has(type.name)) return null;
  if (!element.toArray().every(hasPlace)) return null;
  const content = Fragment.from(readChildren(element, type, mapping));
  const attrs = soundAttrs(type.spec, element.getAttributes());
  if (type.validContent(content)) return type.create(attrs, content);
  // Not all that must be there is: two people who delete at once leave a list without items.
  return fits(content, type) ? type.createAndFill(attrs, content) : null;
}

function hasPlace(child: unknown): boolean {
  return child instanceof Y.XmlElement || child instanceof Y.XmlText;
}

function fits(content: Fragment, type: NodeType): boolean {
  return content.content.every((child) => type.allowsMarks(child.marks));
}

function standIn(value: unknown, parent: NodeType, isEmbed = false): Node {
  const name = parent.inlineContent ? UNKNOWN_INLINE : UNKNOWN_BLOCK;
  const type = parent.schema.nodes[name];
  if (!type) throw new Error(`the schema has no ${name}`);
  return type.create({
    name: nameOf(value),
    text: wordsOf(value),
    source: sourceOf(value, isEmbed),
  });
}

/** Return the runs of `text`, which stands in a node of `type`. */
export function readText(text: Y.XmlText, type: NodeType): Node[] {
  const { schema } = type;
  return text.toDelta().map(({ insert, attributes }: Delta) => {
    const marks = readMarks(attributes ?? {}, type);
    if (typeof insert === "string") return schema.text(insert, marks);
    return standIn(insert, type, true).mark(marks);
  });
}

interface Delta {
  readonly insert: unknown;
  readonly attributes?: Record<string, unknown>;
}

/** Formatting that may not stand in this kind of block is not shown, and stays. */
function readMarks(attributes: Record<string, unknown>, parent: NodeType): Mark[] {
  const marks: Mark[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "ychange" || value === null) continue;
    const known = STAND_INS.has(name) ? undefined : parent.schema.marks[name];
    const type = known ?? parent.schema.marks[UNKNOWN_MARK];
    if (!type || !parent.allowsMarkType(type)) continue;
    marks.push(type.create(known ? soundAttrs(known.spec, value) : { name, value }));
  }
  return [...Mark.setFrom(marks)];
}
