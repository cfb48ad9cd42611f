import { client, unwrap } from "./client";
import type { Model } from "./types";

export async function fetchModels(signal?: AbortSignal): Promise<Model[]> {
  const list = await unwrap(client.GET("/v1/models", { signal }));
  // The other list is for the Codex CLI, which says its version.
  return "data" in list ? list.data : [];
}
