import { type ApiError, toApiError } from "./errors";

export interface ChatUsage {
  inputTokens: number;
  outputTokens: number;
}

/** A piece of a tool call; the pieces of one call share its index. */
export interface ToolCallPart {
  index: number;
  name: string;
  arguments: string;
}

/** What one chunk of a streamed chat answer says. */
export type ChatEvent =
  | { kind: "text"; text: string }
  | { kind: "thinking"; text: string }
  | { kind: "tool"; part: ToolCallPart }
  | { kind: "finish"; reason: string }
  | { kind: "served"; model: string }
  | { kind: "usage"; usage: ChatUsage }
  | { kind: "error"; error: ApiError }
  | { kind: "done" };

interface ToolCallDelta {
  index?: number;
  function?: { name?: string | null; arguments?: string | null } | null;
}

interface Chunk {
  model?: string;
  error?: unknown;
  choices?: {
    delta?: {
      content?: string | null;
      reasoning_content?: string | null;
      tool_calls?: ToolCallDelta[] | null;
    };
    finish_reason?: string | null;
  }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
}

function readToolCall(call: ToolCallDelta, place: number): ChatEvent {
  const { name, arguments: text } = call.function ?? {};
  return { kind: "tool", part: { index: call.index ?? place, name: name ?? "", arguments: text ?? "" } };
}

function parse(data: string): Chunk | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    return null;
  }
}

/** Reads one event of a chat stream. What it does not know, it leaves out. */
export function readChatEvent(data: string): ChatEvent[] {
  if (data.trim() === "[DONE]") return [{ kind: "done" }];
  const chunk = parse(data);
  if (!chunk) return [];
  if (chunk.error != null) return [{ kind: "error", error: toApiError(0, chunk) }];
  const events: ChatEvent[] = [];
  if (chunk.model) events.push({ kind: "served", model: chunk.model });
  const choice = chunk.choices?.[0];
  if (choice?.delta?.reasoning_content)
    events.push({ kind: "thinking", text: choice.delta.reasoning_content });
  if (choice?.delta?.content) events.push({ kind: "text", text: choice.delta.content });
  events.push(...(choice?.delta?.tool_calls ?? []).map(readToolCall));
  if (choice?.finish_reason) events.push({ kind: "finish", reason: choice.finish_reason });
  if (chunk.usage) {
    const { prompt_tokens = 0, completion_tokens = 0 } = chunk.usage;
    events.push({ kind: "usage", usage: { inputTokens: prompt_tokens, outputTokens: completion_tokens } });
  }
  return events;
}
