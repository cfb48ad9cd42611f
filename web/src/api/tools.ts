import { client, unwrap } from "./client";
import type { Tool } from "./loop";

export async function fetchTools(signal?: AbortSignal): Promise<Tool[]> {
  return (await unwrap(client.GET("/v1/tools", { signal }))).tools;
}
