import { client, unwrap } from "./client";
import type { Model } from "./types";

export async function fetchModels(signal?: AbortSignal): Promise<Model[]> {
  return (await unwrap(client.GET("/v1/models", { signal }))).data;
}
