import type {
  Agent,
  Capacity,
  Overview,
  Provider,
  ProviderQuota,
  Trace,
  UsageReport,
  UsageRow,
} from "../../../src/api/types";
import { attention, capacity, capacityWindow, NOW, overview } from "../../insight";
import {
  agent,
  pooled,
  provider,
  quota,
  quotaWindow,
  trace,
  usageCounters,
  usageReport,
  usageRow,
} from "../../samples";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const ago = (ms: number) => new Date(Date.parse(NOW) - ms).toISOString();
export const after = (ms: number) => ago(-ms);

export const POOL = ["openai-codex", "codex-grace", "codex-linus"];

export function providers(): Provider[] {
  const [owner, grace, linus] = pooled(POOL) as [Provider, Provider, Provider];
  return [
    owner,
    {
      ...grace,
      status: { ...grace.status, state: "cooling_down", until: after(4 * MINUTE), reason: "rate_limited" },
    },
    { ...linus, status: { ...linus.status, state: "needs_reauth" } },
    provider({
      id: "p4",
      name: "codex-barbara",
      enabled: false,
      status: { ...owner.status, state: "disabled" },
    }),
    provider({
      id: "p5",
      name: "local-llm",
      provider_type: "openai_compatible",
      api_base: "http://127.0.0.1:11434/v1",
      api_key: "***",
      account: null,
    }),
  ];
}

export function quotas(): ProviderQuota[] {
  return POOL.map((provider_name, index) =>
    quota({
      provider_id: `p${index + 1}`,
      provider_name,
      windows: [
        quotaWindow({
          used_percent: 30 + 25 * index,
          remaining_percent: 70 - 25 * index,
          reset_at: after((2 + index) * HOUR + 15 * MINUTE),
        }),
        quotaWindow({
          label: "Week",
          kind: "weekly",
          length_seconds: 604_800,
          used_percent: 20 + 10 * index,
          remaining_percent: 80 - 10 * index,
          reset_at: after((50 + 24 * index) * HOUR),
        }),
      ],
      last_updated: ago(6 * MINUTE),
    }),
  );
}

/** One of each outcome, over and over. */
export function traces(count: number): Trace[] {
  return Array.from({ length: count }, (_, place) => {
    const common = {
      id: `r${place}`,
      started_at: ago(place * 7 * MINUTE),
      duration_ms: 900 + ((place * 731) % 4000),
      provider_name: POOL[place % 3] ?? null,
      agent_key: place % 2 === 0 ? "reviewer" : null,
    };
    if (place % 5 === 3)
      return trace({ ...common, used_failover: true, attempt_count: 2, selected_provider: POOL[0] ?? null });
    if (place % 7 === 4)
      return trace({
        ...common,
        status: "failed",
        http_status: 502,
        cause: "upstream_unavailable",
        error_code: "upstream_unavailable",
        error_message: "the upstream did not answer",
        usage: null,
      });
    return trace(common);
  });
}

export function usage(query: URLSearchParams): UsageReport {
  const by = (query.get("by") ?? "account") as UsageReport["by"];
  const row = (key: string, requests: number, name: string | null = null): UsageRow =>
    usageRow({
      key,
      name,
      requests,
      completed: Math.round(requests * 0.9),
      failed: requests - Math.round(requests * 0.9),
      cancelled: 0,
      input_tokens: requests * 1000,
      cached_input_tokens: requests * 600,
      output_tokens: requests * 120,
    });
  const rows: Partial<Record<UsageReport["by"], UsageRow[]>> = {
    account: POOL.map((name, index) => row(`p${index + 1}`, 90 - 25 * index, name)),
    day: Array.from({ length: 8 }, (_, day) =>
      row(ago((7 - day) * 24 * HOUR).slice(0, 10), 20 + ((day * 37) % 50)),
    ),
    weekday_hour: Array.from({ length: 168 }, (_, hour) =>
      row(`${Math.floor(hour / 24) + 1}-${String(hour % 24).padStart(2, "0")}`, (hour * 13) % 29),
    ),
  };
  return usageReport({
    by,
    from: query.get("from") ?? ago(7 * 24 * HOUR),
    to: query.get("to") ?? NOW,
    rows: rows[by] ?? [],
    totals: usageCounters({ requests: 195, completed: 176, failed: 15, cancelled: 4, failovers: 19 }),
  });
}

export function theOverview(): Overview {
  return overview({
    providers: { ...overview().providers, total: 5, ready: 2, needs_reauth: 1, cooling_down: 1, disabled: 1 },
    attention: [
      attention(),
      attention({
        kind: "running_out",
        severity: "soon",
        provider_name: "openai-codex",
        at: after(2 * HOUR),
        since: null,
      }),
    ],
    recent: traces(10),
  });
}

export function theCapacity(): Capacity {
  return capacity(
    capacityWindow(),
    capacityWindow({ kind: "weekly", label: "Week", length_seconds: 604_800, remaining_percent: 71.5 }),
  );
}

export function agents(): Agent[] {
  return ["reviewer", "translator", "release-notes"].map((agent_key, index) =>
    agent({
      id: `g${index}`,
      agent_key,
      display_name: index === 0 ? "Reviewer" : null,
      is_default: index === 0,
      status: index === 2 ? "inactive" : "active",
    }),
  );
}
