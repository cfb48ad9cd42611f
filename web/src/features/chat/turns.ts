import type { ChatEvent, ChatUsage } from "@/api/chatEvents";
import type { ChatMessage } from "@/api/types";

/** One question and its answer. */
export interface Turn {
  id: number;
  question: string;
  model: string;
  thinking: string;
  answer: string;
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
    state: "streaming",
    finish: null,
    error: null,
    servedBy: null,
    servedModel: null,
    usage: null,
    durationMs: null,
  };
}

export function applyEvent(turn: Turn, event: ChatEvent): Turn {
  switch (event.kind) {
    case "text":
      return { ...turn, answer: turn.answer + event.text };
    case "thinking":
      return { ...turn, thinking: turn.thinking + event.text };
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

/** The conversation as the model shall see it: failed turns are left out. */
export function toMessages(turns: readonly Turn[], question: string): ChatMessage[] {
  const said = turns
    .filter((turn) => turn.answer !== "" && turn.state !== "failed")
    .flatMap((turn): ChatMessage[] => [
      { role: "user", content: turn.question },
      { role: "assistant", content: turn.answer },
    ]);
  return [...said, { role: "user", content: question }];
}
