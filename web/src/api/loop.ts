/**
 * Runs, conversations, tools and MCP servers, as the gateway's document will describe them. Written by hand
 * until it does: the types then come from `schema.d.ts`, and `LoopPaths` goes.
 */

export type RunStatus = "running" | "completed" | "failed" | "cancelled" | "interrupted";

export interface RunUsage {
  input_tokens: number;
  /** Of the input tokens. */
  cached_tokens: number;
  output_tokens: number;
  /** Of the output tokens. */
  reasoning_tokens: number;
  total_tokens?: number;
}

export interface RunError {
  code: string;
  message: string;
}

export interface Run {
  id: string;
  agent_key: string;
  session_id: string;
  session_key: string;
  status: RunStatus;
  /** Why a completed one ended: `finished`, or the limit it met. */
  reason?: string | null;
  error?: RunError | null;
  model: string;
  message: string;
  content?: string | null;
  iterations: number;
  usage: RunUsage;
  started_at: string;
  ended_at?: string | null;
  served_by: string[];
}

export interface RunInput {
  message: string;
  session_key?: string;
  stream?: boolean;
  model?: string;
  thinking_level?: string;
  /** Data or https URLs. */
  images?: string[];
}

export type Phase = "commentary" | "final_answer" | null;

interface EventBase {
  run_id: string;
  seq: number;
  at: string;
}

export type RunEvent = EventBase &
  (
    | {
        type: "run.started";
        agent_key: string;
        session_id: string;
        session_key: string;
        model: string;
        message: string;
      }
    | {
        type: "activity";
        phase: "thinking" | "tool_exec" | "compacting" | "message_queued";
        tools?: string[];
        iteration?: number;
      }
    | { type: "thinking"; content: string }
    | { type: "chunk"; content: string; phase?: Phase }
    | { type: "tool.call"; id: string; name: string; arguments: string }
    | {
        type: "tool.result";
        id: string;
        name: string;
        is_error: boolean;
        result: string;
        duration_ms: number;
      }
    | ({
        type: "usage";
        iteration: number;
        provider_name?: string | null;
        request_id?: string | null;
      } & RunUsage)
    | { type: "run.retrying"; iteration: number; error: RunError | string }
    | {
        type: "run.completed";
        content: string;
        reason: string;
        usage: RunUsage;
        iterations: number;
        served_by: string[];
      }
    | { type: "run.failed"; error: RunError }
    | { type: "run.cancelled" }
  );

/** A conversation that the gateway keeps. */
export interface Conversation {
  id: string;
  agent_key: string;
  session_key: string;
  title?: string | null;
  created_at: string;
  updated_at: string;
  item_count: number;
  usage: RunUsage;
  running_run_id?: string | null;
  /** Where the search found its words. */
  snippet?: string | null;
}

export interface ConversationItem {
  seq: number;
  /** In the Responses dialect. */
  item: Record<string, unknown>;
  provider_name?: string | null;
  run_id?: string | null;
  created_at: string;
}

export interface Compaction {
  /** The last item that the summary covers. */
  upto_seq: number;
  summary: string;
  created_at: string;
}

export interface Tool {
  name: string;
  description: string;
  parameters: unknown;
  /** `builtin` or `mcp:<server>`. */
  source: string;
  enabled: boolean;
  /** Why it is not enabled. */
  reason?: string | null;
}

export type McpTransport = "stdio" | "streamable_http";
export type McpState = "connected" | "connecting" | "failed" | "disabled";

export interface McpServerInput {
  name: string;
  transport: McpTransport;
  enabled: boolean;
  command?: string;
  args?: string[];
  /** `***` keeps the value that is stored. */
  env?: Record<string, string>;
  url?: string;
  headers?: Record<string, string>;
  timeout_seconds?: number;
}

/** One thing that is wrong with a refused server. */
export interface McpViolation {
  /** `command`, `env.TOKEN` … */
  field: string;
  message: string;
}

export interface McpServer {
  /** `null` for a server of the configuration file. */
  id: string | null;
  name: string;
  transport: McpTransport;
  command?: string | null;
  args?: string[] | null;
  /** The values are `***`. */
  env?: Record<string, string> | null;
  url?: string | null;
  headers?: Record<string, string> | null;
  enabled: boolean;
  /** Of a connection, a list of the tools and a call, each. */
  timeout_seconds?: number;
  managed_by: "database" | "file";
  status: { state: McpState; error?: string | null; since?: string | null; tool_count: number };
  tools: { name: string; description?: string | null }[];
  created_at?: string | null;
  updated_at?: string | null;
}

type Json<T> = { content: { "application/json": T } };
type Asked<Query, Path> = { query?: Query; header?: never; path: Path; cookie?: never };

interface Read<Answer, Query = never, Path = never> {
  parameters: [Path] extends [never] ? { query?: Query } : Asked<Query, Path>;
  requestBody?: never;
  responses: { 200: { headers: Record<string, unknown> } & Json<Answer> };
}

interface Write<Answer, Body, Path = never> {
  parameters: [Path] extends [never] ? { query?: never } : Asked<never, Path>;
  requestBody: [Body] extends [never] ? never : Json<Body>;
  responses: { 200: { headers: Record<string, unknown> } & Json<Answer> };
}

interface Act<Answer, Path> {
  parameters: Asked<never, Path>;
  requestBody?: never;
  responses: { 200: { headers: Record<string, unknown> } & Json<Answer> };
}

interface Id {
  id: string;
}

interface Page {
  limit?: number;
  before?: string;
}

export interface LoopPaths {
  "/v1/agents/{id}/runs": { post: Write<Run, RunInput, Id> };
  "/v1/runs": {
    get: Read<
      { runs: Run[]; next_before?: string | null },
      Page & { agent?: string; session?: string; status?: RunStatus }
    >;
  };
  "/v1/runs/{id}": { get: Read<Run, never, Id> };
  "/v1/runs/{id}/events": { get: Read<string, { after?: number }, Id> };
  "/v1/runs/{id}/cancel": { post: Act<{ status: string }, Id> };
  "/v1/runs/{id}/resume": { post: Write<Run, { stream?: boolean }, Id> };
  "/v1/sessions": {
    get: Read<
      { sessions: Conversation[]; next_before?: string | null },
      Page & { agent?: string; q?: string }
    >;
  };
  "/v1/sessions/{id}": {
    get: Read<Conversation, never, Id>;
    patch: Write<Conversation, { title: string }, Id>;
    delete: Act<unknown, Id>;
  };
  "/v1/sessions/{id}/items": {
    get: Read<
      { items: ConversationItem[]; next_after?: number | null; compactions: Compaction[] },
      { after?: number; limit?: number },
      Id
    >;
  };
  "/v1/sessions/{id}/export": { get: Read<string, { format: "json" | "markdown" }, Id> };
  "/v1/sessions/{id}/rewind": { post: Write<unknown, { before_seq: number }, Id> };
  "/v1/tools": { get: Read<{ tools: Tool[] }> };
  "/v1/mcp/servers": { get: Read<{ servers: McpServer[] }>; post: Write<McpServer, McpServerInput> };
  "/v1/mcp/servers/{id}": { put: Write<McpServer, McpServerInput, Id>; delete: Act<unknown, Id> };
  "/v1/mcp/servers/{id}/reconnect": { post: Act<unknown, Id> };
}
