import { client, unwrap } from "./client";
import { ApiError } from "./errors";
import type { Session } from "./types";

/** `null` when this browser is signed out. */
export async function fetchSession(signal?: AbortSignal): Promise<Session | null> {
  try {
    return await unwrap(client.GET("/v1/auth/session", { signal }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export function signIn(token: string): Promise<Session> {
  return unwrap(client.POST("/v1/auth/session", { body: { token } }));
}

export async function signOut(): Promise<void> {
  await unwrap(client.DELETE("/v1/auth/session"));
}
