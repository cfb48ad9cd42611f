import { client, unwrap } from "./client";
import { ConnectionError, toApiError } from "./errors";
import type { Run, RunEvent, RunInput } from "./loop";
import { readRunEvent } from "./runEvents";
import { eventData } from "./sse";

/** With heartbeats every few seconds, a stream that is silent for so long is dead. */
const SILENT_MS = 60_000;

const at = (id: string) => ({ path: { id } });

export type RunStream = AsyncGenerator<RunEvent>;

interface Answer {
  data?: ReadableStream<Uint8Array> | null;
  error?: unknown;
  response: Response;
}

async function* events(body: ReadableStream<Uint8Array>): RunStream {
  for await (const data of eventData(body, SILENT_MS)) {
    const event = readRunEvent(data);
    if (event) yield event;
  }
}

async function streamOf(pending: Promise<Answer>): Promise<RunStream> {
  const { data, error, response } = await pending;
  if (!response.ok) throw toApiError(response.status, error);
  if (!data) throw new ConnectionError("the answer has no body");
  return events(data);
}

/** Says something to an agent. Where its conversation is busy, the stream is the one of the run that is on. */
export function startRun(
  agent: string,
  input: Omit<RunInput, "stream">,
  signal: AbortSignal,
): Promise<RunStream> {
  const body = { ...input, stream: true };
  return streamOf(
    client.POST("/v1/agents/{id}/runs", { params: at(agent), body, parseAs: "stream", signal }),
  );
}

/** The events of a run after `after` (all of them without it), and what follows while it is on. */
export function followRun(id: string, after: number | null, signal: AbortSignal): Promise<RunStream> {
  const params = { ...at(id), query: after === null ? {} : { after } };
  return streamOf(client.GET("/v1/runs/{id}/events", { params, parseAs: "stream", signal }));
}

/** Goes on with a run whose process died. */
export function resumeRun(id: string, signal: AbortSignal): Promise<RunStream> {
  const body = { stream: true };
  return streamOf(client.POST("/v1/runs/{id}/resume", { params: at(id), body, parseAs: "stream", signal }));
}

export async function cancelRun(id: string): Promise<void> {
  await unwrap(client.POST("/v1/runs/{id}/cancel", { params: at(id) }));
}

export function fetchRun(id: string, signal?: AbortSignal): Promise<Run> {
  return unwrap(client.GET("/v1/runs/{id}", { params: at(id), signal }));
}

const MOST_RUNS = 100;

/** The newest runs of a conversation. */
export async function fetchRunsOf(session: string, signal?: AbortSignal): Promise<Run[]> {
  const params = { query: { session, limit: MOST_RUNS } };
  return (await unwrap(client.GET("/v1/runs", { params, signal }))).runs;
}
