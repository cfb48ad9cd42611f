import type { Trace } from "@/api/types";
import { useFault } from "@/features/errors/useFault";

/** What went wrong first, in a few words; the code where the page has none. */
export function TraceFault({ trace }: { trace: Trace }) {
  const words = useFault()({ cause: trace.cause, code: trace.error_code });
  const text = words?.title ?? trace.error_code ?? trace.cause;
  if (!text) return <span className="text-muted">–</span>;
  return (
    <span className="inline-block first-letter:uppercase" title={words?.help}>
      {text}
    </span>
  );
}
