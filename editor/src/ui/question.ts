// A question before something is done, in a <dialog> that keeps and gives back focus.
import type { Translate } from "../i18n";
import { h } from "./dom";

export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button says that does it. */
  readonly act: string;
  /** The label and value of a text box, where words are asked for. */
  readonly field?: { readonly label: string; readonly value: string; readonly maxLength: number };
}

/** Ask; the answer is what was typed ("" where nothing was asked for), or null where it was left. */
export function ask(t: Translate, question: Question): Promise<string | null> {
  return new Promise((resolve) => {
    const { field } = question;
    const input =
      field &&
      h("input", {
        class: "input",
        id: "question-input",
        value: field.value,
        maxlength: String(field.maxLength),
        autocomplete: "off",
      });
    let answer: string | null = null;
    const dialog = h(
      "dialog",
      {
        class: "dialog",
        "aria-labelledby": "question-title",
        close: () => {
          dialog.remove();
          resolve(answer);
        },
      },
      h("div", { class: "dialog-head" }, h("h2", { id: "question-title" }, question.title)),
      h(
        "form",
        {
          submit: (event) => {
            event.preventDefault();
            answer = input?.value.trim() ?? "";
            dialog.close();
          },
        },
        h("p", {}, question.text),
        input &&
          h("div", { class: "field" }, h("label", { for: input.id }, field?.label ?? ""), input),
        h(
          "div",
          { class: "dialog-foot" },
          h(
            "button",
            { type: "button", class: "button", click: () => dialog.close() },
            t("cancel"),
          ),
          h("button", { type: "submit", class: "button primary" }, question.act),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
    input?.select();
  });
}
