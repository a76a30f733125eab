// What the page can do with a document's text: edit it, or, where it has a form that the editor has no place for,
// show its words.
import * as Y from "yjs";
import { isBindable } from "./binding/read";
import { isNewer } from "./binding/version";
import { h } from "./dom";

/** Name of the fragment in the Y.Doc; BODY in collab/crdt/gate.py. */
export const BODY = "default";

/** Whether the editor can show the text of `doc`. */
export function isEditorFor(doc: Y.Doc): boolean {
  return isBindable(doc.getXmlFragment(BODY));
}

/** Call `listener` when the text of `doc` gets a form that the editor has no place for. */
export function onMisfit(doc: Y.Doc, listener: () => void): void {
  const body = doc.getXmlFragment(BODY);
  body.observe(() => {
    if (!isBindable(body)) listener();
  });
}

/** Call `listener` once, as soon as a newer version of the page is seen to have written in `doc`. */
export function onNewer(doc: Y.Doc, listener: () => void): void {
  const look = () => {
    if (!isNewer(doc)) return;
    doc.off("afterTransaction", look);
    listener();
  };
  doc.on("afterTransaction", look);
  look();
}

function linesOf(parent: Y.XmlFragment): string[] {
  const lines: string[] = [];
  let line = "";
  const end = () => {
    if (line.trim()) lines.push(line);
    line = "";
  };
  for (const child of parent.toArray() as unknown[]) {
    if (typeof child === "string") line += child;
    else if (child instanceof Y.XmlText) {
      for (const { insert } of child.toDelta()) if (typeof insert === "string") line += insert;
    } else if (child instanceof Y.XmlElement) {
      end();
      lines.push(...linesOf(child));
    }
  }
  end();
  return lines;
}

/** Show the words of `doc` in `mount`, now and when they change. */
export function showWords(mount: HTMLElement, doc: Y.Doc, label: string): void {
  const text = h("div", { class: "words", role: "document", tabindex: "0", "aria-label": label });
  const body = doc.getXmlFragment(BODY);
  const draw = () => text.replaceChildren(...linesOf(body).map((line) => h("p", {}, line)));
  body.observeDeep(draw);
  draw();
  mount.replaceChildren(text);
}
