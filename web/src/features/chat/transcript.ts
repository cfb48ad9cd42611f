import type { Conversation, Phase, RunError, RunUsage } from "@/api/loop";

export interface UserMessage {
  text: string;
  /** Data or https URLs. */
  images: string[];
  /** Its place in the stored conversation; `null` before it is known. */
  seq: number | null;
}

export interface TextBlock {
  kind: "text";
  phase: Phase;
  text: string;
  iteration: number;
}

export interface ThinkingBlock {
  kind: "thinking";
  text: string;
  iteration: number;
}

export interface ToolBlock {
  kind: "tool";
  id: string;
  name: string;
  /** JSON, mostly. */
  arguments: string;
  /** `null` until it is there. */
  result: string | null;
  /** What the stored conversation does not know is `null`. */
  isError: boolean | null;
  durationMs: number | null;
}

/** What was said while the run was on. */
export interface UserBlock {
  kind: "user";
  message: UserMessage;
}

export type Block = TextBlock | ThinkingBlock | ToolBlock | UserBlock;

/** One time that the agent asked its model. */
export interface ModelCall {
  iteration: number;
  provider: string | null;
  requestId: string | null;
  usage: RunUsage;
}

export interface Activity {
  phase: "thinking" | "tool_exec" | "compacting";
  tools: string[];
}

/** `sent`: the gateway has not answered yet. */
export type TurnState = "sent" | "running" | "completed" | "failed" | "cancelled" | "interrupted";

/** One message to an agent and what it did about it. */
export interface Turn {
  id: string;
  user: UserMessage | null;
  blocks: Block[];
  state: TurnState;
  runId: string | null;
  model: string | null;
  activity: Activity | null;
  iteration: number;
  /** The step that failed and is tried again. */
  retrying: string | null;
  /** An error of the run, or of starting it. */
  error: unknown;
  reason: string | null;
  /** `null` where the stored conversation does not tell: the run's events do. */
  calls: ModelCall[] | null;
  usage: RunUsage | null;
  servedBy: string[];
  /** In milliseconds since 1970, as the gateway counts. */
  startedAt: number | null;
  durationMs: number | null;
}

export function newTurn(id: string, user: UserMessage | null, change: Partial<Turn> = {}): Turn {
  return {
    id,
    user,
    blocks: [],
    state: "completed",
    runId: null,
    model: null,
    activity: null,
    iteration: 0,
    retrying: null,
    error: null,
    reason: null,
    calls: null,
    usage: null,
    servedBy: [],
    startedAt: null,
    durationMs: null,
    ...change,
  };
}

/** An error of a run, as the page shows errors. */
export function runError(error: RunError | null | undefined): Error | null {
  return error ? new Error(error.message || error.code) : null;
}

/** What the agent said in the end, for copying. */
export function answerOf(turn: Turn): string {
  const texts = turn.blocks.filter((it) => it.kind === "text");
  const final = texts.filter(({ phase }) => phase !== "commentary");
  return (final.length > 0 ? final : texts).map(({ text }) => text).join("\n\n");
}

/** A conversation's name; the gateway may not have one yet. */
export function titleOf({ title, session_key }: Pick<Conversation, "title" | "session_key">): string {
  return title?.trim() || session_key;
}
