import { client, unwrap } from "./client";
import type { McpServer, McpServerInput } from "./loop";

const at = (id: string) => ({ params: { path: { id } } });

export async function fetchMcpServers(signal?: AbortSignal): Promise<McpServer[]> {
  return (await unwrap(client.GET("/v1/mcp/servers", { signal }))).servers;
}

export async function createMcpServer(body: McpServerInput): Promise<void> {
  await unwrap(client.POST("/v1/mcp/servers", { body }));
}

export async function updateMcpServer(id: string, body: McpServerInput): Promise<void> {
  await unwrap(client.PUT("/v1/mcp/servers/{id}", { ...at(id), body }));
}

export async function removeMcpServer(id: string): Promise<void> {
  await unwrap(client.DELETE("/v1/mcp/servers/{id}", at(id)));
}

export async function reconnectMcpServer(id: string): Promise<void> {
  await unwrap(client.POST("/v1/mcp/servers/{id}/reconnect", at(id)));
}
