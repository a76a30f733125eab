// Small questions in a <dialog>: the address of a link or of an image. The dialog keeps and gives back focus.
import type { Editor } from "@tiptap/core";
import type { Key, Translate } from "../i18n";
import { isSafeLink } from "../schema/extensions";
import { drawMath } from "../schema/math";
import { h } from "./dom";
import { leaveNode } from "./typing/behind";

export interface Field {
  readonly name: string;
  readonly label: Key;
  readonly value: string;
  readonly isSound?: (value: string) => boolean;
  /** What is said where it is not. */
  readonly fault?: Key;
  /** Shows under the field what the value comes to. */
  readonly preview?: (element: HTMLElement, value: string) => void;
}

/**
 * Ask for `fields`; the answer is null where the person left it, "remove" where they removed it.
 *
 * @param first Name of the field that is typed into at once; else it is the first.
 * @param above What stands above the fields.
 */
export function ask(
  t: Translate,
  title: Key,
  fields: readonly Field[],
  mayRemove: boolean,
  first?: string,
  above?: HTMLElement,
): Promise<Record<string, string> | "remove" | null> {
  return new Promise((resolve) => {
    const error = h("p", { class: "errorlist", role: "alert", id: "prompt-error" });
    const inputs = fields.map((field) => {
      const input = h("input", {
        class: "input",
        id: `prompt-${field.name}`,
        name: field.name,
        value: field.value,
        autocomplete: "off",
        spellcheck: "false",
        inputmode: field.isSound && !field.fault ? "url" : "text",
        "aria-describedby": "prompt-error",
      });
      const shown = field.preview ? h("div", { class: "prompt-preview" }) : null;
      const draw = () => shown && field.preview?.(shown, input.value);
      input.addEventListener("input", draw);
      draw();
      return { field, input, shown };
    });
    const form = h(
      "form",
      {
        submit: (event) => {
          event.preventDefault();
          const wrong = inputs.find(({ field, input }) => field.isSound?.(input.value) === false);
          error.textContent = wrong ? t(wrong.field.fault ?? "badAddress") : "";
          for (const { input } of inputs) {
            input.setAttribute("aria-invalid", String(input === wrong?.input));
          }
          if (wrong) wrong.input.focus();
          else end(Object.fromEntries(inputs.map(({ field, input }) => [field.name, input.value])));
        },
      },
      above,
      ...inputs.map(({ field, input, shown }) =>
        h("div", { class: "field" }, h("label", { for: input.id }, t(field.label)), input, shown),
      ),
      error,
      h(
        "div",
        { class: "dialog-foot" },
        mayRemove &&
          h(
            "button",
            { type: "button", class: "button quiet", click: () => end("remove") },
            t("remove"),
          ),
        h("button", { type: "button", class: "button", click: () => end(null) }, t("cancel")),
        h("button", { type: "submit", class: "button primary" }, t("apply")),
      ),
    );
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": "prompt-title", close: () => end(null) },
      h("div", { class: "dialog-head" }, h("h2", { id: "prompt-title" }, t(title))),
      form,
    );
    let isOver = false;
    function end(answer: Record<string, string> | "remove" | null): void {
      if (isOver) return;
      isOver = true;
      dialog.close();
      dialog.remove();
      resolve(answer);
    }
    document.body.append(dialog);
    dialog.showModal();
    inputs.find(({ field }) => field.name === first)?.input.focus();
  });
}

