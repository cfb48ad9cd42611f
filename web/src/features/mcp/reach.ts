import type { McpServer } from "@/api/loop";

/** How the server is reached; secrets are not part of it. */
export function reachOf({ transport, command, args, url }: McpServer): string {
  return transport === "stdio" ? [command, ...(args ?? [])].filter(Boolean).join(" ") : (url ?? "");
}
