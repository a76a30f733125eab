// Pictures whose bytes stand in their address (`data:`): they go to the server, and never into the document as they are.
import type { Slice } from "@tiptap/pm/model";
import type { EditorView } from "@tiptap/pm/view";

export interface Picture {
  readonly file: File;
  /** In an empty paragraph that stands for it. */
  readonly at: number;
  readonly alt: string;
}

const DATA = /^data:(image\/[\w.+-]+);base64,([\s\S]+)$/i;

/** Return the file in an address; null: it is none. */
export function fileIn(src: unknown): File | null {
  const match = typeof src === "string" ? DATA.exec(src) : null;
  if (!match?.[1] || !match[2]) return null;
  try {
    const bytes = Uint8Array.from(atob(match[2].replace(/\s/g, "")), (sign) => sign.charCodeAt(0));
    const ending = match[1].replace(/^image\/(?:x-)?/, "").replace(/\+.*$/, "");
    return new File([bytes], `picture.${ending}`, { type: match[1].toLowerCase() });
  } catch {
    return null;
  }
}

const isData = (src: unknown) => typeof src === "string" && /^\s*data:/i.test(src);

/** Paste `slice` where it has such pictures, an empty paragraph for each; none: nothing is done. */
export function put(view: EditorView, slice: Slice): Picture[] {
  let count = 0;
  slice.content.descendants((node) => {
    if (node.type.name === "image" && isData(node.attrs.src)) count += 1;
  });
  const paragraph = view.state.schema.nodes.paragraph?.create();
  if (count === 0 || !paragraph) return [];
  const tr = view.state.tr.replaceSelection(slice);
  const found: { pos: number; file: File | null; alt: string }[] = [];
  tr.doc.descendants((node, pos) => {
    if (node.type.name !== "image" || !isData(node.attrs.src)) return;
    found.push({ pos, file: fileIn(node.attrs.src), alt: String(node.attrs.alt ?? "") });
  });
  const before = tr.steps.length;
  for (const { pos } of found.toReversed()) tr.replaceWith(pos, pos + 1, paragraph);
  const pictures = found.flatMap(({ pos, file, alt }) => {
    const at = tr.mapping.slice(before).map(pos, -1) + 1;
    return file ? [{ file, at, alt }] : [];
  });
  view.dispatch(tr.scrollIntoView().setMeta("paste", true).setMeta("uiEvent", "paste"));
  return pictures;
}
