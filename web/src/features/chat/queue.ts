import type { ConversationItem } from "@/api/loop";
import { isUser, messageOf } from "./storedTurns";
import type { UserMessage } from "./transcript";

/** A message that was said while a run was on. */
export interface Queued {
  id: string;
  message: UserMessage;
  /** `taken`: a step began since, and shows it; the stored conversation has the last word. */
  state: "sending" | "queued" | "taken" | "not_taken" | "failed";
  error: unknown;
}

/** After the run: what the stored conversation has of the queue leaves it, the rest was not taken. */
export function settle(
  queue: readonly Queued[],
  items: readonly ConversationItem[],
  run: string | null,
): Queued[] {
  // The first message is the one that the run began with.
  const [, ...said] = items.filter((it) => isUser(it) && it.run_id === run).map((it) => messageOf(it).text);
  return queue.flatMap((it) => {
    if (it.state !== "queued" && it.state !== "taken") return [it];
    const place = said.indexOf(it.message.text);
    if (place < 0) return [{ ...it, state: "not_taken" as const }];
    said.splice(place, 1);
    return [];
  });
}
