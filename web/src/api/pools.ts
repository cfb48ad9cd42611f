import { client, unwrap } from "./client";
import type { PoolActivity, PoolPreview, PoolSettings, PoolStrategy, QuotaList } from "./types";

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

/** Makes, changes or, with `null`, dissolves the pool of an owner. What is absent stays as it is. */
export async function savePool(ownerId: string, pool: Partial<PoolSettings> | null): Promise<void> {
  const params = { path: { id: ownerId } };
  await unwrap(client.PUT("/v1/providers/{id}", { params, body: { settings: { codex_pool: pool } } }));
}

/** What would have become of the last requests under another strategy. */
export function fetchPoolPreview(
  ownerId: string,
  strategy: PoolStrategy,
  requests: number,
  signal?: AbortSignal,
): Promise<PoolPreview> {
  const params = { path: { id: ownerId }, query: { strategy, requests } };
  return unwrap(client.GET("/v1/providers/{id}/pool-preview", { params, signal }));
}
