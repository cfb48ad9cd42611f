import { ApiError } from "@/api/errors";
import type { RunEvent } from "@/api/loop";
import { isTerminal } from "@/api/runEvents";
import { fetchRun, followRun, type RunStream } from "@/api/runs";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;

/** Whether the events come; `lost` while the feed tries to reach the gateway again. */
export type Link = "live" | "lost";

interface Feed {
  /** The run's first stream: of starting, resuming or following it. */
  open: () => Promise<RunStream>;
  signal: AbortSignal;
  onLink: (link: Link) => void;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** A refusal stays one; a gateway that restarts, or is out of reach, comes back. */
const isFinal = (error: unknown) => error instanceof ApiError && error.status < 500 && error.status !== 429;

/**
 * The events of one run, each once, to its terminal event. A connection that breaks is made again from where it
 * broke, with growing pauses. Ends without a terminal event where the run has none: its process died.
 */
export async function* runFeed({ open, signal, onLink }: Feed): AsyncGenerator<RunEvent> {
  let run: string | null = null;
  let last: number | null = null;
  let failures = 0;
  let next = open;
  for (;;) {
    let broken: unknown = null;
    try {
      if (failures > 0 && run !== null && (await fetchRun(run, signal)).status === "interrupted") return;
      for await (const event of await next()) {
        if (last !== null && event.seq <= last) continue;
        run = event.run_id;
        last = event.seq;
        failures = 0;
        onLink("live");
        yield event;
        if (isTerminal(event)) return;
      }
    } catch (error) {
      broken = error;
    }
    signal.throwIfAborted();
    if (broken !== null && (run === null || isFinal(broken))) throw broken;
    if (run === null) return;
    const [id, after] = [run, last];
    next = () => followRun(id, after, signal);
    onLink("lost");
    await pause(Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS), signal);
    failures += 1;
  }
}
