import type { ChatAsk } from "@/api/chat";
import type { ChatEvent, ChatUsage, ToolCallPart } from "@/api/chatEvents";
import type { ChatMessage } from "@/api/types";

/** A tool that the model asked for. */
export interface ToolCall {
  index: number;
  name: string;
  /** JSON, as far as it has come. */
  arguments: string;
}

/** One question and its answer. */
export interface Turn {
  id: number;
  question: string;
  model: string;
  thinking: string;
  answer: string;
  tools: ToolCall[];
  state: "streaming" | "done" | "stopped" | "failed";
  /** How the model said it ended: `stop`, `length` … */
  finish: string | null;
  error: unknown;
  servedBy: string | null;
  servedModel: string | null;
  usage: ChatUsage | null;
  durationMs: number | null;
}

export function newTurn(id: number, question: string, model: string): Turn {
  return {
    id,
    question,
    model,
    thinking: "",
    answer: "",
    tools: [],
    state: "streaming",
    finish: null,
    error: null,
    servedBy: null,
    servedModel: null,
    usage: null,
    durationMs: null,
  };
}

function withToolPart(tools: ToolCall[], part: ToolCallPart): ToolCall[] {
  if (!tools.some(({ index }) => index === part.index)) return [...tools, part];
  return tools.map((tool) =>
    tool.index === part.index
      ? { ...tool, name: tool.name + part.name, arguments: tool.arguments + part.arguments }
      : tool,
  );
}

export function applyEvent(turn: Turn, event: ChatEvent): Turn {
  switch (event.kind) {
    case "text":
      return { ...turn, answer: turn.answer + event.text };
    case "thinking":
      return { ...turn, thinking: turn.thinking + event.text };
    case "tool":
      return { ...turn, tools: withToolPart(turn.tools, event.part) };
    case "served":
      return { ...turn, servedModel: event.model };
    case "usage":
      return { ...turn, usage: event.usage };
    case "finish":
      return { ...turn, finish: event.reason };
    case "error":
      return { ...turn, state: "failed", error: event.error };
    case "done":
      return turn.state === "streaming" ? { ...turn, state: "done" } : turn;
  }
}

/** A stream that ends without saying so was cut off: never shown as a complete answer. */
export function closeTurn(turn: Turn, cutOff: Error): Turn {
  if (turn.state !== "streaming") return turn;
  return turn.finish === null ? { ...turn, state: "failed", error: cutOff } : { ...turn, state: "done" };
}

/** What is sent for the next question: the conversation as the page has it, without failed turns. */
export function nextAsk(earlier: readonly Turn[], question: string, model: string): ChatAsk {
  const said = earlier
    .filter((turn) => turn.answer !== "" && turn.state !== "failed")
    .flatMap((turn): ChatMessage[] => [
      { role: "user", content: turn.question },
      { role: "assistant", content: turn.answer },
    ]);
  return { model, messages: [...said, { role: "user", content: question }] };
}
