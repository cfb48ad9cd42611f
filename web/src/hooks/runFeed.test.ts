import { afterEach, expect, test, vi } from "vitest";
import type { RunEvent } from "@/api/loop";
import { startRun } from "@/api/runs";
import { completed, events, feed, started } from "../../tests/runs";
import { run } from "../../tests/samples";
import { json, stubGateway } from "../../tests/stubGateway";
import { type Link, runFeed } from "./runFeed";

afterEach(() => void vi.useRealTimers());

const [START, WORD, END] = events(started(), { type: "chunk", content: "Hello" }, completed("Hello")) as [
  RunEvent,
  RunEvent,
  RunEvent,
];

function begin() {
  const controller = new AbortController();
  const seen: RunEvent[] = [];
  const links: Link[] = [];
  const { signal } = controller;
  const whole = (async () => {
    const open = () => startRun("reviewer", { message: "Hi" }, signal);
    for await (const event of runFeed({ open, signal, onLink: (it) => links.push(it) })) seen.push(event);
  })();
  return { seen, links, whole, controller };
}

test("a connection that breaks is made again from the last event, and no event comes twice", async () => {
  vi.useFakeTimers();
  const [first, second] = [feed(), feed()];
  let gone = true;
  const calls = stubGateway({
    "POST /v1/agents/reviewer/runs": () => first.response(),
    "GET /v1/runs/u1": () => json(run({ status: "running" })),
    "GET /v1/runs/u1/events": () => {
      if (gone) return Promise.reject(new TypeError("Failed to fetch"));
      return second.response();
    },
  });
  const { seen, links, whole } = begin();
  first.send(START, WORD);
  await vi.waitFor(() => expect(seen).toHaveLength(2));
  first.breaks();
  await vi.waitFor(() => expect(links.at(-1)).toBe("lost"));
  await vi.advanceTimersByTimeAsync(600);
  gone = false;
  second.send(WORD, END);
  await vi.advanceTimersByTimeAsync(2_000);
  await whole;
  expect(seen.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(links.at(-1)).toBe("live");
  expect(calls.findLast(({ route }) => route.endsWith("/events"))?.query.get("after")).toBe("2");
});

test("a run whose process died ends without a terminal event", async () => {
  vi.useFakeTimers();
  const first = feed();
  stubGateway({
    "POST /v1/agents/reviewer/runs": () => first.response(),
    "GET /v1/runs/u1": () => json(run({ status: "interrupted" })),
  });
  const { seen, whole } = begin();
  first.send(START);
  first.end();
  await vi.advanceTimersByTimeAsync(2_000);
  await whole;
  expect(seen).toHaveLength(1);
});

test("a refusal is final", async () => {
  stubGateway({
    "POST /v1/agents/reviewer/runs": () => json({ error: "no such agent", code: "not_found" }, 404),
  });
  await expect(begin().whole).rejects.toThrow("no such agent");
});
