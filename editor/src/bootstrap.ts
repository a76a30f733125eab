// What the page hands to the editor; its twin is `bootstrap` in collab/web/documents.py.
import { isAccess, type Person, parsePerson } from "./provider/events";
import type { Access } from "./provider/status";

export interface Bootstrap {
  readonly document: { readonly id: string; readonly title: string };
  readonly access: Access;
  readonly role: string;
  readonly user: Person;
  readonly socketUrl: string;
  readonly apiUrl: string;
  readonly homeUrl: string;
  readonly isGuest: boolean;
  readonly mayManage: boolean;
  readonly csrfToken: string;
  readonly locale: string;
  readonly limits: { readonly maxFrameBytes: number; readonly maxAttachmentBytes: number };
}

/** Return what `page` was given; throws where it is not of the agreed form. */
export function readBootstrap(page: Document): Bootstrap {
  const value = JSON.parse(page.getElementById("bootstrap")?.textContent ?? "null");
  const user = parsePerson(value?.user);
  if (!user || !isAccess(value.access) || typeof value.document?.id !== "string") {
    throw new Error("the page has no bootstrap of the agreed form");
  }
  return { ...value, user };
}
