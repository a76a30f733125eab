// The history of one document over REST: typed, cached where it can never change, cancelled when overtaken.

export interface Author {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly avatar?: string;
}

export interface Revision {
  readonly number: number;
  readonly seq: number;
  readonly first_seq: number;
  readonly kind: string;
  readonly name: string;
  readonly authors: readonly Author[];
  readonly started_at: string;
  readonly created_at: string;
  readonly insertions: number;
  readonly deletions: number;
}

export interface Bucket {
  readonly seq_from: number;
  readonly seq_to: number;
  readonly from: string;
  readonly to: string;
  readonly edits: number;
  readonly authors: readonly number[];
}

export interface Timeline {
  readonly seq: number;
  readonly buckets: readonly Bucket[];
  readonly authors: readonly Author[];
}

export interface RevisionPage {
  readonly next: string | null;
  readonly results: readonly Revision[];
}

/** A stretch whose text was erased, or is to be; the numbers of its records stay. */
export interface Erasure {
  readonly id: number;
  readonly first: number;
  readonly last: number;
  readonly by: Author | null;
  readonly created_at: string;
  readonly reason: string;
  readonly state: "waiting" | "running" | "done" | "failed";
  readonly scanned: number;
  readonly to_scan: number;
  readonly failure: string;
}

/** The server said no; `detail` is its sentence. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
  ) {
    super(detail);
  }
}

const MAX_CACHED = 60;

export class HistoryApi {
  readonly #base: string;
  readonly #csrfToken: string;
  readonly #moments = new Map<string, Promise<string>>();

  constructor(apiUrl: string, documentId: string, csrfToken: string) {
    this.#base = `${apiUrl}/documents/${documentId}`;
    this.#csrfToken = csrfToken;
  }

  /** Return the address of the document as it was at `seq`, in a format. */
  contentUrl(seq: number, format: string): string {
    return `${this.#base}/at?seq=${seq}&format=${format}`;
  }

  /** The address of all records and revisions, as a zip. */
  get wholeUrl(): string {
    return `${this.#base}/history/export?format=zip`;
  }

  timeline(buckets: number): Promise<Timeline> {
    return this.#json(`/timeline?buckets=${buckets}`);
  }

  revisions(before?: number): Promise<RevisionPage> {
    return this.#json(`/revisions?page_size=50${before === undefined ? "" : `&before=${before}`}`);
  }

  /** Return the revision that `seq` falls in; none before the first record. */
  async revisionAt(seq: number): Promise<Revision | null> {
    if (seq < 1) return null;
    const page = await this.#json<RevisionPage>(`/revisions?page_size=1&seq=${seq}`);
    return page.results[0] ?? null;
  }

  /** Return the document as it was at `seq`. What is past does not change: it is kept. */
  content(seq: number): Promise<unknown> {
    return this.#kept(`/at?seq=${seq}&format=json`).then((text) => JSON.parse(text) as unknown);
  }

  /** Ask for the document as it was at `seq`, which is wanted next: then its answer is there. */
  foresee(seq: number): void {
    this.#kept(`/at?seq=${seq}&format=json`).catch(() => undefined); // who wants it asks again
  }

  /** Return what changed between two moments, as HTML that the server has made safe. */
  changes(from: number, to: number): Promise<string> {
    return this.#kept(`/diff?from=${from}&to=${to}&format=html`);
  }

  rename(revision: number, name: string): Promise<Revision> {
    return this.#json(`/revisions/${revision}`, "PATCH", { name });
  }

  restore(revision: number): Promise<Revision> {
    return this.#json(`/revisions/${revision}/restore`, "POST");
  }

  copy(revision: number): Promise<{ readonly id: string }> {
    return this.#json(`/revisions/${revision}/copy`, "POST", {});
  }

  erasures(): Promise<readonly Erasure[]> {
    return this.#json("/history/erasures");
  }

  erase(first: number, last: number, reason: string): Promise<Erasure> {
    return this.#json("/history/erasures", "POST", { first, last, reason });
  }

  #kept(path: string): Promise<string> {
    const found = this.#moments.get(path);
    if (found) return found;
    const asked = this.#fetch(path).then((answer) => answer.text());
    this.#moments.set(path, asked);
    asked.catch(() => this.#moments.delete(path));
    const oldest = this.#moments.keys().next().value;
    if (this.#moments.size > MAX_CACHED && oldest !== undefined) this.#moments.delete(oldest);
    return asked;
  }

  async #json<Answer>(path: string, method = "GET", body?: object): Promise<Answer> {
    return (await this.#fetch(path, method, body)).json() as Promise<Answer>;
  }

  async #fetch(path: string, method = "GET", body?: object): Promise<Response> {
    const answer = await fetch(this.#base + path, {
      method,
      headers: {
        "X-CSRFToken": this.#csrfToken,
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) {
      const problem: unknown = await answer.json().catch(() => null);
      const detail = (problem as { detail?: unknown } | null)?.detail;
      throw new ApiError(
        answer.status,
        typeof detail === "string" ? detail : String(answer.status),
      );
    }
    return answer;
  }
}
