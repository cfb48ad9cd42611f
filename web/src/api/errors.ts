import type { ErrorBody } from "./types";

/** The gateway answered, and the answer was a refusal. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    message: string,
    readonly status: number,
    readonly code: string | null,
    readonly requestId: string | null,
    readonly body: unknown,
    /** Seconds until asking again makes sense. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

/** The gateway did not answer at all. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Reads both shapes: the admin API's `{error: text}` and OpenAI's `{error: {message, code}}`. */
export function toApiError(status: number, body: unknown, retryAfter: number | null = null): ApiError {
  const outer: Partial<Record<keyof ErrorBody, unknown>> = isRecord(body) ? body : {};
  const inner = isRecord(outer.error) ? outer.error : {};
  const message = text(outer.error) ?? text(inner.message) ?? `HTTP ${status}`;
  const code = text(outer.code) ?? text(inner.code) ?? text(inner.type);
  return new ApiError(message, status, code, text(outer.request_id), body, retryAfter);
}
