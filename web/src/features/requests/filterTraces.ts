import type { Trace } from "@/api/types";
import type { RequestsSearch } from "@/routes/search";

function touched(trace: Trace, account: string): boolean {
  return trace.provider_name === account || trace.attempts.some((it) => it.provider_name === account);
}

/** The requests that match; an account matches where it served and where it was only tried. */
export function filterTraces(traces: Trace[], { status, account }: RequestsSearch): Trace[] {
  return traces.filter(
    (trace) => (!status || trace.status === status) && (!account || touched(trace, account)),
  );
}

/** Every account that stands in these requests, by name. */
export function accountsOf(traces: Trace[]): string[] {
  const names = traces.flatMap((it) => [
    it.provider_name,
    ...it.attempts.map((attempt) => attempt.provider_name),
  ]);
  return [...new Set(names.filter((name) => name != null))].sort();
}
