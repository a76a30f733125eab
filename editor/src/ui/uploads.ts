// Files on their way into the document: by paste, by drop, by the picker. What is not there yet is only drawn
// (a decoration), so that nobody else sees half a thing; the node goes in when the server has the bytes.
import { type Editor, Extension } from "@tiptap/core";
import { Plugin, PluginKey, type Transaction } from "@tiptap/pm/state";
import { Decoration, DecorationSet, type EditorView } from "@tiptap/pm/view";
import type { Bootstrap } from "../bootstrap";
import type { Key, Translate } from "../i18n";
import type { Action } from "./actions";
import { h } from "./dom";
import { put } from "./pasting/pictures";
import { scaled } from "./scaling";
import { insertAt } from "./typing/behind";

export interface Uploaded {
  readonly name: string;
  readonly content_type: string;
  readonly url: string;
}

type Step = { readonly put: Upload; readonly at: number } | { readonly drop: Upload };
export type Target = Pick<Bootstrap, "apiUrl" | "csrfToken" | "document" | "limits">;

const KEY = new PluginKey<DecorationSet>("uploads");
/** Of a change that puts a file in: those that are still under way beside it stay. */
const KEEP = "keepUploads";
/** Twin of IMAGES in collab/attachments/sniff.py. */
const IMAGES: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
  "image/svg+xml",
]);
const REFUSALS: Readonly<Record<number, Key>> = {
  0: "uploadOffline",
  401: "closedSignedOut",
  403: "uploadForbidden",
  409: "uploadQuota",
  413: "uploadTooBig",
};

/** Return why an answer with `status` refused the file. */
export function refusal(status: number): Key {
  return REFUSALS[status] ?? "uploadFailed";
}

/** Return the files of a paste; none where it is text that brings pictures of itself along, as Word's does. */
export function pastedFiles(data: DataTransfer | null): File[] {
  const files = [...(data?.files ?? [])];
  if (files.length === 0) return [];
  const html = new DOMParser().parseFromString(data?.getData("text/html") ?? "", "text/html");
  return html.body.textContent?.trim() ? [] : files;
}

/** Return what stands in the document for an uploaded file. */
export function contentFor(file: Uploaded, alt = ""): Record<string, unknown> {
  if (IMAGES.has(file.content_type)) {
    return { type: "image", attrs: { src: file.url, ...(alt ? { alt } : {}) } };
  }
  const marks = [{ type: "link", attrs: { href: file.url } }];
  return { type: "text", text: file.name, marks };
}

/** One file, and the box that shows how far it is. */
class Upload {
  readonly element: HTMLElement;
  readonly #bar = h("progress", { max: "1", value: "0" });
  readonly #words = h("span", { class: "upload-words", role: "status" });
  readonly #stop: HTMLButtonElement;
  readonly #request = new XMLHttpRequest();
  readonly #preview: string | null;
  #isRunning = true;

