import { client, unwrap } from "./client";
import type { Overview } from "./types";

export function fetchOverview(signal?: AbortSignal): Promise<Overview> {
  return unwrap(client.GET("/v1/overview", { signal }));
}
