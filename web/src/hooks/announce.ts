import type { QueryClient } from "@tanstack/react-query";
import i18next from "i18next";
import type { LiveEvent } from "@/api/events";
import { fetchOverview } from "@/api/overview";
import type { Overview, Provider } from "@/api/types";
import { keys } from "./keys";
import { showToast } from "./toasts";

const SHOWN_MS = 12_000;
/** An incident has no event of its own; while accounts fail, the overview is asked for it this often. */
const ASK_MS = 30_000;

let asked = 0;
let known: string | null = null;

/** Says once that many accounts fail alike. */
async function lookForIncident(queries: QueryClient, now: number) {
  if (now - asked < ASK_MS) return;
  asked = now;
  const { incident }: Overview = await queries.fetchQuery({
    queryKey: keys.overview,
    queryFn: ({ signal }) => fetchOverview(signal),
  });
  if (incident && incident.since !== known)
    showToast({ tone: "bad", text: i18next.t("toasts.incident"), ms: SHOWN_MS });
  known = incident?.since ?? null;
}

/** A toast of what needs a person and happened elsewhere. Call it before the event changes the cache. */
export function announce(queries: QueryClient, { type, data }: LiveEvent, now: number) {
  if (type === "provider.health" || type === "provider.cooldown") {
    // What does not answer now is asked again at the next event.
    lookForIncident(queries, now).catch(() => {});
    return;
  }
  if (type !== "provider.status") return;
  const before = queries.getQueryData<Provider[]>(keys.providers)?.find(({ id }) => id === data.provider_id);
  const state = (data.status as { state?: unknown } | undefined)?.state;
  if (state === before?.status.state) return;
  const name = before?.display_name || before?.name || String(data.provider_name ?? data.provider_id);
  if (state === "needs_reauth")
    showToast({ tone: "bad", text: i18next.t("toasts.needs_sign_in", { name }), ms: SHOWN_MS });
  if (state === "exhausted")
    showToast({ tone: "warn", text: i18next.t("toasts.exhausted", { name }), ms: SHOWN_MS });
}
