import { useQuery } from "@tanstack/react-query";
import type { RunEvent } from "@/api/loop";
import { isTerminal } from "@/api/runEvents";
import { followRun } from "@/api/runs";
import { keys } from "./keys";

async function allEvents(id: string, signal: AbortSignal): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of await followRun(id, null, signal)) {
    events.push(event);
    if (isTerminal(event)) break;
  }
  return events;
}

/** All that happened in a run that is over; asks nothing while `id` is `null`. */
export function useRunEvents(id: string | null) {
  return useQuery({
    queryKey: keys.runEvents(id ?? ""),
    queryFn: ({ signal }) => allEvents(id ?? "", signal),
    enabled: id !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
