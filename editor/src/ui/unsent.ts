// What of the person's words did not reach the server, or cannot be kept on this device: said in words, with
// what can be done about it.
import type { Translate } from "../i18n";
import type { Provider, ProviderState } from "../provider/provider";
import { h } from "./dom";
import { showText } from "./prompt";
import { ask } from "./question";

/** Return what the notice says of `state`; null: there is nothing to say. */
export function unsentWords(state: ProviderState, t: Translate): string | null {
  const { status, held, device, access } = state;
  const count = "unsaved" in status ? status.unsaved : 0;
  const isHere = status.kind === "held" || status.kind === "readonly" || status.kind === "closed";
  const said: string[] = [];
  if (isHere && count > 0 && !(status.kind === "readonly" && status.isFrozen)) {
    said.push(count === 1 ? t("unsentOne") : t("unsentMany", { count }));
    if (held === "refused") said.push(t("unsentRefused"));
    else if (held === "readonly") said.push(t(access === "write" ? "unsentAsk" : "unsentReader"));
  }
  if (device.kind === "failing") {
    const why = {
      full: "deviceFull",
      unavailable: "deviceNone",
      blocked: "deviceBlocked",
    } as const;
    const { failure } = device;
    said.push(t(failure === "failed" ? "deviceFailed" : why[failure]), t("deviceWarning"));
  }
  return said.length > 0 ? said.join(" ") : null;
}

/** A bar that is there while there is something to say. */
export class UnsentNotice {
  readonly element = h("div", { class: "banner unsent", role: "status", hidden: true });
  readonly #provider: Provider;
  readonly #t: Translate;
  #shown = "";
  #dismissed = "";

  constructor(provider: Provider, t: Translate) {
    this.#provider = provider;
    this.#t = t;
  }

  show(state: ProviderState): void {
    const words = unsentWords(state, this.#t);
    const isUnsent = "unsaved" in state.status && state.status.unsaved > 0;
    const maySend = state.status.kind === "held" && state.access === "write";
    const mayDiscard =
      isUnsent && state.status.kind !== "offline" && state.status.kind !== "saving";
    const shown = words === null ? "" : JSON.stringify([words, isUnsent, maySend, mayDiscard]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.hidden = words === null || words === this.#dismissed;
    const t = this.#t;
    this.element.replaceChildren(
      h("p", {}, words ?? ""),
      ...(maySend ? [this.#button(t("sendUnsent"), () => this.#provider.sendHeld(), true)] : []),
      ...(isUnsent
        ? [
            this.#button(t("copyUnsent"), (button) => void this.#copy(button)),
            this.#button(t("downloadUnsent"), () => this.#download()),
          ]
        : []),
      ...(mayDiscard ? [this.#button(t("discardUnsent"), () => void this.#discard())] : []),
      ...(isUnsent ? [] : [this.#button(t("understood"), () => this.#dismiss(words ?? ""))]),
    );
  }

  #button(words: string, act: (button: HTMLButtonElement) => void, isFirst = false): HTMLElement {
    const button = h(
      "button",
      { type: "button", class: isFirst ? "button primary" : "button", click: () => act(button) },
      words,
    );
    return button;
  }

  #dismiss(words: string): void {
    this.#dismissed = words;
    this.element.hidden = true;
  }

  async #copy(button: HTMLButtonElement): Promise<void> {
    const words = this.#provider.unsentWords;
    try {
      await navigator.clipboard.writeText(words);
      button.textContent = this.#t("copied");
    } catch {
      showText(this.#t("unsentTitle"), words, this.#t);
    }
  }

  #download(): void {
    const blob = new Blob([this.#provider.unsentWords], { type: "text/plain;charset=utf-8" });
    const href = URL.createObjectURL(blob);
    h("a", { href, download: `${this.#t("unsentFile")}.txt` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }

  async #discard(): Promise<void> {
    const t = this.#t;
    const question = { title: t("discardUnsent"), text: t("discardUnsentText"), act: t("discard") };
    if ((await ask(t, question)) !== null) await this.#provider.discardUnsent();
  }
}
