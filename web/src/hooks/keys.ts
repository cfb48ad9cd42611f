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
} as const;
