// What the page hands to the history; its twin is `bootstrap` in collab/web/history.py.

export interface HistoryBootstrap {
  readonly document: { readonly id: string; readonly title: string };
  readonly documentUrl: string;
  readonly mayWrite: boolean;
  readonly mayErase: boolean;
  readonly apiUrl: string;
  readonly csrfToken: string;
  readonly locale: string;
}

/** Return what `page` was given; throws where it is not of the agreed form. */
export function readBootstrap(page: Document): HistoryBootstrap {
  const value = JSON.parse(page.getElementById("bootstrap")?.textContent ?? "null");
  if (typeof value?.document?.id !== "string" || typeof value.documentUrl !== "string") {
    throw new Error("the page has no bootstrap of the agreed form");
  }
  return value;
}
