// What the sharing dialog knows, and the calls that change it. No elements here.
import { call, RestError, type RestPage } from "../../api/rest";
import type { Key } from "../../i18n";

export const ROLES = ["viewer", "commenter", "suggester", "editor"] as const;
export type Role = (typeof ROLES)[number];
export const ROLE_NAMES: Readonly<Record<Role | "owner", Key>> = {
  viewer: "roleViewer",
  commenter: "roleCommenter",
  suggester: "roleSuggester",
  editor: "roleEditor",
  owner: "roleOwner",
};
export const REACHES = ["restricted", "signed-in", "anyone"] as const;
export type Reach = (typeof REACHES)[number];

interface Named {
  readonly id: number;
  readonly name: string;
  readonly avatar?: string;
}
export interface FoundPerson extends Named {
  readonly username: string;
  readonly color: string;
}
interface Member {
  readonly user: Named;
  readonly role: Role;
}
interface GroupMember {
  readonly group: Named;
  readonly role: Role;
}
interface Invitation {
  readonly id: number;
  readonly email: string;
  readonly role: Role;
}
interface AccessRequest {
  readonly id: number;
  readonly user: FoundPerson;
  readonly message: string;
}
export interface Link {
  readonly url: string;
  readonly reach: Reach;
  readonly role: Role;
  readonly expires_at: string | null;
  readonly has_password: boolean;
}
export interface Shares {
  readonly owner: Named;
  readonly members: readonly Member[];
  readonly groups: readonly GroupMember[];
  readonly link: Link;
  /** These are the owner's to see. */
  readonly invitations: readonly Invitation[];
  readonly requests: readonly AccessRequest[];
  readonly myGroups: readonly Named[];
}

const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Who is let into one document. */
export class Sharing {
  readonly #page: RestPage;
  readonly #path: string;
  readonly #mayManage: boolean;

  constructor(page: RestPage, documentId: string, mayManage: boolean) {
    this.#page = page;
    this.#path = `/documents/${documentId}`;
    this.#mayManage = mayManage;
  }

  async load(): Promise<Shares> {
    const get = <T>(path: string) => call<T>(this.#page, "GET", path);
    const managed = <T>(path: string): Promise<readonly T[]> =>
      this.#mayManage ? get<readonly T[]>(path) : Promise.resolve([]);
    const path = this.#path;
    const [document, members, groups, link, invitations, requests, myGroups] = await Promise.all([
      get<{ owner: Named }>(path),
      get<readonly Member[]>(`${path}/members`),
      get<readonly GroupMember[]>(`${path}/groups`),
      get<Link>(`${path}/link`),
      managed<Invitation>(`${path}/invitations`),
      managed<AccessRequest>(`${path}/access-requests`),
      managed<Named>("/groups"),
    ]);
    return { owner: document.owner, members, groups, link, invitations, requests, myGroups };
  }

  find(search: string): Promise<readonly FoundPerson[]> {
    return call(this.#page, "GET", `/users?search=${encodeURIComponent(search)}`);
  }

  /** Let in whom `name` names: a group of mine, a person, or else, by e-mail, somebody without an account. */
  async add(name: string, role: Role, groups: readonly Named[]): Promise<void> {
    if (groups.some((group) => group.name === name)) {
      return this.#do("POST", "/groups", { group: name, role });
    }
    try {
      await this.#do("POST", "/members", { user: name, role });
    } catch (error) {
      if (!(error instanceof RestError && error.status === 400 && ADDRESS.test(name))) throw error;
      await this.#do("POST", "/invitations", { email: name, role });
    }
  }

  setMember(id: number, role: Role): Promise<void> {
    return this.#do("PATCH", `/members/${id}`, { role });
  }

  removeMember(id: number): Promise<void> {
    return this.#do("DELETE", `/members/${id}`);
  }

  setGroup(id: number, role: Role): Promise<void> {
    return this.#do("PATCH", `/groups/${id}`, { role });
  }

  removeGroup(id: number): Promise<void> {
    return this.#do("DELETE", `/groups/${id}`);
  }

  withdraw(invitation: number): Promise<void> {
    return this.#do("DELETE", `/invitations/${invitation}`);
  }

  answer(request: number, role: Role | null): Promise<void> {
    return this.#do("POST", `/access-requests/${request}`, { role });
  }

  setLink(change: {
    readonly reach?: Reach;
    readonly role?: Role;
    readonly expires_at?: string | null;
    readonly password?: string;
  }): Promise<void> {
    return this.#do("PATCH", "/link", change);
  }

  /** Make a member the owner. */
  transfer(member: number): Promise<void> {
    return this.#do("PUT", "/owner", { member });
  }

  async #do(method: "POST" | "PATCH" | "PUT" | "DELETE", path: string, body?: unknown) {
    await call<unknown>(this.#page, method, this.#path + path, body);
  }
}
