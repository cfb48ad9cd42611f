import type { Conversation, ConversationItem, Phase, Run, RunError, RunUsage } from "@/api/loop";

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

type Part = Record<string, unknown>;

function parts(content: unknown): Part[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return Array.isArray(content)
    ? content.filter((it): it is Part => typeof it === "object" && it !== null)
    : [];
}

function textOf(content: unknown): string {
  return parts(content)
    .map(({ text, refusal }) => text ?? refusal)
    .filter((it) => typeof it === "string")
    .join("");
}

function imagesOf(content: unknown): string[] {
  return parts(content)
    .map(({ image_url }) => (image_url as Part | null)?.url ?? image_url)
    .filter((it) => typeof it === "string");
}

function phaseOf(value: unknown): Phase {
  return value === "commentary" || value === "final_answer" ? value : null;
}

const plain = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);

/** The output of a tool, which may be a list of parts. */
function outputOf(value: unknown): string {
  const text = Array.isArray(value) ? textOf(value) : "";
  return text || plain(value);
}

function withItem(blocks: Block[], item: Part): Block[] {
  switch (item.type) {
    case "reasoning": {
      const text = [...parts(item.summary), ...parts(item.content)].map((it) => plain(it.text)).join("\n\n");
      return text.trim() ? [...blocks, { kind: "thinking", text, iteration: 0 }] : blocks;
    }
    case "function_call": {
      const call = { id: plain(item.call_id), name: plain(item.name), arguments: plain(item.arguments) };
      return [...blocks, { kind: "tool", ...call, result: null, isError: null, durationMs: null }];
    }
    case "function_call_output":
      return blocks.map((it) =>
        it.kind === "tool" && it.id === item.call_id ? { ...it, result: outputOf(item.output) } : it,
      );
    case "message": {
      const text = textOf(item.content);
      if (item.role !== "assistant" || !text) return blocks;
      return [...blocks, { kind: "text", phase: phaseOf(item.phase), text, iteration: 0 }];
    }
    default:
      return blocks;
  }
}

/** What the user said. */
export function messageOf({ item, seq }: ConversationItem): UserMessage {
  return { text: textOf(item.content), images: imagesOf(item.content), seq };
}

export const isUser = ({ item }: ConversationItem) =>
  item.role === "user" && (item.type === "message" || item.type === undefined);

function factsOf(run: Run): Partial<Turn> {
  const ended = run.ended_at ? Date.parse(run.ended_at) - Date.parse(run.started_at) : null;
  return {
    state: run.status,
    error: run.status === "failed" ? runError(run.error) : null,
    reason: run.reason ?? null,
    model: run.model,
    startedAt: Date.parse(run.started_at),
    usage: run.usage,
    servedBy: run.served_by,
    durationMs: ended,
  };
}

/** The stored conversation, one turn a message of the user; what a run came to stands at its last turn. */
export function turnsOf(items: readonly ConversationItem[], runs: readonly Run[]): Turn[] {
  const turns: Turn[] = [];
  for (const stored of items) {
    const { item, seq, provider_name } = stored;
    const runId = stored.run_id ?? null;
    if (isUser(stored)) {
      turns.push(newTurn(`item-${seq}`, messageOf(stored), { runId }));
      continue;
    }
    // What stands before the first message, such as instructions, is not part of the talk.
    const turn = turns.at(-1);
    if (!turn) continue;
    turn.blocks = withItem(turn.blocks, item);
    turn.runId = runId ?? turn.runId;
    if (provider_name && !turn.servedBy.includes(provider_name))
      turn.servedBy = [...turn.servedBy, provider_name];
  }
  for (const run of runs) {
    const turn = turns.findLast(({ runId }) => runId === run.id);
    if (turn) Object.assign(turn, factsOf(run));
  }
  return turns;
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
