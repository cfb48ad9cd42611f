import type { NewInvitation, Role } from "@/api/access";

export interface InviteDraft {
  kind: "member" | "connect";
  email: string;
  role: Role;
  provider: string;
  hours: number;
}

/** How long a link may wait. */
export const HOURS = [24, 72, 168];

export function inviteDraft(): InviteDraft {
  return { kind: "member", email: "", role: "viewer", provider: "", hours: 72 };
}

export function toInvitation({ kind, email, role, provider, hours }: InviteDraft): NewInvitation {
  if (kind === "connect") return { kind, provider_name: provider.trim(), expires_in_hours: hours };
  return { kind, ...(email.trim() !== "" && { email: email.trim() }), role, expires_in_hours: hours };
}
