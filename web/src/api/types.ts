import type { Trace } from "./pool-types";
import type { components } from "./schema";

export type {
  Attempt,
  Credits,
  Decision,
  Exclusion,
  PoolActivity,
  PoolAffinity,
  PoolHealthState,
  PoolProviderCounts,
  PoolRequest,
  PoolSettings,
  PoolStrategy,
  Provider,
  ProviderPool,
  ProviderQuota,
  ProviderState,
  ProviderStatus,
  QuotaList,
  QuotaWindow,
  RequestDetail,
  RequestPage,
  RequestQuery,
  Trace,
  Violation,
  WindowForecast,
} from "./pool-types";

type Schemas = components["schemas"];

export type ErrorBody = Schemas["ErrorBody"];
export type Session = Schemas["Session"];
export type Role = Schemas["Role"];
export type Overview = Schemas["Overview"];
export type Checklist = Schemas["Checklist"];
export type TraceStatus = Trace["status"];
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
/** A message of a chat; the request itself is OpenAI's and not described by the document. */
export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}
