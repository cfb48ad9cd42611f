import createClient, { type Middleware } from "openapi-fetch";
import { setReachable } from "./connection";
import { ConnectionError, toApiError } from "./errors";
import type { paths } from "./schema";
import { chosenTenant } from "./tenant";

const READS = new Set(["GET", "HEAD", "OPTIONS"]);
const PROXY_ERRORS = new Set([502, 503, 504]);

type Listener = () => void;
const unauthorized = new Set<Listener>();

/** Calls `listener` whenever the gateway says that this browser is signed out. */
export function onUnauthorized(listener: Listener): () => void {
  unauthorized.add(listener);
  return () => unauthorized.delete(listener);
}

/** A refusal of these is about what was sent, and says nothing of this browser's session. */
const OF_THEIR_OWN = new Set(["/v1/auth/session", "/v1/auth/sign-in", "/v1/account/totp/confirm", "/v1/me"]);
const INVITED = new Set(["/v1/invitations/by-token", "/v1/invitations/accept", "/v1/auth/methods"]);

let invitation: string | null = null;

/** Signs an account in as the holder of an invitation may, without a session; `null` ends it. */
export function actByInvitation(token: string | null) {
  invitation = token;
}

const gateway: Middleware = {
  onRequest({ request, schemaPath }) {
    if (!READS.has(request.method)) request.headers.set("X-Gateway-Csrf", "1");
    const bearer = request.headers.has("authorization");
    const tenant = chosenTenant();
    if (tenant !== null && !bearer && !INVITED.has(schemaPath) && invitation === null)
      request.headers.set("X-Gateway-Tenant-Id", tenant);
    if (invitation !== null && schemaPath.startsWith("/v1/auth/chatgpt/"))
      request.headers.set("X-Gateway-Invitation", invitation);
    return request;
  },
  onResponse({ response, schemaPath }) {
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    // A proxy in front of a stopped gateway answers with a page of its own.
    setReachable(isJson || !PROXY_ERRORS.has(response.status));
    if (response.status === 401 && !OF_THEIR_OWN.has(schemaPath) && !INVITED.has(schemaPath)) {
      for (const listener of unauthorized) listener();
    }
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return error;
    setReachable(false);
    return new ConnectionError(String(error));
  },
};

export const client = createClient<paths>({
  // Resolved at call time: the page's own origin, also behind a proxy.
  baseUrl: globalThis.location?.origin ?? "",
  credentials: "same-origin",
  fetch: (request) => globalThis.fetch(request),
});
client.use(gateway);

/** Seconds; the header's other form, a date, is not ours. */
function retryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of a successful answer; throws `ApiError` for any other. */
export async function unwrap<T>(pending: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await pending;
  if (!response.ok) throw toApiError(response.status, error, retryAfter(response));
  return data as T;
}