/** Show `text` to be marked and copied. */
export function showText(title: string, text: string, t: Translate): void {
  const area = h("textarea", { class: "input", readonly: true, rows: "8", "aria-label": title });
  area.value = text;
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "text-title", close: () => dialog.remove() },
    h("div", { class: "dialog-head" }, h("h2", { id: "text-title" }, title)),
    area,
    h(
      "form",
      { method: "dialog", class: "dialog-foot" },
      h("button", { class: "button primary" }, t("close")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  area.select();
}

/** Turn what a person typed into an address: a bare host means https, a bare mailbox mailto. */
export function completeAddress(typed: string): string {
  const address = typed.trim();
  if (/^[^\s@/]+@[^\s@/.]+(?:\.[^\s@/.]+)+$/.test(address)) return `mailto:${address}`;
  if (/^[a-z][a-z0-9+.-]*:/i.test(address) || /^[/#?]/.test(address)) return address;
  return address ? `https://${address}` : "";
}

/** Ask for the words and the address of the link at the selection, and set it. */
export async function promptLink(editor: Editor, t: Translate): Promise<void> {
  const before = editor.getAttributes("link").href;
  const value = typeof before === "string" ? before : "";
  if (value) editor.commands.extendMarkRange("link");
  const { from, to, $from, $to } = editor.state.selection;
  // Words of several blocks, or with pictures in them, are not a line that can be asked for.
  const words = editor.state.doc.textBetween(from, to);
  const isPlain = $from.sameParent($to) && words.length === to - from;
  const isSound = (typed: string) => typed.trim() !== "" && isSafeLink(completeAddress(typed));
  const address: Field = { name: "href", label: "address", value, isSound };
  const fields = isPlain
    ? [{ name: "words", label: "linkWords", value: words } as const, address]
    : [address];
  const answer = await ask(t, "link", fields, Boolean(value), from === to ? "words" : "href");
  const chain = editor.chain().focus();
  if (answer === null) {
    chain.run();
  } else if (answer === "remove") {
    chain.extendMarkRange("link").unsetLink().run();
  } else {
    const href = completeAddress(answer.href ?? "");
    const said = answer.words?.trim() ? answer.words : words || href;
    if (isPlain && said !== words) {
      const marks = $from.marksAcross($to) ?? $from.marks();
      const kept = marks.filter((mark) => mark.type.name !== "link").map((mark) => mark.toJSON());
      const link = { type: "link", attrs: { href } };
      chain.insertContentAt({ from, to }, { type: "text", text: said, marks: [...kept, link] });
    } else {
      chain.setLink({ href });
    }
    chain.run();
  }
}

/** Ask for a formula, with a look at it; put it in, or change the one that is selected. */
export async function promptMath(
  editor: Editor,
  t: Translate,
  name: "inlineMath" | "blockMath",
): Promise<void> {
  const isThere = editor.isActive(name);
  const { from, to } = editor.state.selection;
  const value = isThere
    ? String(editor.getAttributes(name).latex ?? "")
    : editor.state.doc.textBetween(from, to, " ");
  const preview = (element: HTMLElement, latex: string) =>
    void drawMath(element, latex, name === "blockMath");
  const title = name === "blockMath" ? "mathBlock" : "math";
  const answer = await ask(t, title, [{ name: "latex", label: "latex", value, preview }], isThere);
  const chain = editor.chain().focus();
  const latex = answer === null || answer === "remove" ? "" : (answer.latex ?? "").trim();
  if (answer === "remove") chain.deleteSelection();
  else if (latex && isThere) chain.updateAttributes(name, { latex });
  else if (latex) {
    chain.insertContentAt({ from, to }, { type: name, attrs: { latex } });
    chain.command(({ tr }) => leaveNode(tr));
  }
  chain.run();
}

/** Ask for the words of a footnote; put it in, or change the one that is selected. */
export async function promptFootnote(editor: Editor, t: Translate): Promise<void> {
  const isThere = editor.isActive("footnote");
  const { from, to } = editor.state.selection;
  const value = isThere ? editor.state.doc.textBetween(from, to) : "";
  const field: Field = { name: "words", label: "footnoteText", value };
  const answer = await ask(t, "footnote", [field], isThere);
  const chain = editor.chain().focus();
  const text = answer === null || answer === "remove" ? "" : (answer.words ?? "").trim();
  const place = isThere ? { from, to } : to;
  if (answer === "remove") chain.deleteSelection();
  else if (text && text !== value) {
    chain.insertContentAt(place, { type: "footnote", content: [{ type: "text", text }] });
  }
  chain.run();
}
