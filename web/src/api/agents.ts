import { client, unwrap } from "./client";
import type { Agent, AgentInput } from "./types";

const at = (id: string) => ({ params: { path: { id } } });

export async function fetchAgents(signal?: AbortSignal): Promise<Agent[]> {
  return (await unwrap(client.GET("/v1/agents", { signal }))).agents;
}

export function createAgent(body: AgentInput): Promise<Agent> {
  return unwrap(client.POST("/v1/agents", { body }));
}

export async function updateAgent(key: string, body: AgentInput): Promise<void> {
  await unwrap(client.PUT("/v1/agents/{id}", { ...at(key), body }));
}

export async function removeAgent(key: string): Promise<void> {
  await unwrap(client.DELETE("/v1/agents/{id}", at(key)));
}
