import type { Conversation } from "../../../src/api/loop";
import { NOW } from "../../insight";
import { answered, items, said } from "../../runs";
import {
  apiKey,
  conversation,
  limit,
  model,
  poolActivity,
  poolRequest,
  providerCounts,
  session,
  sessionUser,
  signInMethods,
} from "../../samples";
import {
  after,
  agents,
  ago,
  HOUR,
  MINUTE,
  POOL,
  providers,
  quotas,
  theCapacity,
  theOverview,
  traces,
  usage,
} from "./cast";

function conversations(): Conversation[] {
  return ["About parsers", "A release plan", "Why the build broke"].map((title, index) =>
    conversation({ id: `c${index}`, title, updated_at: ago(index * 5 * HOUR) }),
  );
}

const TALK = items(
  "u1",
  said("What is a parser?"),
  answered(
    "It **reads** text by rules:\n\n1. it finds the words,\n2. it builds a tree.\n\n```ts\nparse(text);\n```",
  ),
);

/** What the gateway says to the pages that are photographed: always the same, whatever the demo is doing. */
export const ANSWERS: Record<string, (query: URLSearchParams) => unknown> = {
  "/v1/auth/session": () => ({ ...session, user: sessionUser() }),
  "/v1/auth/methods": () => signInMethods(),
  "/v1/overview": theOverview,
  "/v1/capacity": theCapacity,
  "/v1/quota": () => ({ providers: quotas(), generated_at: NOW }),
  "/v1/providers": () => ({ providers: providers() }),
  "/v1/providers/p1/codex-pool-activity": () =>
    poolActivity({
      strategy: "primary_first",
      provider_counts: POOL.map((provider_name, index) =>
        providerCounts({
          provider_name,
          request_count: 40 - 12 * index,
          last_used_at: ago(index * 9 * MINUTE),
        }),
      ),
      recent_requests: Array.from({ length: 8 }, (_, place) =>
        poolRequest({ span_id: `s${place}`, trace_id: `r${place}`, started_at: ago(place * 3 * MINUTE) }),
      ),
    }),
  "/v1/requests": () => ({ requests: traces(24), next_cursor: null }),
  "/v1/usage": usage,
  "/v1/agents": () => ({ agents: agents() }),
  "/v1/models": () => ({ object: "list", data: [model("gpt-5"), model("agent:reviewer")] }),
  "/v1/sessions": () => ({ sessions: conversations(), next_cursor: null }),
  "/v1/sessions/c0": () => conversations()[0],
  "/v1/sessions/c0/items": () => ({ items: TALK, compactions: [] }),
  "/v1/runs": () => ({ runs: [] }),
  "/v1/keys": () => ({
    keys: [
      apiKey({ limits: [limit({ resets_at: after(6 * HOUR) })], last_used_at: ago(12 * MINUTE) }),
      apiKey({ id: "k2", name: "laptop", prefix: "gw_wxyz", role: "viewer", effective_role: "viewer" }),
      apiKey({ id: "k3", name: "old", prefix: "gw_1234", state: "revoked", revoked_at: ago(48 * HOUR) }),
    ],
  }),
};