  constructor(
    readonly file: File,
    readonly target: Target,
    readonly t: Translate,
    readonly onEnd: (result: Uploaded | null) => void,
  ) {
    this.#preview = IMAGES.has(file.type) ? URL.createObjectURL(file) : null;
    this.#stop = h("button", { type: "button", class: "button quiet", click: () => this.stop() });
    this.#stop.textContent = t("cancel");
    this.#bar.setAttribute("aria-label", t("uploading", { name: file.name }));
    this.#words.textContent = t("uploading", { name: file.name });
    this.element = h(
      "div",
      { class: "upload", contenteditable: "false" },
      this.#preview !== null && h("img", { src: this.#preview, alt: "", draggable: "false" }),
      h("div", { class: "upload-line" }, this.#words, this.#bar, this.#stop),
    );
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  async start(): Promise<void> {
    const { apiUrl, csrfToken, document: doc, limits } = this.target;
    let file = this.file;
    if (file.size > limits.maxAttachmentBytes) {
      this.#words.textContent = this.t("uploadScaling", { name: file.name });
      const smaller = await scaled(file, limits.maxAttachmentBytes);
      if (!this.#isRunning) return; // stopped meanwhile
      if (smaller === null) {
        this.#fail(413);
        return;
      }
      file = smaller;
      this.#words.textContent = this.t("uploading", { name: file.name });
    }
    const body = new FormData();
    body.append("file", file);
    const request = this.#request;
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      this.#bar.value = total ? loaded / total : 0;
    });
    request.addEventListener("load", () => {
      if (request.status === 201) this.#end(JSON.parse(request.responseText));
      else this.#fail(request.status);
    });
    request.addEventListener("error", () => this.#fail(0));
    request.open("POST", `${apiUrl}/documents/${doc.id}/attachments`);
    request.setRequestHeader("X-CSRFToken", csrfToken);
    request.send(body);
  }

  stop(): void {
    this.#request.abort();
    this.#end(null);
  }

  #fail(status: number): void {
    const megabytes = Math.floor(this.target.limits.maxAttachmentBytes / 1024 / 1024);
    this.#isRunning = false;
    this.#bar.remove();
    const why = this.t(refusal(status), { megabytes });
    this.#words.textContent = this.t("uploadRefused", { name: this.file.name, why });
    this.#stop.textContent = this.t("close");
    this.element.classList.add("upload-failed");
  }

  #end(result: Uploaded | null): void {
    this.#isRunning = false;
    if (this.#preview !== null) URL.revokeObjectURL(this.#preview);
    this.onEnd(result);
  }
}

/** Take `files` into the document at `position`; `alt` says what a picture shows. */
export function take(
  editor: Editor,
  target: Target,
  t: Translate,
  files: File[],
  position: number,
  alt = "",
): void {
  const send = (step: Step) => editor.view.dispatch(editor.state.tr.setMeta(KEY, step));
  for (const file of files) {
    const upload: Upload = new Upload(file, target, t, (result) => {
      if (editor.isDestroyed) return;
      const at = placeOf(editor, upload);
      send({ drop: upload });
      // Where the place is gone, somebody deleted the text around it: the file goes with it.
      if (result !== null && at !== null) insertAt(editor, at, contentFor(result, alt), KEEP);
    });
    send({ put: upload, at: position });
    void upload.start();
  }
}

function widget(upload: Upload, at: number): Decoration {
  return Decoration.widget(at, upload.element, {
    upload,
    side: 1,
    stopEvent: () => true,
    ignoreSelection: true,
  });
}

/** What says why a file was refused stays when its paragraph goes: the next file may have taken its place. */
function kept(before: DecorationSet, mapped: DecorationSet, tr: Transaction): DecorationSet {
  const all = before.find();
  if (!tr.docChanged || mapped.find().length === all.length) return mapped;
  const there = new Set(mapped.find().map(({ spec }) => spec.upload as Upload));
  const lost = all.filter(({ spec }) => {
    const upload = spec.upload as Upload;
    return !there.has(upload) && (!upload.isRunning || tr.getMeta(KEEP) === true);
  });
  return mapped.add(
    tr.doc,
    lost.map(({ from, spec }) => widget(spec.upload as Upload, tr.mapping.map(from))),
  );
}

function placeOf(editor: Editor, upload: Upload): number | null {
  const found = KEY.getState(editor.state)?.find(undefined, undefined, (s) => s.upload === upload);
  return found?.[0]?.from ?? null;
}

function running(view: EditorView): boolean {
  const all = KEY.getState(view.state)?.find() ?? [];
  return all.some(({ spec }) => (spec.upload as Upload).isRunning);
}

/** Return the action that lets a person choose files. */
export function uploadAction(target: Target, t: Translate): Action {
  return {
    name: "upload",
    words: "file attachment shangchuan sc wenjian",
    run: (editor) => {
      const input = h("input", { type: "file", multiple: true, hidden: true });
      input.addEventListener("change", () => {
        take(editor, target, t, [...(input.files ?? [])], editor.state.selection.from);
        input.remove();
      });
      input.addEventListener("cancel", () => input.remove());
      document.body.append(input); // a browser may let go of an input that nobody holds
      input.click();
    },
  };
}

/** Return the extension that takes files by paste and drop, and draws those under way. */
export function uploads(target: Target, t: Translate): Extension {
  return Extension.create({
    name: "uploads",
    addProseMirrorPlugins() {
      const editor = this.editor as Editor;
      return [
        new Plugin<DecorationSet>({
          key: KEY,
          state: {
            init: () => DecorationSet.empty,
            apply(tr, before) {
              const mapped = kept(before, before.map(tr.mapping, tr.doc), tr);
              const step = tr.getMeta(KEY) as Step | undefined;
              if (step === undefined) return mapped;
              if ("drop" in step) {
                return mapped.remove(
                  mapped.find(undefined, undefined, (s) => s.upload === step.drop),
                );
              }
              const upload = step.put;
              return mapped.add(tr.doc, [widget(upload, step.at)]);
            },
          },
          props: {
            decorations: (state) => KEY.getState(state),
            handlePaste: (view, event, slice) => {
              const pictures = view.editable ? put(view, slice) : [];
              for (const { file, at, alt } of pictures) take(editor, target, t, [file], at, alt);
              if (pictures.length > 0) return true;
              const files = view.editable ? pastedFiles(event.clipboardData) : [];
              if (files.length === 0) return false;
              take(editor, target, t, files, view.state.selection.from);
              return true;
            },
            handleDrop: (view, event) => {
              const files = [...(event.dataTransfer?.files ?? [])];
              if (files.length === 0) return false;
              event.preventDefault();
              if (!view.editable) return true;
              const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
              take(editor, target, t, files, at?.pos ?? view.state.doc.content.size);
              return true;
            },
          },
          view: (view) => {
            const warn = (event: BeforeUnloadEvent) => running(view) && event.preventDefault();
            addEventListener("beforeunload", warn);
            return { destroy: () => removeEventListener("beforeunload", warn) };
          },
        }),
      ];
    },
  });
}
