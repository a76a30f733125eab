// What the page hands to the editor; its twin is `bootstrap` in collab/web/documents.py.
import { isAccess, type Person, parsePerson } from "./provider/events";
import type { Limits } from "./provider/limits";
import type { Access } from "./provider/status";

/** What a draft's page knows of the original; the title is null where the person may not read it. */
export interface DraftOf {
  readonly originTitle: string | null;
  readonly originUrl: string | null;
  readonly reviewUrl: string;
  readonly mayUpdate: boolean;
  readonly mayDiscard: boolean;
}

/** What the person's menu has. */
export interface Account {
  readonly isGuest: boolean;
  readonly profileUrl: string;
  /** Null: they are no administrator. */
  readonly adminUrl: string | null;
  readonly signOutUrl: string;
  readonly languageUrl: string;
  readonly languages: readonly { readonly code: string; readonly name: string }[];
}

export interface Bootstrap {
  readonly document: { readonly id: string; readonly title: string };
  readonly access: Access;
  readonly role: string;
  readonly user: Person;
  readonly account: Account;
  readonly socketUrl: string;
  readonly apiUrl: string;
  readonly homeUrl: string;
  /** Whether the person is here by nothing but the link: they do not rename, whatever it gives. */
  readonly isByLink: boolean;
  readonly maySeeHistory: boolean;
  readonly maySeeMembers: boolean;
  readonly mayManage: boolean;
  readonly mayFork: boolean;
  readonly mayMove: boolean;
  readonly mayTrash: boolean;
  readonly isStarred: boolean;
  readonly isTemplate: boolean;
  /** How many open drafts of it the person has. */
  readonly draftCount: number;
  /** What it is a draft of; null: it is none. */
  readonly draft: DraftOf | null;
  readonly csrfToken: string;
  readonly locale: string;
  readonly limits: Limits & {
    readonly maxAttachmentBytes: number;
    /** How many blocks may stand in one another. */
    readonly maxDepth: number;
  };
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
