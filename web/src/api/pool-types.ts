/**
 * Shapes of pools, quota, activity and requests, written by hand until the OpenAPI document describes them.
 * Each is to be replaced by the one of `schema.d.ts`; `PoolPaths` then goes, and `client.ts` uses `paths` alone.
 */
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type ProviderState = Schemas["ProviderState"] | "cooling_down" | "exhausted";

export interface ProviderStatus extends Omit<Schemas["ProviderStatus"], "state"> {
  state: ProviderState;
}

export type Strategy = "primary_first" | "priority_order" | "round_robin" | "quota_aware";
export type Affinity = "conversation" | "request";

/** What a provider is in a pool; of an owner also how its pool works. */
export interface ProviderPool {
  role: "owner" | "member" | "none";
  owner: string | null;
  strategy: Strategy;
  affinity: Affinity;
  /** Without the owner, in order. */
  members: string[];
}

export interface Provider extends Omit<Schemas["Provider"], "status"> {
  status: ProviderStatus;
  pool?: ProviderPool | null;
}

/** `settings.codex_pool` of the owner. */
export interface PoolSettings {
  strategy: Strategy;
  affinity: Affinity;
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
  length_seconds: number | null;
  used_percent: number | null;
  remaining_percent: number | null;
  reset_after_seconds: number | null;
  reset_at: string | null;
  source: "usage_api" | "header" | "event" | "refusal";
  observed_at: string;
  /** The name of a meter of its own (a model's, for instance); `null` is the account's. */
  meter: string | null;
}

export interface Forecast {
  label: string;
  kind: QuotaWindow["kind"];
  verdict: "lasts" | "runs_out" | "unknown";
  runs_out_at: string | null;
  runs_out_in_seconds: number | null;
  text: string;
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
  needs_reauth?: boolean;
  retryable?: boolean;
  forecast?: Forecast[];
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
  strategy?: Strategy | null;
  /** One sentence. */
  why?: string | null;
  /** The account that the conversation belongs to. */
  home?: string | null;
  attempts?: string[];
  excluded?: Exclusion[];
}

export type HealthState = "idle" | "healthy" | "degraded" | "critical";

export interface ProviderCounts {
  provider_name: string;
  request_count: number;
  direct_selection_count: number;
  failover_serve_count: number;
  success_count: number;
  failure_count: number;
  consecutive_failures: number;
  success_rate: number;
  health_score: number;
  health_state: HealthState;
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
  status: string;
  duration_ms: number;
  /** The account that served, or was tried last. */
  provider_name: string | null;
  /** The account that was chosen first. */
  selected_provider?: string | null;
  model: string;
  attempt_count: number;
  used_failover: boolean;
  failover_providers?: string[];
  decision?: Decision | null;
}

export interface PoolActivity {
  strategy: Strategy | null;
  pool_providers: string[];
  stats_sample_size: number;
  provider_counts: ProviderCounts[];
  recent_requests: PoolRequest[];
}

type Attempt = Schemas["Attempt"];

export interface RequestAttempt extends Attempt {
  started_at?: string | null;
  model?: string | null;
  cause?: string | null;
  fault?: "client" | "account" | "upstream" | null;
  http_status?: number | null;
  first_event_ms?: number | null;
}

/** A row of the requests. */
export interface RequestRow extends Omit<Schemas["Trace"], "attempts"> {
  attempts: RequestAttempt[];
  pool_owner?: string | null;
  strategy?: Strategy | null;
  selected_provider?: string | null;
  attempt_count?: number;
  used_failover?: boolean;
}

export interface RequestDetail extends RequestRow {
  decision?: Decision | null;
}

export interface RequestPage {
  requests: RequestRow[];
  next_cursor: string | null;
}

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
