import { isOn } from "./applyRunEvent";
import type { ToolBlock, Turn, UserMessage } from "./transcript";

/** The message as it was stored knows its place and its pictures. */
function withStored(user: UserMessage | null, stored: UserMessage | null | undefined): UserMessage | null {
  if (!user || !stored) return stored ?? user;
  return { ...user, seq: stored.seq, images: user.images.length > 0 ? user.images : stored.images };
}

/** What the run's events told and the stored conversation does not know. */
function withLive(stored: Turn, live: Turn, last: boolean): Turn {
  const tools = new Map(live.blocks.flatMap((it) => (it.kind === "tool" ? [[it.id, it] as const] : [])));
  const known = (it: ToolBlock): ToolBlock => {
    const { isError = null, durationMs = null } = tools.get(it.id) ?? {};
    return { ...it, isError, durationMs };
  };
  const blocks = stored.blocks.map((it) => (it.kind === "tool" ? known(it) : it));
  if (!last) return { ...stored, blocks };
  return { ...stored, blocks, calls: live.calls, durationMs: stored.durationMs ?? live.durationMs };
}

/**
 * The stored conversation with the run that this page follows. While it is on, its events say more than what is
 * stored of it; once it is over, the stored items take their place.
 */
export function mergeTurns(stored: readonly Turn[], live: Turn | null): readonly Turn[] {
  if (!live) return stored;
  const its = stored.filter(({ runId }) => runId !== null && runId === live.runId);
  const whole = its.some(({ blocks }) => blocks.length > 0) && its.at(-1)?.state !== "running";
  if (!isOn(live) && whole)
    return stored.map((it) => (its.includes(it) ? withLive(it, live, it === its.at(-1)) : it));
  const others = stored.filter((it) => !its.includes(it));
  return [...others, { ...live, user: withStored(live.user, its[0]?.user) }];
}
