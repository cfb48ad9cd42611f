import type { Role } from "./types";

/** What the dashboard can do besides reading; the gateway checks it again. */
export type Permission = "use_models" | "manage_agents" | "manage_providers" | "manage_tools";

const LEAST: Record<Permission, Role> = {
  use_models: "operator",
  manage_agents: "operator",
  manage_providers: "operator",
  // A server is a program on the gateway's machine.
  manage_tools: "admin",
};

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2, owner: 3 };

export function roleMay(role: Role, permission: Permission): boolean {
  return RANK[role] >= RANK[LEAST[permission]];
}
