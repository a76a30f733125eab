// A part of a Yjs document as text and back, whatever it holds: so that what the schema does not know can be
// moved, wrapped, copied and pasted without loss.
import { fromBase64, toBase64 } from "lib0/buffer";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import * as Y from "yjs";

type Plain =
  | { readonly kind: "element"; name: string; attrs: Record<string, unknown>; children: Plain[] }
  | { readonly kind: "text"; attrs: Record<string, unknown>; delta: Op[] }
  | { readonly kind: "value"; value: unknown };

interface Op {
  readonly insert: string | Plain;
  readonly attributes?: Record<string, unknown>;
}

/** For what has no name. */
const VALUE_NAME = "?";
const EMBED_SIGN = "=";

function plain(value: unknown): Plain {
  if (value instanceof Y.XmlElement) {
    const children = value.toArray().map(plain);
    return { kind: "element", name: value.nodeName, attrs: value.getAttributes(), children };
  }
  if (value instanceof Y.XmlText) {
    const delta = value.toDelta().map(({ insert, attributes }: Op) => ({
      insert: typeof insert === "string" ? insert : plain(insert),
      ...(attributes ? { attributes } : {}),
    }));
    return { kind: "text", attrs: value.getAttributes(), delta };
  }
  return { kind: "value", value: value instanceof Y.AbstractType ? value.toJSON() : value };
}

/** Return all that `value` is, as text; of what stands in a text among its letters, with a sign in front. */
export function sourceOf(value: unknown, isEmbed = false): string {
  const bytes = encoding.encode((encoder) => encoding.writeAny(encoder, plain(value) as never));
  return (isEmbed ? EMBED_SIGN : "") + toBase64(bytes);
}

/** Whether `source` is of what stands in a text among its letters. */
export function isEmbedSource(source: string): boolean {
  return source.startsWith(EMBED_SIGN);
}

/** Return the name that a person is told. */
export function nameOf(value: unknown): string {
  if (value instanceof Y.XmlElement) return value.nodeName;
  if (value instanceof Y.XmlText) return "text";
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : null;
  return typeof type === "string" ? type : VALUE_NAME;
}

/** Return the words in `value`, a line for each text. */
export function wordsOf(value: unknown): string {
  const lines: string[] = [];
  const walk = (each: unknown): void => {
    if (each instanceof Y.XmlText) {
      const parts = each
        .toDelta()
        .map(({ insert }: Op) => (typeof insert === "string" ? insert : ""));
      lines.push(parts.join(""));
    } else if (each instanceof Y.XmlElement) {
      for (const child of each.toArray()) walk(child);
    } else if (typeof each === "string") {
      lines.push(each);
    }
  };
  walk(value);
  return lines.filter((line) => line.trim()).join("\n");
}

function made(value: Plain): Y.XmlElement | Y.XmlText | null {
  if (value.kind === "element") {
    const element = new Y.XmlElement(value.name);
    for (const [name, each] of Object.entries(value.attrs))
      element.setAttribute(name, each as never);
    element.insert(
      0,
      value.children.map(made).filter((child) => child !== null),
    );
    return element;
  }
  if (value.kind === "text") {
    const text = new Y.XmlText();
    for (const [name, each] of Object.entries(value.attrs)) text.setAttribute(name, each);
    text.applyDelta(
      value.delta.map(({ insert, attributes }) => ({
        insert: typeof insert === "string" ? insert : embedded(insert),
        ...(attributes ? { attributes } : {}),
      })),
    );
    return text;
  }
  return null;
}

function embedded(value: Plain): unknown {
  return made(value) ?? (value.kind === "value" ? value.value : {});
}

function read(source: string): Plain | null {
  try {
    const bytes = fromBase64(isEmbedSource(source) ? source.slice(EMBED_SIGN.length) : source);
    const value = decoding.readAny(decoding.createDecoder(bytes)) as Plain;
    return typeof value?.kind === "string" ? value : null;
  } catch {
    return null; // pasted from somewhere
  }
}

/** Make again what `source` was taken from; null where that was no element or text. */
export function fromSource(source: string): Y.XmlElement | Y.XmlText | null {
  const value = read(source);
  try {
    return value && made(value);
  } catch {
    return null;
  }
}

/** Return what stood in a text at the place of one character. */
export function embedFromSource(source: string): object {
  const value = read(source);
  const embed = value && embedded(value);
  return typeof embed === "object" && embed !== null ? embed : {};
}
