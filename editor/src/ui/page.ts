// The editor page: header, toolbar, text box, and what each shows of the provider's state.
import type { Editor } from "@tiptap/core";
import type { Bootstrap } from "../bootstrap";
import type { Translate } from "../i18n";
import type { Provider, ProviderState } from "../provider/provider";
import { wouldLose } from "../provider/status";
import { Authors } from "./authors";
import { showUnsent } from "./binding/unsent";
import { isEditorFor, onMisfit, onNewer, showWords } from "./body";
import { contextBars } from "./context";
import { h } from "./dom";
import { Downloads } from "./downloads";
import { draftBar } from "./drafts";
import { makeEditor } from "./editor";
import { FloatingBars } from "./floating";
import { goToFound } from "./foundPlace";
import { pageHeader } from "./header";
import { titleFromHeading } from "./headingTitle";
import { ImageHandle } from "./imageHandle";
import { followKeyboard } from "./keyboard";
import type { Entry } from "./menu";
import { OtherRoots } from "./otherRoots";
import { fileActions } from "./pictures";
import { showShortcuts } from "./shortcuts";
import { type StatusWords, statusWords } from "./status";
import { TableHandles } from "./tableHandles";
import { Title } from "./title";
import { Toast } from "./toast";
import { mainToolbar, selectionToolbar } from "./tools";
import { tooltips } from "./tooltip";
import { UnsentNotice } from "./unsent";

/** "Saving…" is said at once and "Saved" only after this quiet, so that the words do not flicker. */
const SAVED_AFTER_MS = 400;
export class Page {
  readonly #page: Bootstrap;
  readonly #provider: Provider;
  readonly #t: Translate;
  readonly #title: Title;
  readonly #status = h("div", { class: "status-badge" });
  /** What is read out: that something is wrong, and that it is well again; not each key and each save. */
  readonly #spoken = h("div", { class: "visually-hidden", role: "status" });
  #isWell = true;
  readonly #downloads: Downloads;
  readonly #banner = h("div", { class: "banner", role: "alert", hidden: true });
  readonly #unsent: UnsentNotice;
  readonly #otherRoots: OtherRoots;
  readonly #toast = new Toast();
  readonly #bars = h("div", { class: "bars" });
  readonly #sheet: HTMLElement;
  #editor: Editor | null = null;
  #authors: Authors | null = null;
  #savedTimer: ReturnType<typeof setTimeout> | undefined;
  #shownStatus = "";
  /** Beyond this the words are marked; null: none are. */
  #marked: Provider["known"] = null;
  /** The person has said that what is unsent may go. */
  #isLeaving = false;

  constructor(root: HTMLElement, page: Bootstrap, provider: Provider, t: Translate) {
    this.#page = page;
    this.#provider = provider;
    this.#t = t;
    this.#downloads = new Downloads(t);
    this.#unsent = new UnsentNotice(provider, t);
    this.#otherRoots = new OtherRoots(page, provider.doc, t);
    this.#title = new Title(page, t, (message) => this.#warn(message));
    this.#sheet = h(
      "main",
      { class: "sheet", id: "main" },
      h("p", { class: "opening muted" }, t("opening")),
    );
    const draft = page.draft && draftBar(page, page.draft, t, (message) => this.#warn(message));
    root.replaceChildren(
      this.#header(),
      ...(draft ? [draft] : []),
      this.#banner,
      this.#unsent.element,
      this.#otherRoots.element,
      this.#bars,
      this.#sheet,
      this.#downloads.element,
      this.#toast.element,
      this.#spoken,
    );
    tooltips();
    followKeyboard();
    provider.onState((state) => this.#show(state));
    provider.onTitle((title) => this.#title.show(title));
    provider.onErased(() => {
      this.#isLeaving = true;
      location.reload();
    });
    addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "s" || event.shiftKey || event.altKey) return;
      if (!(event.ctrlKey || event.metaKey)) return;
      event.preventDefault(); // every change is saved by itself; the browser would save the page
      this.#toast.say(this.#shownStatus);
    });
    this.#show(provider.state);
    void provider.whenReady.then(() => this.#open());
    addEventListener("beforeunload", (event) => {
      const { status, isKeptOnDevice } = provider.state;
      if (!this.#isLeaving && wouldLose(status, isKeptOnDevice)) event.preventDefault();
    });
  }

  #header(): HTMLElement {
    const t = this.#t;
    return pageHeader({
      acts: {
        page: this.#page,
        t,
        warn: (message) => this.#warn(message),
        tell: (message) => this.#toast.say(message),
        leaving: () => {
          this.#isLeaving = true;
        },
      },
      title: this.#title,
      status: this.#status,
      downloads: this.#downloads,
      awareness: this.#provider.awareness,
      viewEntries: () => this.#viewEntries(),
    });
  }

