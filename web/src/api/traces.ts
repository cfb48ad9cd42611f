import { client, unwrap } from "./client";
import type { Trace } from "./types";

export async function fetchTraces(limit: number, signal?: AbortSignal): Promise<Trace[]> {
  const { traces } = await unwrap(client.GET("/v1/traces", { params: { query: { limit } }, signal }));
  return traces;
}
