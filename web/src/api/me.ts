import type { Me } from "./access";
import { client, unwrap } from "./client";

/** Who asks, and what they used: of `key`, or of this browser's session. */
export function fetchMe(key: string | null, signal?: AbortSignal): Promise<Me> {
  const headers = key === null ? {} : { authorization: `Bearer ${key}` };
  return unwrap(client.GET("/v1/me", { headers, signal }));
}