  #viewEntries(): Entry[] {
    if (!this.#page.maySeeHistory || !this.#authors) return [];
    return [
      {
        label: this.#t("authors"),
        icon: "authors",
        kind: "check",
        isOn: this.#authors.isOn,
        run: () => void this.#toggleAuthors(),
      },
    ];
  }

  #open(): void {
    const t = this.#t;
    const { doc } = this.#provider;
    onNewer(doc, () => this.#warn(t("newerVersion"), "reload"));
    if (!isEditorFor(doc)) {
      this.#showWords();
      return;
    }
    onMisfit(doc, () => this.#showWords());
    const bubble = h("div", { class: "bubble" });
    const mount = h("div", { class: "text" });
    this.#sheet.replaceChildren(mount); // the menu puts the bubble in while it is shown
    const isEditable = this.#provider.state.access === "write";
    const editor = makeEditor({
      element: mount,
      bubble,
      page: this.#page,
      provider: this.#provider,
      t,
      isEditable,
      toToolbar: () => main.focus(),
      showShortcuts: () => showShortcuts(t),
      tell: (message) => this.#toast.say(message),
      tellBound: (bound) => this.#warn(t(bound === "depth" ? "tooDeep" : "tooMuch")),
    });
    this.#editor = editor;
    const main = mainToolbar(editor, t, fileActions(this.#page, t));
    const authors = new Authors({
      editor,
      t,
      locale: this.#page.locale,
      url: `${this.#page.apiUrl}/documents/${this.#page.document.id}/attribution`,
      fail: (message) => this.#warn(message),
    });
    this.#authors = authors;
    const small = selectionToolbar(editor, t, () => void authors.tell());
    const contexts = contextBars(editor, t);
    bubble.append(small.element);
    this.#bars.replaceChildren(main.element, ...contexts.map(({ element }) => element));
    const floating = new FloatingBars(editor, contexts, main.element);
    const handle = new ImageHandle(editor, t);
    const tables = new TableHandles(editor, t, main.element);
    titleFromHeading(editor, this.#title);
    const update = () => {
      floating.update();
      handle.update();
      tables.update();
      main.update();
      if (!editor.state.selection.empty) small.update();
    };
    // One look at the state a frame, however many changes came in it.
    let isDue = false;
    editor.on("transaction", () => {
      if (isDue) return;
      isDue = true;
      requestAnimationFrame(() => {
        isDue = false;
        if (!editor.isDestroyed) update();
      });
    });
    update();
    mount.addEventListener("mousedown", (event) => this.#clickedBelow(event, mount));
    this.#show(this.#provider.state);
    if (isEditable) editor.view.focus();
    goToFound(editor, location.hash);
    addEventListener("hashchange", () => goToFound(editor, location.hash));
  }

  /** The document has a form that the editor has no place for: show its words, and say why. */
  #showWords(): void {
    this.#editor?.destroy();
    this.#editor = null;
    this.#authors = null;
    this.#bars.replaceChildren();
    const mount = h("div", { class: "text" });
    this.#sheet.replaceChildren(mount);
    showWords(mount, this.#provider.doc, this.#t("content"));
    this.#warn(this.#t("notEditable"));
  }

  /** A click below the last block goes to a paragraph there; one is made where the last is none. */
  #clickedBelow(event: MouseEvent, mount: HTMLElement): void {
    const editor = this.#editor;
    const last = editor?.view.dom.lastElementChild;
    if (
      !editor?.isEditable ||
      !last ||
      !(event.target === mount || event.target === editor.view.dom)
    )
      return;
    if (event.clientY <= last.getBoundingClientRect().bottom) return;
    event.preventDefault();
    const { lastChild, content } = editor.state.doc;
    if (lastChild && lastChild.type.name !== "paragraph") {
      editor.commands.insertContentAt(content.size, { type: "paragraph" });
    }
    // Tiptap's own focus comes a frame later, and would put the caret back before what was typed since.
    editor.commands.setTextSelection(editor.state.doc.content.size);
    editor.view.focus();
  }

  #show(state: ProviderState): void {
    const { kind } = state.status;
    const isEditable = state.access === "write" && kind !== "closed" && kind !== "held";
    this.#title.allow(isEditable && !this.#page.isByLink);
    this.#bars.hidden = state.access !== "write" || kind === "held";
    const editor = this.#editor;
    this.#unsent.show(state);
    this.#markUnsent(state);
    if (editor && editor.isEditable !== isEditable) {
      editor.setEditable(isEditable);
      editor.view.dom.setAttribute("aria-readonly", String(!isEditable));
    }
    if (state.status.kind === "saved") this.#authors?.changed();
    clearTimeout(this.#savedTimer);
    const words = statusWords(state, this.#t);
    if (state.status.kind === "saved" && this.#shownStatus === this.#t("saving")) {
      this.#savedTimer = setTimeout(() => this.#write(words), SAVED_AFTER_MS);
    } else if (kind === "offline" && state.device.kind === "keeping" && !state.isKeptOnDevice) {
      // In a moment the device has them; what is said until then was true of the words before.
      this.#savedTimer = setTimeout(() => this.#write(words), SAVED_AFTER_MS);
    } else {
      this.#write(words);
    }
  }

  /** Words that wait, while nobody writes here, are marked: they are not in the document. */
  #markUnsent({ status }: ProviderState): void {
    const waits =
      (status.kind === "held" || status.kind === "readonly" || status.kind === "closed") &&
      status.unsaved > 0;
    const known = waits ? this.#provider.known : null;
    if (!this.#editor || known === this.#marked) return;
    this.#marked = known;
    const { view } = this.#editor;
    view.dispatch(view.state.tr.setMeta(...showUnsent(known)));
  }

  async #toggleAuthors(): Promise<void> {
    const authors = this.#authors;
    if (!authors) return;
    await authors.toggle();
    if (authors.isOn) this.#sheet.before(authors.legend);
    else authors.legend.remove();
  }

  #write(words: StatusWords): void {
    if (words.text !== this.#shownStatus) {
      this.#shownStatus = words.text;
      this.#status.textContent = words.text;
      this.#status.title = words.text;
      this.#status.dataset.mood = words.mood;
      const isWell = words.mood === "ok";
      const isWrong = words.mood === "warn" || words.mood === "danger";
      if (this.#isWell ? isWrong : isWell) {
        this.#isWell = isWell;
        this.#spoken.textContent = words.text;
      }
    }
    if (words.banner !== null) this.#warn(words.banner, words.remedy);
  }

  #warn(message: string, remedy: StatusWords["remedy"] = null): void {
    const t = this.#t;
    const { pathname } = location;
    this.#banner.replaceChildren(h("p", {}, message));
    if (remedy === "signIn") {
      const href = `/sign-in/?next=${encodeURIComponent(pathname)}`;
      this.#banner.append(h("a", { class: "button primary", href }, t("signIn")));
    } else if (remedy === "reload") {
      const click = () => location.reload();
      this.#banner.append(
        h("button", { type: "button", class: "button primary", click }, t("reload")),
      );
    } else if (remedy === "home") {
      this.#banner.append(h("a", { class: "button primary", href: this.#page.homeUrl }, t("home")));
    }
    this.#banner.hidden = false;
  }
}
