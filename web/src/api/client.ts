import createClient, { type Middleware } from "openapi-fetch";
import { setReachable } from "./connection";
import { ConnectionError, toApiError } from "./errors";
import type { LoopPaths } from "./loop";
import type { paths } from "./schema";

const READS = new Set(["GET", "HEAD", "OPTIONS"]);
const PROXY_ERRORS = new Set([502, 503, 504]);

type Listener = () => void;
const unauthorized = new Set<Listener>();

/** Calls `listener` whenever the gateway says that this browser is signed out. */
export function onUnauthorized(listener: Listener): () => void {
  unauthorized.add(listener);
  return () => unauthorized.delete(listener);
}

const gateway: Middleware = {
  onRequest({ request }) {
    if (!READS.has(request.method)) request.headers.set("X-Gateway-Csrf", "1");
    return request;
  },
  onResponse({ response, schemaPath }) {
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    // A proxy in front of a stopped gateway answers with a page of its own.
    setReachable(isJson || !PROXY_ERRORS.has(response.status));
    if (response.status === 401 && schemaPath !== "/v1/auth/session") {
      for (const listener of unauthorized) listener();
    }
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return error;
    setReachable(false);
    return new ConnectionError(String(error));
  },
};

export const client = createClient<paths & LoopPaths>({
  // Resolved at call time: the page's own origin, also behind a proxy.
  baseUrl: globalThis.location?.origin ?? "",
  credentials: "same-origin",
  fetch: (request) => globalThis.fetch(request),
});
client.use(gateway);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of a successful answer; throws `ApiError` for any other. */
export async function unwrap<T>(pending: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await pending;
  if (!response.ok) throw toApiError(response.status, error);
  return data as T;
}
