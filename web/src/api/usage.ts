import { client, unwrap } from "./client";
import type { UsageQuery, UsageReport } from "./types";

/** Requests and tokens, counted. */
export function fetchUsage(query: UsageQuery, signal?: AbortSignal): Promise<UsageReport> {
  return unwrap(client.GET("/v1/usage", { params: { query }, signal }));
}

/** The same as CSV. */
export function exportUsage(query: UsageQuery): Promise<Blob> {
  return unwrap<Blob>(client.GET("/v1/usage/export", { params: { query }, parseAs: "blob" }));
}
