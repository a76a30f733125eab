// ProseMirror JSON, as REST gives it, read as tolerantly as a Yjs document is.
import { Node, type Schema } from "@tiptap/pm/model";
import * as Y from "yjs";
import { readChildren } from "./read";

interface Json {
  readonly type: string;
  readonly attrs?: Record<string, unknown>;
  readonly content?: readonly Json[];
  readonly text?: string;
  readonly marks?: readonly { readonly type: string; readonly attrs?: Record<string, unknown> }[];
}

function made(json: Json): Y.XmlElement | Y.XmlText {
  if (json.type === "text") {
    const text = new Y.XmlText();
    const attributes = Object.fromEntries(
      (json.marks ?? []).map(({ type, attrs }) => [type, attrs ?? {}]),
    );
    text.applyDelta([{ insert: json.text ?? "", attributes }]);
    return text;
  }
  const element = new Y.XmlElement(json.type);
  for (const [name, value] of Object.entries(json.attrs ?? {})) {
    if (value !== null) element.setAttribute(name, value as never);
  }
  element.insert(0, (json.content ?? []).map(made));
  return element;
}

/** Return the document that `content` is; what `schema` does not know is shown by stand-ins. */
export function readJson(schema: Schema, content: unknown): Node {
  try {
    const doc = Node.fromJSON(schema, content);
    doc.check();
    return doc;
  } catch {
    const body = new Y.Doc().getXmlFragment("default");
    body.insert(0, ((content as Json).content ?? []).map(made));
    const type = schema.topNodeType;
    return type.create(null, readChildren(body, type, new Map()));
  }
}
