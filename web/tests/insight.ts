import type { Attention, Capacity, CapacityWindow, Overview } from "@/api/types";

/** What the tests take for now. */
export const NOW = "2026-05-01T12:00:00Z";
const later = (hours: number) => new Date(Date.parse(NOW) + hours * 3_600_000).toISOString();

export function capacityWindow(change: Partial<CapacityWindow> = {}): CapacityWindow {
  return {
    kind: "five_hour",
    label: "5h",
    length_seconds: 18_000,
    accounts: 2,
    unknown_accounts: [],
    weight_total: 6,
    used_percent: 38,
    remaining_percent: 62.9,
    by_account: [
      {
        provider_name: "openai-codex",
        plan_type: "plus",
        weight: 1,
        remaining_percent: 74,
        reset_at: later(3),
        observed_at: later(-0.1),
        source: "header",
        verdict: "lasts",
        runs_out_at: null,
      },
      {
        provider_name: "codex-grace",
        plan_type: "pro",
        weight: 5,
        remaining_percent: 60,
        reset_at: later(1),
        observed_at: later(-0.5),
        source: "usage_api",
        verdict: "runs_out",
        runs_out_at: later(0.5),
      },
    ],
    history: [
      { at: later(-2), remaining_percent: 90 },
      { at: later(-1), remaining_percent: 75 },
    ],
    forecast: {
      verdict: "lasts",
      runs_out_at: null,
      text: "",
      points: [
        { at: later(1), low_percent: 40, mid_percent: 50, high_percent: 60 },
        { at: later(2), low_percent: 20, mid_percent: 40, high_percent: 55 },
      ],
    },
    resets: [{ at: later(1), provider_name: "codex-grace", returns_percent: 22 }],
    ...change,
  };
}

export function capacity(...windows: CapacityWindow[]): Capacity {
  return { generated_at: NOW, windows };
}

export function attention(change: Partial<Attention> = {}): Attention {
  return {
    kind: "needs_reauth",
    severity: "now",
    provider_name: "codex-linus",
    name: null,
    count: null,
    at: null,
    since: NOW,
    ...change,
  };
}

export function overview(change: Partial<Overview> = {}): Overview {
  return {
    version: "0.1.0",
    demo: true,
    base_url: "http://gw:1/v1",
    checklist: {
      account_connected: true,
      models_loaded: true,
      first_request_served: true,
      agent_created: true,
    },
    providers: {
      total: 3,
      ready: 3,
      needs_reauth: 0,
      disabled: 0,
      cooling_down: 0,
      exhausted: 0,
      draining: 0,
    },
    last_24h: {
      requests: 200,
      succeeded: 190,
      failed: 2,
      incomplete: 1,
      cancelled: 5,
      refused: 3,
      failovers: 19,
      input_tokens: 1000,
      cached_input_tokens: 400,
      output_tokens: 50,
      reasoning_tokens: 10,
      added_latency_ms: { p50: 4, p95: 61 },
      first_event_ms: null,
    },
    incident: null,
    attention: [],
    recent: [],
    generated_at: NOW,
    ...change,
  };
}
