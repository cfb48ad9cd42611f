import { client, unwrap } from "./client";
import type { PoolActivity, PoolSettings, QuotaList } from "./types";

export function fetchQuota(signal?: AbortSignal): Promise<QuotaList> {
  return unwrap(client.GET("/v1/quota", { signal }));
}

export function fetchPoolActivity(
  ownerId: string,
  limit: number,
  signal?: AbortSignal,
): Promise<PoolActivity> {
  const params = { path: { id: ownerId }, query: { limit } };
  return unwrap(client.GET("/v1/providers/{id}/codex-pool-activity", { params, signal }));
}

/** Makes, changes or, with `null`, dissolves the pool of an owner. */
export async function savePool(ownerId: string, pool: PoolSettings | null): Promise<void> {
  const params = { path: { id: ownerId } };
  await unwrap(client.PUT("/v1/providers/{id}", { params, body: { settings: { codex_pool: pool } } }));
}
