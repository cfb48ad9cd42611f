/**
 * Shapes of pools, quota, activity and requests, written by hand until the OpenAPI document describes them.
 * They have the names that its schemas will have: each is then the schema's, `PoolPaths` goes, and `client.ts`
 * uses `paths` alone. Only `PoolSettings` and `Violation` stay: they are parts of what the document leaves open.
 */
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type ProviderState = Schemas["ProviderState"] | "cooling_down" | "exhausted";

export interface ProviderStatus extends Omit<Schemas["ProviderStatus"], "state"> {
  state: ProviderState;
}

export type PoolStrategy = "primary_first" | "priority_order" | "round_robin" | "quota_aware";
export type PoolAffinity = "conversation" | "request";

/** Where a ChatGPT account stands in the pools. */
export interface ProviderPool {
  role: "owner" | "member" | "none";
  /** Of the pool that it is in; its own name where it manages one. */
  owner: string | null;
  strategy: PoolStrategy | null;
  affinity: PoolAffinity | null;
  /** Of that pool, in order, without the owner. */
  members: string[];
}

export interface Provider extends Omit<Schemas["Provider"], "status"> {
  status: ProviderStatus;
  pool?: ProviderPool | null;
}

/** `settings.codex_pool` of the owner. */
export interface PoolSettings {
  strategy: PoolStrategy;
  affinity: PoolAffinity;
  extra_provider_names: string[];
}

/** One broken rule of a refused pool. */
export interface Violation {
  code: string;
  message: string;
  providers: string[];
}

export interface QuotaWindow {
  label: string;
  kind: "five_hour" | "weekly" | "monthly" | "other";
  length_seconds: number;
  used_percent: number;
  remaining_percent: number;
  reset_after_seconds: number | null;
  reset_at: string | null;
  source: "usage_api" | "header" | "event" | "refusal";
  observed_at: string;
  /** The additional limit that this window is of; `null` for the main one. */
  meter: string | null;
}

export interface WindowForecast {
  label: string;
  kind: QuotaWindow["kind"];
  meter: string | null;
  verdict: "lasts" | "runs_out" | "unknown";
  runs_out_at: string | null;
  runs_out_in_seconds: number | null;
  /** In plain words. */
  text: string;
}

export interface Credits {
  has_credits: boolean;
  unlimited: boolean;
  balance: string | null;
}

export interface ProviderQuota {
  provider_id: string;
  provider_name: string;
  success: boolean;
  plan_type?: string | null;
  windows: QuotaWindow[];
  last_updated: string | null;
  error?: string | null;
  error_code?: string | null;
  action_hint?: string | null;
  needs_reauth?: boolean | null;
  retryable?: boolean | null;
  forecast: WindowForecast[];
  credits?: Credits;
}

export interface QuotaList {
  providers: ProviderQuota[];
  generated_at: string;
}

export interface Exclusion {
  provider_name: string;
  reason: string;
  until?: string | null;
  detail?: string | null;
}

/** Why a request went where it went. */
export interface Decision {
  strategy?: string | null;
  /** One sentence. */
  why?: string | null;
  /** The account that the conversation belongs to. */
  home?: string | null;
  /** In the order in which they were to be tried. */
  attempts: string[];
  excluded: Exclusion[];
}

export type PoolHealthState = "idle" | "healthy" | "degraded" | "critical";

export interface PoolProviderCounts {
  provider_name: string;
  request_count: number;
  direct_selection_count: number;
  failover_serve_count: number;
  success_count: number;
  failure_count: number;
  consecutive_failures: number;
  success_rate: number;
  health_score: number;
  health_state: PoolHealthState;
  last_selected_at?: string | null;
  last_failover_at?: string | null;
  last_used_at?: string | null;
  last_success_at?: string | null;
  last_failure_at?: string | null;
  cooldown_until?: string | null;
  last_error?: string | null;
}

export interface PoolRequest {
  span_id: string;
  trace_id: string;
  started_at: string;
  status: Schemas["TraceStatus"];
  duration_ms: number;
  /** The account that served, else the one that was tried last. */
  provider_name: string | null;
  /** The account that was tried first. */
  selected_provider?: string | null;
  model: string;
  attempt_count: number;
  used_failover: boolean;
  /** The accounts that were tried after the first. */
  failover_providers?: string[];
  decision: Decision | null;
}

/** The schema's `ProviderPoolActivity`. */
export interface PoolActivity {
  strategy: string;
  pool_providers: string[];
  stats_sample_size: number;
  provider_counts: PoolProviderCounts[];
  recent_requests: PoolRequest[];
}

type OldAttempt = Schemas["Attempt"];

export interface Attempt extends OldAttempt {
  started_at?: string;
  model?: string | null;
  cause?: string | null;
  fault?: "client" | "account" | "upstream" | null;
  http_status?: number | null;
  first_event_ms?: number | null;
}

/** One request of a client. */
export interface Trace extends Omit<Schemas["Trace"], "attempts"> {
  attempts: Attempt[];
  pool_owner?: string | null;
  strategy?: string | null;
  selected_provider?: string | null;
  attempt_count?: number;
  used_failover?: boolean;
}

export interface RequestDetail extends Trace {
  decision: Decision | null;
}

export interface RequestPage {
  requests: Trace[];
  next_cursor: string | null;
}

/** The query of `GET /v1/requests`. */
export interface RequestQuery {
  account?: string;
  agent?: string;
  model?: string;
  outcome?: string;
  from?: string;
  to?: string;
  cursor?: string;
  limit?: number;
}

interface Operation<Answer, Path = undefined, Query = undefined> {
  parameters: {
    query?: Query;
    header?: never;
    path: Path;
    cookie?: never;
  };
  requestBody?: never;
  responses: { 200: { headers: Record<string, unknown>; content: { "application/json": Answer } } };
}

interface Read<Answer, Query = never> {
  parameters: { query?: never; header?: never; path?: never; cookie?: never };
  get: Omit<Operation<Answer>, "parameters"> & {
    parameters: { query?: Query; header?: never; path?: never; cookie?: never };
  };
}

interface ReadOne<Answer, Query = never> {
  parameters: { query?: never; header?: never; path?: never; cookie?: never };
  get: Operation<Answer, { id: string }, Query>;
}

type Providers = paths["/v1/providers"];
type OneProvider = paths["/v1/providers/{id}"];

/** The routes whose answers changed or are new. */
interface PoolPaths {
  "/v1/providers": Omit<Providers, "get"> & Pick<Read<{ providers: Provider[] }>, "get">;
  "/v1/providers/{id}": Omit<OneProvider, "delete"> & {
    delete: Operation<{ status: string }, { id: string }, { detach?: boolean }>;
  };
  "/v1/providers/{id}/codex-pool-activity": ReadOne<PoolActivity, { limit?: number }>;
  "/v1/quota": Read<QuotaList>;
  "/v1/requests": Read<RequestPage, RequestQuery>;
  "/v1/requests/{id}": ReadOne<RequestDetail>;
}

export type GatewayPaths = Omit<paths, keyof PoolPaths> & PoolPaths;
