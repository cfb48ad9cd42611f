import type { PoolRequest } from "@/api/types";

export interface Route {
  key: string;
  at: string;
  /** The accounts that were tried and did not answer, in their order. */
  failed: string[];
  served: string | null;
  kind: "direct" | "failover" | "unserved";
}

export interface RouteMapData {
  /** The accounts that any of the routes touches, in the order of the pool. */
  lanes: string[];
  /** The oldest first. */
  routes: Route[];
}

/** Where the last requests went: a lane an account, a column a request. */
export function routesOf(requests: readonly PoolRequest[], order: readonly string[]): RouteMapData {
  const routes = requests.map((request): Route => {
    const {
      provider_name: last,
      selected_provider: first,
      failover_providers: others = [],
      status,
    } = request;
    const answered = status === "completed" || status === "incomplete" || status === "cancelled";
    const served = answered ? last : null;
    const tried = [first, ...others].filter((name) => name != null);
    const failed = [...new Set(tried)].filter((name) => name !== served);
    const kind = served === null ? "unserved" : request.used_failover ? "failover" : "direct";
    return { key: request.span_id, at: request.started_at, failed, served, kind };
  });
  routes.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const touched = new Set(routes.flatMap(({ failed, served }) => [...failed, ...(served ? [served] : [])]));
  const others = [...touched].filter((name) => !order.includes(name));
  return { lanes: [...order.filter((name) => touched.has(name)), ...others], routes };
}
