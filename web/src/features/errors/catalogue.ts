/** By which code or cause a failure is known, and the entry of the catalogue that has words for it. */
const CODES = {
  // Causes, as the gateway sorts an attempt's failure.
  client: "client",
  connection: "connection",
  timeout: "timeout",
  server_error: "server_error",
  overload: "overload",
  broken_stream: "broken_stream",
  empty_answer: "empty_answer",
  blocked: "blocked",
  usage_limit: "usage_limit",
  rate_limit: "rate_limit",
  spend_limit: "spend_limit",
  not_included: "not_included",
  payment_required: "payment_required",
  forbidden: "forbidden",
  model_not_in_plan: "model_not_in_plan",
  unauthorized: "unauthorized",
  needs_reauth: "needs_reauth",
  token_unavailable: "token_unavailable",
  foreign_content: "foreign_content",
  // Codes of a refusal.
  upstream_unreachable: "connection",
  upstream_timeout: "timeout",
  upstream_stream_broken: "broken_stream",
  stream_disconnected: "broken_stream",
  upstream_empty_answer: "empty_answer",
  upstream_blocked: "blocked",
  upstream_failed: "upstream_failed",
  upstream_refused: "upstream_failed",
  server_is_overloaded: "overload",
  flex_unavailable: "overload",
  usage_limit_reached: "usage_limit",
  rate_limit_exceeded: "rate_limit",
  slow_down: "rate_limit",
  insufficient_quota: "spend_limit",
  credit_balance_exhausted: "spend_limit",
  organization_spend_limit_exceeded: "spend_limit",
  organization_usage_limit_exceeded: "spend_limit",
  project_spend_limit_exceeded: "spend_limit",
  usage_not_included: "not_included",
  deactivated_workspace: "payment_required",
  conversation_bound: "foreign_content",
  invalid_encrypted_content: "foreign_content",
  no_account_available: "no_account",
  model_not_found: "model_not_found",
  context_length_exceeded: "too_long",
  cyber_policy: "policy",
  bio_policy: "policy",
  misalignment_policy_violation: "policy",
  invalid_prompt: "policy",
  previous_response_not_found: "not_stored",
  response_not_found: "not_stored",
  conversation_not_stored: "not_stored",
  request_too_large: "too_large",
  body_too_large: "too_large",
  invalid_json: "malformed",
  invalid_body: "malformed",
  invalid_encoding: "malformed",
  incomplete_body: "malformed",
  invalid_value: "malformed",
  invalid_type: "malformed",
  missing_required_parameter: "malformed",
  unsupported_value: "malformed",
  empty_array: "malformed",
  invalid_request_error: "client",
  limit_reached: "limit_reached",
  too_many_streams: "too_many_streams",
  limits_unavailable: "limits_unavailable",
  server_shutting_down: "stopping",
  // Why an account is in its state.
  failing: "failing",
  exhausted: "usage_limit",
  refresh_token_expired: "expired",
  token_expired: "expired",
  refresh_token_reused: "reused",
  refresh_token_invalidated: "revoked",
  invalid_grant: "revoked",
  invalid_refresh_token: "revoked",
  token_invalidated: "revoked",
  token_revoked: "revoked",
  app_session_terminated: "signed_out",
  account_deactivated: "deactivated",
  invalid_client: "refused",
  unauthorized_client: "refused",
  access_denied: "refused",
  http_401: "refused",
  stored_tokens_unreadable: "unreadable",
} as const;

export type Fault = (typeof CODES)[keyof typeof CODES] | "interrupted" | "rejected";

export const FAULTS: readonly Fault[] = [
  ...new Set<Fault>([...Object.values(CODES), "interrupted", "rejected"]),
];

/** The causes that an attempt may have failed by: what requests can be filtered by. */
export const CAUSES = [
  "usage_limit",
  "rate_limit",
  "spend_limit",
  "not_included",
  "payment_required",
  "forbidden",
  "model_not_in_plan",
  "unauthorized",
  "needs_reauth",
  "token_unavailable",
  "connection",
  "timeout",
  "server_error",
  "overload",
  "broken_stream",
  "empty_answer",
  "blocked",
  "foreign_content",
  "client",
] as const satisfies readonly (keyof typeof CODES)[];

/** Codes that only say that a call was refused: which call, the prefix tells. */
const SAYS_LITTLE = new Set(["unauthorized", "token_expired"]);

function ofCode(code: string): Fault | null {
  if (code.startsWith("refresh_interrupted:")) return "interrupted";
  const rejected = code.startsWith("rejected:");
  const said = rejected ? code.slice("rejected:".length) : code;
  const known = Object.hasOwn(CODES, said) ? CODES[said as keyof typeof CODES] : null;
  return rejected && (known === null || SAYS_LITTLE.has(said)) ? "rejected" : known;
}

/** What is known of a failure: a request's, an attempt's or an account's. */
export interface Said {
  cause?: string | null;
  code?: string | null;
}

/** The entry of the catalogue; the code tells more than the cause. `null` for what only a newer gateway knows. */
export function faultOf({ cause, code }: Said): Fault | null {
  return (code ? ofCode(code) : null) ?? (cause ? ofCode(cause) : null);
}
