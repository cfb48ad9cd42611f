import type { ConversationItem, Phase, Run } from "@/api/loop";
import { type Block, newTurn, runError, type Turn, type UserMessage } from "./transcript";

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
