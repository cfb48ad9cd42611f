import type { Role, User } from "@/api/access";
import { atLeast } from "@/api/permissions";

/** Why a person may not be changed: their role, the last owner, oneself, an owner to disable. */
export type Bar = "higher" | "last_owner" | "self" | "owner";

/** The owners that could still sign in. */
function owners(users: User[]): User[] {
  return users.filter(({ role, disabled }) => role === "owner" && !disabled);
}

/** Whether the gateway would have no owner left without this one. */
export function isLastOwner(user: User, users: User[]): boolean {
  const left = owners(users);
  return left.length === 1 && left[0]?.id === user.id;
}

interface Viewer {
  id: string | null;
  role: Role;
}

/** What keeps `viewer` from removing `user`; `null` when nothing does. */
export function removeBar(user: User, users: User[], viewer: Viewer): Bar | null {
  if (!atLeast(viewer.role, user.role)) return "higher";
  if (isLastOwner(user, users)) return "last_owner";
  return user.id === viewer.id ? "self" : null;
}

/** One may step down from one's own role, unless nobody would be left above. */
export function roleBar(user: User, users: User[], viewer: Viewer): Bar | null {
  const bar = removeBar(user, users, viewer);
  return bar === "self" ? null : bar;
}

/** An owner is given another role first. */
export function disableBar(user: User, users: User[], viewer: Viewer): Bar | null {
  return removeBar(user, users, viewer) ?? (user.role === "owner" ? "owner" : null);
}
