import type { PasswordSignIn, SignInMethods } from "./access";
import { client, unwrap } from "./client";
import { ApiError } from "./errors";
import { chooseTenant, chosenTenant } from "./tenant";
import type { Session } from "./types";

/** `null` when this browser is signed out. */
export async function fetchSession(signal?: AbortSignal): Promise<Session | null> {
  try {
    return await unwrap(client.GET("/v1/auth/session", { signal }));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) return null;
    if (error.status !== 404 || chosenTenant() === null) throw error;
    // The chosen tenant is gone, or no longer ours.
    chooseTenant(null);
    return fetchSession(signal);
  }
}

export function fetchSignInMethods(signal?: AbortSignal): Promise<SignInMethods> {
  return unwrap(client.GET("/v1/auth/methods", { signal }));
}

export function signInWithPassword(body: PasswordSignIn): Promise<Session> {
  return unwrap(client.POST("/v1/auth/sign-in", { body }));
}

/** Where the browser goes to sign in with OpenID Connect, and then back to the page. */
export function oidcAddress(name: string, page: string): string {
  return `/v1/auth/oidc/${encodeURIComponent(name)}/start?return_to=${encodeURIComponent(page)}`;
}

export function signIn(token: string): Promise<Session> {
  return unwrap(client.POST("/v1/auth/session", { body: { token } }));
}

export async function signOut(): Promise<void> {
  await unwrap(client.DELETE("/v1/auth/session"));
}
