import type { RequestsSearch } from "@/routes/search";

/** The keys of the query cache. */
export const keys = {
  session: ["session"],
  overview: ["overview"],
  providers: ["providers"],
  providerTypes: ["provider-types"],
  providerModels: (id: string) => ["providers", id, "models"],
  login: (provider: string) => ["login", provider],
  agents: ["agents"],
  models: ["models"],
  quota: ["quota"],
  poolActivity: ["pool-activity"],
  poolActivityOf: (ownerId: string) => ["pool-activity", ownerId],
  requests: ["requests"],
  requestList: (filters: RequestsSearch) => ["requests", "list", filters],
  request: (id: string) => ["requests", "one", id],
  conversations: ["conversations"],
  conversationLists: ["conversations", "list"],
  conversationList: (agent: string, q: string) => ["conversations", "list", agent, q],
  conversation: (id: string) => ["conversations", "one", id],
  history: (id: string) => ["conversations", "one", id, "history"],
  runsOf: (id: string) => ["conversations", "one", id, "runs"],
  runEvents: (id: string) => ["run-events", id],
  tools: ["tools"],
  mcpServers: ["mcp-servers"],
} as const;
