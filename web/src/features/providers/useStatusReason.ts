import { useTranslation } from "react-i18next";

/** The codes of the gateway that have words of their own, and which. */
const WORDS = {
  usage_limit: "usage_limit",
  failing: "failing",
  rate_limit: "rate_limit",
  spend_limit: "spend_limit",
  not_included: "not_included",
  payment_required: "payment_required",
  forbidden: "forbidden",
  overload: "overload",
  model_not_in_plan: "model_not_in_plan",
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

/** Codes that only say that a call was refused: which call, the prefix tells. */
const SAYS_LITTLE = new Set(["unauthorized", "token_expired"]);

function wordFor(code: string) {
  if (code.startsWith("refresh_interrupted:")) return "interrupted";
  const rejected = code.startsWith("rejected:");
  const said = rejected ? code.slice("rejected:".length) : code;
  const known = Object.hasOwn(WORDS, said) ? WORDS[said as keyof typeof WORDS] : undefined;
  return rejected && (known === undefined || SAYS_LITTLE.has(said)) ? "rejected" : known;
}

/** Why a provider is in its state, in the words of the page; a code that we do not know stands as it came. */
export function useStatusReason(): (code: string) => string {
  const { t } = useTranslation();
  return (code) => {
    const word = wordFor(code);
    return word ? t(`providers.reason.${word}`) : code;
  };
}
