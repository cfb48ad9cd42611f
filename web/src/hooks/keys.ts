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
  traces: (limit: number) => ["traces", limit],
} as const;
