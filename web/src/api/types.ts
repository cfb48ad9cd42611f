import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type { Role, Session } from "./access";

export type ErrorBody = Schemas["ErrorBody"];
export type Overview = Schemas["Overview"];
export type Checklist = Schemas["Checklist"];
export type Attention = Schemas["Attention"];
export type Capacity = Schemas["Capacity"];
export type CapacityWindow = Schemas["CapacityWindow"];
export type CapacityAccount = Schemas["CapacityAccount"];
export type CapacityReset = Schemas["CapacityReset"];
export type ProviderType = Schemas["ProviderType"];
export type ProviderModel = Schemas["ProviderModel"];
export type CreateProvider = Schemas["CreateProvider"];
export type UpdateProvider = Schemas["UpdateProvider"];
export type VerifyResult = Schemas["VerifyResult"];
export type LoginStatus = Schemas["LoginStatus"];
export type LoginStarted = Schemas["LoginStarted"];
export type LoginCompleted = Schemas["LoginCompleted"];
export type BrowserLogin = Schemas["BrowserLogin"];
export type PendingLogin = Schemas["PendingLogin"];
export type StartLogin = Schemas["StartLogin"];
export type Agent = Schemas["Agent"];
export type AgentInput = Schemas["AgentInput"];
export type Model = Schemas["Model"];
export type Provider = Schemas["Provider"];
export type ProviderPool = Schemas["ProviderPool"];
export type ProviderState = Schemas["ProviderState"];
export type ProviderStatus = Schemas["ProviderStatus"];
export type ModelBlock = Schemas["ModelBlock"];
export type PoolPreview = Schemas["PoolPreview"];
export type PoolStrategy = Schemas["PoolStrategy"];
export type PoolAffinity = Schemas["PoolAffinity"];
export type QuotaList = Schemas["QuotaList"];
export type ProviderQuota = Schemas["ProviderQuota"];
export type QuotaWindow = Schemas["QuotaWindow"];
export type WindowForecast = Schemas["WindowForecast"];
export type Decision = Schemas["Decision"];
export type Exclusion = Schemas["Exclusion"];
export type PoolRequest = Schemas["PoolRequest"];
export type PoolProviderCounts = Schemas["PoolProviderCounts"];
export type PoolHealthState = Schemas["PoolHealthState"];
export type Trace = Schemas["Trace"];
export type TraceStatus = Schemas["TraceStatus"];
export type Attempt = Schemas["Attempt"];
export type RequestDetail = Schemas["RequestDetail"];
export type RequestPage = Schemas["RequestPage"];
export type UpstreamIncident = Schemas["UpstreamIncident"];
export type PoolActivity = Schemas["ProviderPoolActivity"];
export type UsageReport = Schemas["UsageReport"];
export type UsageRow = Schemas["UsageRow"];
export type UsageCounters = Schemas["UsageCounters"];
/** The query of `GET /v1/requests`. */
export type RequestQuery = NonNullable<paths["/v1/requests"]["get"]["parameters"]["query"]>;

/** The query of `GET /v1/usage`. */
export type UsageQuery = NonNullable<paths["/v1/usage"]["get"]["parameters"]["query"]>;

/** `settings.codex_pool` of the owner; the document leaves settings open. */
export interface PoolSettings {
  strategy: PoolStrategy;
  affinity: PoolAffinity;
  extra_provider_names: string[];
  /** Who comes first in place of the owner; `null` gives the place back. */
  primary_provider_name?: string | null;
}

/** A message of a chat; the request itself is OpenAI's and not described by the document. */
export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}
