import type { Phase, RunEvent } from "@/api/loop";
import { type Block, runError, type Turn } from "./transcript";

function withText(blocks: Block[], kind: "thinking" | "text", phase: Phase, text: string, iteration: number) {
  const last = blocks.at(-1);
  const grows =
    last?.kind === kind && last.iteration === iteration && (last.kind !== "text" || last.phase === phase);
  if (grows) return [...blocks.slice(0, -1), { ...last, text: last.text + text }];
  const block: Block =
    kind === "text" ? { kind, phase, text, iteration } : { kind: "thinking", text, iteration };
  return [...blocks, block];
}

/** A step that is tried again says everything anew. */
function withoutStep(blocks: Block[], iteration: number): Block[] {
  return blocks.filter(
    (it) => !((it.kind === "text" || it.kind === "thinking") && it.iteration === iteration),
  );
}

/** The answer, also when its pieces did not come. */
function withAnswer(blocks: Block[], content: string): Block[] {
  const after = blocks.slice(blocks.findLastIndex(({ kind }) => kind === "tool" || kind === "user") + 1);
  const said = after.some((it) => it.kind === "text" && it.phase !== "commentary");
  return said || !content ? blocks : [...blocks, { kind: "text", phase: null, text: content, iteration: 0 }];
}

function ended({ startedAt }: Turn, { at }: RunEvent): Partial<Turn> {
  const durationMs = startedAt === null ? null : Date.parse(at) - startedAt;
  return { activity: null, retrying: null, durationMs };
}

/** What one event of its run makes of a turn. */
export function applyRunEvent(turn: Turn, event: RunEvent): Turn {
  switch (event.type) {
    case "run.started": {
      const user = turn.user ?? { text: event.message, images: [], seq: null };
      const startedAt = Date.parse(event.at);
      return { ...turn, user, state: "running", runId: event.run_id, model: event.model, startedAt };
    }
    case "activity": {
      if (event.phase === "message_queued" || event.phase === "message_injected") return turn;
      const activity = { phase: event.phase, tools: event.tools ?? [] };
      return { ...turn, activity, iteration: event.iteration ?? turn.iteration, retrying: null };
    }
    case "thinking":
      return { ...turn, blocks: withText(turn.blocks, "thinking", null, event.content, turn.iteration) };
    case "chunk": {
      const blocks = withText(turn.blocks, "text", event.phase ?? null, event.content, turn.iteration);
      return { ...turn, blocks };
    }
    case "tool.call": {
      const { id, name } = event;
      const call = { id, name, arguments: event.arguments, result: null, isError: null, durationMs: null };
      return { ...turn, blocks: [...turn.blocks, { kind: "tool", ...call }] };
    }
    case "tool.result": {
      const { result, is_error: isError, duration_ms: durationMs } = event;
      const blocks = turn.blocks.map((it) =>
        it.kind === "tool" && it.id === event.id ? { ...it, result, isError, durationMs } : it,
      );
      return { ...turn, blocks };
    }
    case "usage": {
      const { iteration, provider_name, request_id, ...usage } = event;
      const call = { iteration, provider: provider_name ?? null, requestId: request_id ?? null, usage };
      const served = provider_name && !turn.servedBy.includes(provider_name) ? [provider_name] : [];
      return {
        ...turn,
        calls: [...(turn.calls ?? []), call],
        servedBy: [...turn.servedBy, ...served],
      };
    }
    case "run.retrying": {
      const retrying = typeof event.error === "string" ? event.error : event.error.message;
      return { ...turn, retrying, blocks: withoutStep(turn.blocks, event.iteration) };
    }
    case "run.completed": {
      const { reason, usage, served_by: servedBy } = event;
      const blocks = withAnswer(turn.blocks, event.content);
      return { ...turn, ...ended(turn, event), state: "completed", blocks, reason, usage, servedBy };
    }
    case "run.failed": {
      // One whose process died goes on when somebody says so.
      const state = event.resumable ? "interrupted" : "failed";
      return { ...turn, ...ended(turn, event), state, error: runError(event.error) };
    }
    case "run.cancelled":
      return { ...turn, ...ended(turn, event), state: "cancelled" };
  }
}

/** Whether the turn's run is on. */
export function isOn({ state }: Pick<Turn, "state">): boolean {
  return state === "sent" || state === "running";
}
