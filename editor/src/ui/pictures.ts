// Pictures: one question puts one in (from the device, by drop or by address) and asks what it shows; another changes
// what is said of one.
import type { Editor } from "@tiptap/core";
import type { Translate } from "../i18n";
import { isSafeImage } from "../schema/extensions";
import type { Action } from "./actions";
import { h } from "./dom";
import { ask, completeAddress } from "./prompt";
import { leaveNode } from "./typing/behind";
import { type Target, take, uploadAction } from "./uploads";

/** Ask for a picture and put it in. */
export async function promptPicture(editor: Editor, target: Target, t: Translate): Promise<void> {
  // A browser's own control takes a drop, too.
  const chooser = h("input", {
    type: "file",
    accept: "image/*",
    class: "input",
    id: "prompt-file",
  });
  const above = h(
    "div",
    { class: "field" },
    h("label", { for: chooser.id }, t("imageFile")),
    chooser,
    h("p", { class: "muted small" }, t("imageOr")),
  );
  const chosen = () => chooser.files?.[0] ?? null;
  const isSound = (typed: string) =>
    chosen() !== null || (typed.trim() !== "" && isSafeImage(completeAddress(typed)));
  const fields = [
    { name: "src", label: "imageAddress", value: "", isSound },
    { name: "alt", label: "imageAlt", value: "" },
  ] as const;
  const at = editor.state.selection;
  const answer = await ask(t, "image", fields, false, undefined, above);
  const chain = editor.chain().focus();
  if (answer === null || answer === "remove") {
    chain.run();
    return;
  }
  const file = chosen();
  const alt = answer.alt?.trim() ?? "";
  if (file !== null) {
    chain.run();
    take(editor, target, t, [file], Math.min(at.from, editor.state.doc.content.size), alt);
  } else {
    chain.setImage({ src: completeAddress(answer.src ?? ""), alt });
    chain.command(({ tr }) => leaveNode(tr)).run();
  }
}

/** Ask for what is said of the image that is selected, beginning with the field `first`. */
export async function promptImageDetails(
  editor: Editor,
  t: Translate,
  first: "caption" | "alt" = "caption",
): Promise<void> {
  const { caption, alt, width } = editor.getAttributes("image");
  const isWidth = (typed: string) => /^(?:\s*([1-9]\d{0,3}))?\s*$/.test(typed);
  const answer = await ask(
    t,
    "imageDetails",
    [
      { name: "caption", label: "imageCaption", value: String(caption ?? "") },
      { name: "alt", label: "imageAlt", value: String(alt ?? "") },
      {
        name: "width",
        label: "imageWidth",
        value: String(width ?? ""),
        isSound: isWidth,
        fault: "badWidth",
      },
    ],
    false,
    first,
  );
  const chain = editor.chain().focus();
  if (answer !== null && answer !== "remove") {
    chain.updateAttributes("image", {
      caption: answer.caption?.trim() || null,
      alt: answer.alt?.trim() || null,
      width: Number(answer.width) || null,
    });
  }
  chain.run();
}

/** Return what brings pictures and files. */
export function fileActions(target: Target, t: Translate): Action[] {
  return [
    {
      name: "image",
      words: "picture photo tupian tp",
      run: (editor) => void promptPicture(editor, target, t),
      isPossible: (editor) => !editor.isActive("codeBlock"),
    },
    uploadAction(target, t),
  ];
}
