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
/** One reason why somebody has access; `folder` is empty where its name is not told. */
export interface Source {
  readonly role: Role | "owner";
  readonly group: string;
  readonly is_by_folder: boolean;
  readonly folder: string;
}
/** A person who has access, and by what. */
export interface Having {
  readonly user: FoundPerson;
  readonly role: Role | "owner";
  readonly sources: readonly Source[];
}
interface Access {
  readonly role: Role | "owner";
  readonly may_manage: boolean;
  readonly people: readonly Having[];
}
interface GroupMember {
  readonly group: Named;
  readonly role: Role;
}
interface Invitation {
  readonly id: number;
  readonly email: string;
  readonly role: Role;
  readonly url: string;
}
interface AccessRequest {
  readonly id: number;
  readonly user: FoundPerson;
  readonly message: string;
  readonly will_be_told: boolean;
}
export interface Link {
  readonly url: string;
  readonly reach: Reach;
  readonly role: Role;
  readonly expires_at: string | null;
  readonly has_password: boolean;
}
/** What is shared. A folder has no link, no invitations, no requests; it does not change hands here. */
export interface Subject {
  readonly kind: "documents" | "folders";
  readonly id: string;
  readonly title: string;
}
export interface Shares {
  readonly mayManage: boolean;
  readonly people: readonly Having[];
  readonly groups: readonly GroupMember[];
  readonly link: Link | null;
  /** These are the owner's to see. */
  readonly invitations: readonly Invitation[];
  readonly requests: readonly AccessRequest[];
  readonly myGroups: readonly Named[];
}
/** Whether a letter goes out to who was let in. */
interface Told {
  readonly is_told?: boolean;
}

const ADDRESS = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/;

/** Who is let into one document or folder. */
export class Sharing {
  readonly #page: RestPage;
  readonly #path: string;
  readonly isFolder: boolean;

  constructor(page: RestPage, subject: Subject) {
    this.#page = page;
    this.#path = `/${subject.kind}/${subject.id}`;
    this.isFolder = subject.kind === "folders";
  }

  /** Return who has access now; the server says what this person may do, which changes meanwhile. */
  async load(): Promise<Shares> {
    const get = <T>(path: string) => call<T>(this.#page, "GET", path);
    const path = this.#path;
    const access = await get<Access>(`${path}/access`);
    const none = Promise.resolve([]);
    const managed = <T>(path: string): Promise<readonly T[]> =>
      access.may_manage ? get<readonly T[]>(path) : none;
    const ofDocument = <T>(path: string) => (this.isFolder ? none : managed<T>(path));
    const [groups, link, invitations, requests, myGroups] = await Promise.all([
      get<readonly GroupMember[]>(`${path}/groups`),
      this.isFolder ? null : get<Link>(`${path}/link`),
      ofDocument<Invitation>(`${path}/invitations`),
      ofDocument<AccessRequest>(`${path}/access-requests`),
      managed<Named>("/groups"),
    ]);
    const { people, may_manage: mayManage } = access;
    return { mayManage, people, groups, link, invitations, requests, myGroups };
  }

  find(search: string): Promise<readonly FoundPerson[]> {
    return call(this.#page, "GET", `/users?search=${encodeURIComponent(search)}`);
  }

  /**
   * Let in whom `name` names: a group of mine, a person, or else, by e-mail, somebody without an account. Returns
   * whether a letter goes out to them.
   */
  async add(name: string, role: Role, groups: readonly Named[]): Promise<boolean> {
    if (groups.some((group) => group.name === name)) {
      await this.#do("POST", "/groups", { group: name, role });
      return false;
    }
    let told: Told | undefined;
    try {
      told = await this.#do("POST", "/members", { user: name, role });
    } catch (error) {
      const isUnknown = error instanceof RestError && error.status === 400 && ADDRESS.test(name);
      if (!isUnknown || this.isFolder) throw error;
      told = await this.#do("POST", "/invitations", { email: name, role });
    }
    return told?.is_told ?? false;
  }

  async setMember({ id, username }: FoundPerson, role: Role): Promise<void> {
    if (this.isFolder) await this.#do("POST", "/members", { user: username, role });
    else await this.#do("PATCH", `/members/${id}`, { role });
  }

  async removeMember(id: number): Promise<void> {
    await this.#do("DELETE", `/members/${id}`);
  }

  async setGroup({ id, name }: Named, role: Role): Promise<void> {
    if (this.isFolder) await this.#do("POST", "/groups", { group: name, role });
    else await this.#do("PATCH", `/groups/${id}`, { role });
  }

  async removeGroup(id: number): Promise<void> {
    await this.#do("DELETE", `/groups/${id}`);
  }

  async withdraw(invitation: number): Promise<void> {
    await this.#do("DELETE", `/invitations/${invitation}`);
  }

  async answer(request: number, role: Role | null): Promise<void> {
    await this.#do("POST", `/access-requests/${request}`, { role });
  }

  async setLink(change: {
    readonly reach?: Reach;
    readonly role?: Role;
    readonly expires_at?: string | null;
    readonly password?: string;
  }): Promise<void> {
    await this.#do("PATCH", "/link", change);
  }

  /** Make a member the owner. */
  async transfer(member: number): Promise<void> {
    await this.#do("PUT", "/owner", { member });
  }

  #do(method: "POST" | "PATCH" | "PUT" | "DELETE", path: string, body?: unknown) {
    return call<Told | undefined>(this.#page, method, this.#path + path, body);
  }
}
