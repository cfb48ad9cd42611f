import { vi } from "vitest";

export interface Call {
  route: string;
  query: URLSearchParams;
  headers: Headers;
  signal: AbortSignal;
  body: unknown;
}

type Answer = Response | Promise<Response>;
type Handler = (call: Call) => Answer;

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}

/** A stream of server-sent events, one chunk a string, that then ends. */
export function eventStream(chunks: string[], headers: Record<string, string> = {}): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream", ...headers } });
}

/**
 * Answers the calls to the gateway's routes ("GET /v1/overview") and records them. A route that is
 * not named answers 404.
 */
export function stubGateway(routes: Record<string, Handler>): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const text = await request.clone().text();
    const url = new URL(request.url);
    const route = `${request.method} ${url.pathname}`;
    const call = {
      route,
      query: url.searchParams,
      headers: request.headers,
      signal: request.signal,
      body: text ? JSON.parse(text) : undefined,
    };
    calls.push(call);
    const handler = routes[route];
    return handler ? handler(call) : json({ error: `no stub for ${route}`, code: "not_found" }, 404);
  });
  return calls;
}
