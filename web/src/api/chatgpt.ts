import { client, unwrap } from "./client";
import type { LoginCompleted, LoginStarted, LoginStatus, StartLogin } from "./types";

const at = (provider: string) => ({ params: { path: { provider } } });

export function startLogin(provider: string, body: StartLogin): Promise<LoginStarted> {
  return unwrap(client.POST("/v1/auth/chatgpt/{provider}/start", { ...at(provider), body }));
}

export function fetchLoginStatus(provider: string, signal?: AbortSignal): Promise<LoginStatus> {
  return unwrap(client.GET("/v1/auth/chatgpt/{provider}/status", { ...at(provider), signal }));
}

export function finishLogin(provider: string, redirectUrl: string): Promise<LoginCompleted> {
  const body = { redirect_url: redirectUrl };
  return unwrap(client.POST("/v1/auth/chatgpt/{provider}/callback", { ...at(provider), body }));
}

export function importLogin(provider: string, authJson: Record<string, unknown>): Promise<LoginCompleted> {
  const body = { auth_json: authJson };
  return unwrap(client.POST("/v1/auth/chatgpt/{provider}/import", { ...at(provider), body }));
}

export async function cancelLogin(provider: string): Promise<void> {
  await unwrap(client.POST("/v1/auth/chatgpt/{provider}/cancel", { ...at(provider), body: {} }));
}

export async function signOutAccount(provider: string): Promise<void> {
  await unwrap(client.POST("/v1/auth/chatgpt/{provider}/logout", at(provider)));
}
