import type { Permission, Role, Session } from "./access";

/** The gateway's table: the lowest role that may. It checks each again; the page only says it beforehand. */
export const LEAST: Record<Permission, Role> = {
  read: "viewer",
  use_models: "operator",
  manage_agents: "operator",
  manage_providers: "operator",
  manage_tools: "admin",
  manage_keys: "admin",
  manage_members: "admin",
  read_audit: "admin",
  run_programs: "owner",
  manage_tenants: "owner",
};

export const PERMISSIONS = Object.keys(LEAST) as Permission[];

/** From the lowest. */
export const ROLES = ["viewer", "operator", "admin", "owner"] as const satisfies Role[];

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2, owner: 3 };

/** Whether `role` may all that `other` may. */
export function atLeast(role: Role, other: Role): boolean {
  return RANK[role] >= RANK[other];
}

export function roleMay(role: Role, permission: Permission): boolean {
  return atLeast(role, LEAST[permission]);
}

/** Who is signed in, and what they may do. */
export interface Access {
  role: Role;
  permissions: ReadonlySet<Permission>;
}

export function accessOf({ role, permissions }: Pick<Session, "role" | "permissions">): Access {
  return { role, permissions: new Set(permissions) };
}

/** What a role may by the table. */
export function accessAs(role: Role): Access {
  return { role, permissions: new Set(PERMISSIONS.filter((each) => roleMay(role, each))) };
}
