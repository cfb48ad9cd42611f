import type { QueryClient, QueryKey } from "@tanstack/react-query";
import type { LiveEvent } from "@/api/events";
import type { Provider, ProviderQuota, ProviderStatus, QuotaList } from "@/api/types";
import { keys } from "./keys";

/** Everything that the feed keeps current. */
export const LIVE_KEYS: readonly QueryKey[] = [
  keys.overview,
  keys.providers,
  keys.quota,
  keys.capacity,
  keys.poolActivity,
  keys.requests,
];

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
}

function setStatus(queries: QueryClient, id: unknown, status: ProviderStatus) {
  queries.setQueryData<Provider[]>(keys.providers, (list) =>
    list?.map((provider) => (provider.id === id ? { ...provider, status } : provider)),
  );
}

function setQuota(queries: QueryClient, quota: ProviderQuota) {
  queries.setQueryData<QuotaList>(keys.quota, (old) => {
    if (!old) return old;
    const others = old.providers.filter((it) => it.provider_id !== quota.provider_id);
    const known = old.providers.find((it) => it.provider_id === quota.provider_id);
    return { ...old, providers: [...others, { ...(known ?? { forecast: [] }), ...quota }] };
  });
}

/**
 * Puts what an event says into the cache, and returns the keys of what it only says to have changed.
 * An event in a shape that we do not know still makes the page look again.
 */
export function applyEvent(queries: QueryClient, { type, data }: LiveEvent): readonly QueryKey[] {
  switch (type) {
    case "provider.status": {
      const status = record(data.status);
      if (typeof status?.state !== "string") return [keys.providers, keys.overview, keys.capacity];
      // A replica of an older version does not tell of models.
      setStatus(queries, data.provider_id, { model_blocks: [], ...status } as unknown as ProviderStatus);
      return [keys.overview, keys.capacity];
    }
    case "provider.quota": {
      const quota = record(data.quota);
      if (!Array.isArray(quota?.windows)) return [keys.quota, keys.capacity];
      const name = { provider_id: data.provider_id, provider_name: data.provider_name };
      setQuota(queries, { ...quota, ...name } as unknown as ProviderQuota);
      return [keys.capacity];
    }
    case "provider.health":
      return [keys.poolActivity];
    case "provider.cooldown":
      return [keys.providers, keys.poolActivity];
    case "request.finished":
      return [keys.overview, keys.poolActivity, keys.requests];
    case "reset":
      return LIVE_KEYS;
  }
}
