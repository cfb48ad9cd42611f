import type {
  AcceptInvitation,
  CreatedInvitation,
  Invitation,
  InvitationOffer,
  NewInvitation,
} from "./access";
import { client, unwrap } from "./client";
import type { Session } from "./types";

export async function fetchInvitations(signal?: AbortSignal): Promise<Invitation[]> {
  return (await unwrap(client.GET("/v1/invitations", { signal }))).invitations;
}

export function createInvitation(body: NewInvitation): Promise<CreatedInvitation> {
  return unwrap(client.POST("/v1/invitations", { body }));
}

export async function withdrawInvitation(id: string): Promise<void> {
  await unwrap(client.DELETE("/v1/invitations/{id}", { params: { path: { id } } }));
}

/** What the link offers to whoever holds it. */
export function fetchOffer(token: string, signal?: AbortSignal): Promise<InvitationOffer> {
  const params = { header: { "x-gateway-invitation": token } };
  return unwrap(client.GET("/v1/invitations/by-token", { params, signal }));
}

export function acceptInvitation(body: AcceptInvitation): Promise<Session> {
  return unwrap(client.POST("/v1/invitations/accept", { body }));
}
