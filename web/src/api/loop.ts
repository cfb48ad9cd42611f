import type { components } from "./schema";

/** Runs, conversations, tools and MCP servers. */
type Schemas = components["schemas"];

export type RunStatus = Schemas["RunStatus"];
export type RunUsage = Schemas["Tokens"];
export type RunError = Schemas["RunFault"];
export type Run = Schemas["Run"];
export type RunInput = Schemas["NewRun"];
export type Conversation = Schemas["Conversation"];
export type ConversationItem = Schemas["SessionItem"];
export type Compaction = Schemas["Compaction"];
export type Tool = Schemas["Tool"];
export type McpServer = Schemas["McpServer"];
export type McpServerInput = Schemas["McpServerInput"];

export type McpTransport = "stdio" | "streamable_http";
export type McpState = "connected" | "connecting" | "failed" | "disabled";

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
        phase: "thinking" | "tool_exec" | "compacting" | "message_queued" | "message_injected";
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
    | { type: "run.failed"; error: RunError; resumable?: boolean }
    | { type: "run.cancelled" }
  );
