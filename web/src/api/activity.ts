import type { ActivityPage, ActivityQuery } from "./access";
import { client, unwrap } from "./client";

/** One page of the audit log, newest first. */
export function fetchActivity(query: ActivityQuery, signal?: AbortSignal): Promise<ActivityPage> {
  return unwrap(client.GET("/v1/activity", { params: { query }, signal }));
}

export type ActivityFormat = "jsonl" | "csv";

export function exportActivity(query: ActivityQuery, format: ActivityFormat): Promise<Blob> {
  const params = { query: { ...query, format } };
  return unwrap<Blob>(client.GET("/v1/activity/export", { params, parseAs: "blob" }));
}
