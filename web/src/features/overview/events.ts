import type { Provider, Trace } from "@/api/types";
import { failedBefore } from "../requests/route";

/** Something that happened lately. */
export type Happened =
  | { key: string; at: string; kind: "request"; trace: Trace; failed: string[] }
  | { key: string; at: string; kind: "state"; provider: Provider };

/** The newest requests, and the accounts that became unable to serve; the newest first. */
export function happenedLately(
  traces: readonly Trace[],
  providers: readonly Provider[],
  limit: number,
): Happened[] {
  const requests = traces.map(
    (trace): Happened => ({
      key: trace.id,
      at: trace.started_at,
      kind: "request",
      trace,
      failed: failedBefore(trace),
    }),
  );
  const states = providers
    .filter(({ status }) => status.state !== "ready")
    .map(
      (provider): Happened => ({
        key: `state/${provider.id}`,
        at: provider.status.since,
        kind: "state",
        provider,
      }),
    );
  const time = ({ at }: Happened) => Date.parse(at);
  return [...requests, ...states].sort((a, b) => time(b) - time(a)).slice(0, limit);
}
