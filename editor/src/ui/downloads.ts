// Files that the server takes a while to make: the page shows that one is on its way, lets it be stopped, and
// says why it failed. A link without this would look dead for as long.
import type { Translate } from "../i18n";
import { h } from "./dom";

/** What is quicker is not shown. */
const SHOW_AFTER_MS = 400;
const MB = 1024 * 1024;

/** Return the name that an answer gives its file. */
export function nameIn(disposition: string | null): string | null {
  const encoded = /filename\*=utf-8''([^;]+)/i.exec(disposition ?? "")?.[1];
  if (encoded) {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return null;
    }
  }
  return /filename="([^"]+)"/i.exec(disposition ?? "")?.[1] ?? null;
}

/** The files on their way, in a corner of the page. */
export class Downloads {
  readonly element = h("div", { class: "downloads" });
  readonly #t: Translate;

  constructor(t: Translate) {
    this.#t = t;
  }

  /** Return a link that fetches its file by this way; opened in another tab it is a plain link. */
  link(href: string, name: string, download = ""): HTMLAnchorElement {
    return h(
      "a",
      {
        class: "menu-item",
        href,
        download: download || true,
        click: (event) => {
          const { ctrlKey, metaKey, shiftKey } = event as MouseEvent;
          if (ctrlKey || metaKey || shiftKey) return;
          event.preventDefault();
          void this.get(href, name, download);
        },
      },
      name,
    );
  }

  /** Fetch a file and hand it to the browser to keep. Never rejects: a failure is shown. */
  async get(href: string, name: string, download = ""): Promise<void> {
    const t = this.#t;
    const stop = new AbortController();
    const words = h("span", { role: "status" }, t("makingFile", { name }));
    const bar = h("progress", { "aria-label": t("makingFile", { name }) });
    const box = h(
      "div",
      { class: "download" },
      words,
      bar,
      h(
        "button",
        { type: "button", class: "button quiet", click: () => stop.abort() },
        t("cancel"),
      ),
    );
    const late = setTimeout(() => this.element.append(box), SHOW_AFTER_MS);
    try {
      const answer = await fetch(href, { signal: stop.signal });
      if (!answer.ok || !answer.body) throw new Error(await detailOf(answer));
      const parts: BlobPart[] = [];
      let bytes = 0;
      const reader = answer.body.getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        parts.push(part.value);
        bytes += part.value.length;
        if (bytes > MB) words.textContent = t("receiving", { name, size: Math.floor(bytes / MB) });
      }
      const given = nameIn(answer.headers.get("Content-Disposition"));
      const type = answer.headers.get("Content-Type") ?? "";
      keep(new Blob(parts, { type }), download || given || name);
    } catch (error) {
      if (!stop.signal.aborted)
        this.#failed(error, () => void this.get(href, name, download), name);
    } finally {
      clearTimeout(late);
      box.remove();
    }
  }

  #failed(error: unknown, again: () => void, name: string): void {
    const t = this.#t;
    const why = error instanceof TypeError || !(error instanceof Error) ? "" : error.message;
    const box = h(
      "div",
      { class: "download failed", role: "alert" },
      h("span", {}, `${t("fileFailed", { name })} ${why || t("historyFailed")}`),
      h(
        "button",
        {
          type: "button",
          class: "button quiet",
          click: () => {
            box.remove();
            again();
          },
        },
        t("tryAgain"),
      ),
      h("button", { type: "button", class: "button quiet", click: () => box.remove() }, t("close")),
    );
    this.element.append(box);
  }
}

async function detailOf(answer: Response): Promise<string> {
  const problem: unknown = await answer.json().catch(() => null);
  const detail = (problem as { detail?: unknown } | null)?.detail;
  return typeof detail === "string" ? detail : String(answer.status);
}

function keep(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  h("a", { href: url, download: name }).click();
  // The browser has taken it by the next turn, but may still read it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
