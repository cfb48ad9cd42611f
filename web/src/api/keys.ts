import type { CreatedKey, Key, KeyChange, NewKey } from "./access";
import { client, unwrap } from "./client";

const at = (id: string) => ({ params: { path: { id } } });

export async function fetchKeys(signal?: AbortSignal): Promise<Key[]> {
  return (await unwrap(client.GET("/v1/keys", { signal }))).keys;
}

export function fetchKey(id: string, signal?: AbortSignal): Promise<Key> {
  return unwrap(client.GET("/v1/keys/{id}", { ...at(id), signal }));
}

export function createKey(body: NewKey): Promise<CreatedKey> {
  return unwrap(client.POST("/v1/keys", { body }));
}

export async function updateKey(id: string, body: KeyChange): Promise<void> {
  await unwrap(client.PUT("/v1/keys/{id}", { ...at(id), body }));
}

export async function revokeKey(id: string): Promise<void> {
  await unwrap(client.POST("/v1/keys/{id}/revoke", { ...at(id) }));
}

export async function removeKey(id: string): Promise<void> {
  await unwrap(client.DELETE("/v1/keys/{id}", at(id)));
}
