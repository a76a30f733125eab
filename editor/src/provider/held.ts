// Why words that did not reach the server wait until the person says that they be sent.

export type Held =
  /** They were written before the person's right to write was taken away. */
  | "readonly"
  /** The server refused them: sent again they would be refused again. */
  | "refused";

/** Return the reason that an earlier page noted. */
export function asHeld(noted: string | null): Held | null {
  return noted === "readonly" || noted === "refused" ? noted : null;
}
