// What the page hands to the review; its twin is `bootstrap` in collab/web/drafts.py.

export interface ReviewBootstrap {
  readonly document: { readonly id: string; readonly title: string };
  readonly documentUrl: string;
  /** Null: it is gone, or not this person's to read. */
  readonly origin: { readonly title: string; readonly url: string } | null;
  readonly homeUrl: string;
  readonly mayMerge: boolean;
  readonly mayDiscard: boolean;
  readonly apiUrl: string;
  readonly csrfToken: string;
  readonly locale: string;
}

/** Return what `page` was given; throws where it is not of the agreed form. */
export function readBootstrap(page: Document): ReviewBootstrap {
  const value = JSON.parse(page.getElementById("bootstrap")?.textContent ?? "null");
  if (typeof value?.document?.id !== "string" || typeof value.documentUrl !== "string") {
    throw new Error("the page has no bootstrap of the agreed form");
  }
  return value;
}
