import { expect, test } from "vitest";
import { poolRequest } from "../../../tests/samples";
import { routesOf } from "./routeMap";

const at = (minute: number) => `2026-05-01T12:0${minute}:00Z`;
const direct = poolRequest({
  span_id: "d",
  started_at: at(2),
  provider_name: "ada",
  selected_provider: "ada",
  used_failover: false,
  failover_providers: [],
});
const saved = poolRequest({
  span_id: "s",
  started_at: at(1),
  provider_name: "grace",
  selected_provider: "ada",
  used_failover: true,
  failover_providers: ["linus", "grace"],
});
const lost = poolRequest({
  span_id: "l",
  started_at: at(3),
  status: "failed",
  provider_name: "grace",
  selected_provider: "ada",
  used_failover: false,
  failover_providers: ["grace"],
});

test("the oldest route comes first, and each says who failed and who answered", () => {
  const { routes } = routesOf([direct, saved, lost], ["ada", "grace", "linus", "ken"]);
  expect(routes.map(({ key, kind, failed, served }) => [key, kind, failed, served])).toEqual([
    ["s", "failover", ["ada", "linus"], "grace"],
    ["d", "direct", [], "ada"],
    ["l", "unserved", ["ada", "grace"], null],
  ]);
});

test("the lanes are those that were touched, in the order of the pool, and who left it comes last", () => {
  expect(routesOf([direct, saved], ["linus", "ada", "ken"]).lanes).toEqual(["linus", "ada", "grace"]);
});
