import type { LoginStatus, PendingLogin } from "@/api/types";

/** Where a sign-in that does not say otherwise sends the browser. */
const CALLBACK = "http://localhost:1455/auth/callback";

/** Where a sign-in stands, as the dialog shows it. */
export type Flow =
  | { step: "idle" }
  | { step: "waiting"; pending: PendingLogin }
  | { step: "done" }
  | { step: "failed"; error: string | null };

/**
 * Reads the flow from the account's status. `watched` is the sign-in that this dialog started or found
 * under way: only its end is reported, so an older sign-in's failure is not taken for this one's.
 */
export function flowOf(status: LoginStatus | undefined, watched: string | null): Flow {
  if (!status) return { step: "idle" };
  const { pending } = status;
  if (pending?.state === "pending") return { step: "waiting", pending };
  if (watched === null) return { step: "idle" };
  if (pending?.login_id === watched) {
    return pending.state === "completed" ? { step: "done" } : { step: "failed", error: pending.error };
  }
  // The gateway keeps no record of a flow that ended: the account itself tells how.
  const signedIn = status.authenticated && status.state === "ready";
  return signedIn ? { step: "done" } : { step: "failed", error: status.error ?? null };
}

/** The sign-in that waits, when it is done this way. */
export function pendingOf(flow: Flow, method: PendingLogin["method"]): PendingLogin | null {
  return flow.step === "waiting" && flow.pending.method === method ? flow.pending : null;
}

/** Where the sign-in sends the browser in the end: its page's address says it, once it has begun. */
export function callbackOf(flow: Flow): URL {
  const page = pendingOf(flow, "browser")?.auth_url;
  return new URL((page && new URL(page).searchParams.get("redirect_uri")) || CALLBACK);
}
