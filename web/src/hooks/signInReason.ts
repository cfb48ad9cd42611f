/** Why somebody does not come in with OpenID Connect, by the gateway's code; each with its words. */
const REASONS = {
  unknown_issuer: "sign_in.reason.unknown_issuer",
  issuer_unavailable: "sign_in.reason.issuer_unavailable",
  sign_in_expired: "sign_in.reason.sign_in_expired",
  cancelled: "sign_in.reason.cancelled",
  issuer_refused: "sign_in.reason.issuer_refused",
  issuer_untrusted: "sign_in.reason.issuer_untrusted",
  email_unverified: "sign_in.reason.email_unverified",
  email_taken: "sign_in.reason.email_taken",
  no_role: "sign_in.reason.no_role",
  disabled: "sign_in.reason.disabled",
  identity_taken: "sign_in.reason.identity_taken",
  last_way: "sign_in.reason.last_way",
  managed: "sign_in.reason.managed",
  too_many_attempts: "sign_in.reason.too_many_attempts",
  no_access: "errors.no_access",
} as const;

type ReasonKey = (typeof REASONS)[keyof typeof REASONS];

/** `null`: no code of the gateway's. What else stands in an address is nobody's to say on our page. */
export function signInReason(code: string): ReasonKey | null {
  return Object.hasOwn(REASONS, code) ? REASONS[code as keyof typeof REASONS] : null;
}

const NAME = "sign_in_error";
const inAddress = () => new URLSearchParams(globalThis.location?.search).get(NAME);

// The router tidies the address before the page is there that says it.
let arrived = inAddress();

/** The reason with which the gateway sent the browser back, until it was said. */
export function arrivedWith(): string | null {
  return inAddress() ?? arrived;
}

/** It was said: a reload does not say it again. */
export function forgetArrival() {
  arrived = null;
  if (inAddress() === null) return;
  const address = new URL(window.location.href);
  address.searchParams.delete(NAME);
  window.history.replaceState(window.history.state, "", address);
}
