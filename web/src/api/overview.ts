import { client, unwrap } from "./client";
import type { Capacity, Overview } from "./types";

export function fetchOverview(signal?: AbortSignal): Promise<Overview> {
  return unwrap(client.GET("/v1/overview", { signal }));
}

/** What all accounts have left together, and whether that lasts. */
export function fetchCapacity(signal?: AbortSignal): Promise<Capacity> {
  return unwrap(client.GET("/v1/capacity", { signal }));
}
