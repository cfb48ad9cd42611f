import type { AccountSession, TotpSetup } from "./access";
import { client, unwrap } from "./client";
import type { components } from "./schema";

export type Identity = components["schemas"]["Identity"];

export async function renameAccount(display_name: string): Promise<void> {
  await unwrap(client.PUT("/v1/account", { body: { display_name } }));
}

export async function changePassword(body: { current?: string; new: string }): Promise<void> {
  await unwrap(client.POST("/v1/account/password", { body }));
}

export function beginTotp(): Promise<TotpSetup> {
  return unwrap(client.POST("/v1/account/totp"));
}

/** The recovery codes; they are said this once. */
export async function confirmTotp(code: string): Promise<string[]> {
  return (await unwrap(client.POST("/v1/account/totp/confirm", { body: { code } }))).recovery_codes;
}

export async function endTotp(proof: { code: string } | { password: string }): Promise<void> {
  await unwrap(client.DELETE("/v1/account/totp", { body: proof }));
}

export async function fetchIdentities(signal?: AbortSignal): Promise<Identity[]> {
  return (await unwrap(client.GET("/v1/account/identities", { signal }))).identities;
}

/** Where the browser goes to show who it is there. */
export function linkIdentity(body: { issuer: string; password?: string }): Promise<{ url: string }> {
  return unwrap(client.POST("/v1/account/identities", { body }));
}

export async function unlinkIdentity(id: string): Promise<void> {
  await unwrap(client.DELETE("/v1/account/identities/{id}", { params: { path: { id } } }));
}

export async function fetchAccountSessions(signal?: AbortSignal): Promise<AccountSession[]> {
  return (await unwrap(client.GET("/v1/account/sessions", { signal }))).sessions;
}

export async function endSession(id: string): Promise<void> {
  await unwrap(client.DELETE("/v1/account/sessions/{id}", { params: { path: { id } } }));
}

export async function endOtherSessions(): Promise<void> {
  await unwrap(client.POST("/v1/account/sessions/revoke-others"));
}
