// Calls of the REST interface from the page: JSON in, JSON out, errors as the sentence that the server says.

export interface RestPage {
  readonly apiUrl: string;
  readonly csrfToken: string;
}

/** What the server said no to; `message` is its sentence, `status` the HTTP status (0: no answer). */
export class RestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Problem {
  readonly detail?: string;
  readonly errors?: readonly { readonly detail?: string }[];
}

/** Call the interface; throws a RestError where it says no or does not answer. */
export async function call<Answer = void>(
  page: RestPage,
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
): Promise<Answer> {
  let answer: Response;
  try {
    answer = await fetch(`${page.apiUrl}${path}`, {
      method,
      headers: { "Content-Type": "application/json", "X-CSRFToken": page.csrfToken },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new RestError(0, "");
  }
  const text = await answer.text();
  const value: unknown = text ? parsed(text) : undefined;
  if (answer.ok) return value as Answer;
  const problem = (value ?? {}) as Problem;
  throw new RestError(answer.status, problem.errors?.[0]?.detail ?? problem.detail ?? "");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
