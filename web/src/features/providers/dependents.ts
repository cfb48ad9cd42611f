import type { ApiError } from "@/api/errors";

export interface Dependents {
  agents: string[];
  pools: string[];
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((it) => typeof it === "string") : [];
}

/** What still uses a provider that could not be removed; `null` for any other refusal. */
export function dependentsOf(error: ApiError): Dependents | null {
  if (error.code !== "in_use") return null;
  const { dependents } = error.body as { dependents?: Partial<Record<keyof Dependents, unknown>> };
  return { agents: names(dependents?.agents), pools: names(dependents?.pools) };
}
