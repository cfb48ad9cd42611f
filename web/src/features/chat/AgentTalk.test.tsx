import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import type { Role } from "@/api/types";
import { renderInApp } from "../../../tests/render";
import { answered, completed, events, feed, items, said, sse, started } from "../../../tests/runs";
import { conversation, run, usage } from "../../../tests/samples";
import { eventStream, json, stubGateway } from "../../../tests/stubGateway";
import { AgentTalk } from "./AgentTalk";

const RUNS = "POST /v1/agents/reviewer/runs";

function Page({ first }: { first?: string | undefined }) {
  const [session, setSession] = useState(first);
  return <AgentTalk agent="reviewer" session={session} onBegun={setSession} />;
}

/** A gateway with one conversation, whose stored parts a test changes. */
function stored(extra: Parameters<typeof stubGateway>[0] = {}) {
  const state = {
    conversation: conversation(),
    items: items("u1"),
    runs: [] as ReturnType<typeof run>[],
  };
  const calls = stubGateway({
    "GET /v1/sessions/s1": () => json(state.conversation),
    "GET /v1/sessions/s1/items": () => json({ items: state.items, compactions: [] }),
    "GET /v1/runs": () => json({ runs: state.runs }),
    ...extra,
  });
  return { state, calls };
}

async function show(first?: string, role: Role = "owner") {
  await renderInApp(<Page first={first} />, role);
  return userEvent.setup();
}

test("a message begins a conversation, the answer streams in, and says who served it and why", async () => {
  const stream = feed();
  const { state, calls } = stored({ [RUNS]: () => stream.response() });
  const user = await show();
  await user.type(screen.getByLabelText("Message"), "Hi{Enter}");
  expect(await screen.findByText("Waiting for the first word…")).toBeVisible();
  const all = events(
    started(),
    { type: "activity", phase: "thinking", iteration: 1 },
    { type: "thinking", content: "let me see" },
    { type: "chunk", content: "First I look.", phase: "commentary" },
    { type: "tool.call", id: "c1", name: "read_file", arguments: '{"path":"a.rs"}' },
    { type: "activity", phase: "tool_exec", tools: ["read_file"], iteration: 1 },
    { type: "tool.result", id: "c1", name: "read_file", is_error: false, result: "text", duration_ms: 1500 },
    { type: "usage", iteration: 1, provider_name: "alice", request_id: "r1", ...usage },
    { type: "chunk", content: "It is **fine**.", phase: "final_answer" },
    completed("It is **fine**."),
  );
  stream.send(...all.slice(0, 6));
  expect(await screen.findByText("Running the tool read_file…")).toBeVisible();
  expect(await screen.findByTestId("commentary")).toHaveTextContent("First I look.");
  expect(screen.getByText("Running")).toBeVisible();
  state.items = items("u1", said("Hi"), answered("It is **fine**."));
  state.runs = [run()];
  stream.send(...all.slice(6));
  stream.end();
  await waitFor(() => expect(screen.getByTestId("served")).toHaveTextContent("served by alice"));
  expect(await screen.findByText("fine")).toBeVisible();
  expect(screen.getByTestId("served")).toHaveTextContent("1,200 in · 40 out");
  await user.click(screen.getByText(/Steps, and why/));
  expect(await screen.findByRole("link", { name: "Why this account?" })).toHaveAttribute(
    "href",
    "/requests?request=r1",
  );
  expect(calls.find(({ route }) => route === RUNS)?.body).toEqual({
    message: "Hi",
    session_key: expect.stringMatching(/^chat-/),
    stream: true,
  });
});

test("a conversation that is open is loaded, and a run that is on is followed from its first event", async () => {
  const stream = feed();
  const { state } = stored({ "GET /v1/runs/u2/events": () => stream.response() });
  const older = items("u1", said("Before"), answered("Earlier answer"));
  state.items = [...older, { ...older[0], seq: 3, run_id: "u2", item: said("Now") } as never];
  state.conversation = conversation({ running_run_id: "u2" });
  await show("s1");
  expect(await screen.findByText("Earlier answer")).toBeVisible();
  stream.send(
    ...events(started("Now"), { type: "chunk", content: "Live words" }).map((it) => ({
      ...it,
      run_id: "u2",
    })),
  );
  expect(await screen.findByText("Live words")).toBeVisible();
  expect(screen.getAllByText("Now")).toHaveLength(1);
  expect(screen.getByRole("button", { name: "Stop" })).toBeVisible();
});

test("what is said while the agent works waits, and what it did not read can be sent again", async () => {
  const stream = feed();
  const queued = events(started(), { type: "activity", phase: "message_queued" }).slice(1);
  let asked = 0;
  const { state, calls } = stored({
    [RUNS]: () => {
      asked += 1;
      return asked === 1 ? stream.response() : eventStream([`data: ${JSON.stringify(queued[0])}\n\n`]);
    },
  });
  const user = await show("s1");
  await screen.findByText("Ask something");
  await user.type(screen.getByLabelText("Message"), "Hi{Enter}");
  const [first, end] = events(started(), completed("Hello")) as [never, never];
  stream.send(first);
  await screen.findByText("Thinking…");
  await user.type(screen.getByLabelText("Message"), "one more thing");
  await user.click(screen.getByRole("button", { name: "Queue" }));
  expect(await screen.findByText("Queued: the agent reads it at its next step")).toBeVisible();
  state.items = items("u1", said("Hi"), answered("Hello"));
  state.runs = [run()];
  stream.send(end);
  expect(await screen.findByText("Not read: the agent had finished")).toBeVisible();
  await user.click(within(screen.getByTestId("queued")).getByRole("button", { name: "Send" }));
  await waitFor(() => expect(calls.filter(({ route }) => route === RUNS)).toHaveLength(3));
  expect(calls.findLast(({ route }) => route === RUNS)?.body).toMatchObject({
    message: "one more thing",
    session_key: "chat-1",
  });
});

test("stopping asks the gateway, and the page says so when the run is over", async () => {
  const stream = feed();
  const [first, , end] = events(started(), { type: "chunk", content: "half" }, { type: "run.cancelled" });
  const { calls } = stored({
    [RUNS]: () => stream.response(),
    "POST /v1/runs/u1/cancel": () => {
      if (end) stream.send(end);
      return json({ status: "cancelled" });
    },
  });
  const user = await show();
  await user.type(screen.getByLabelText("Message"), "Hi{Enter}");
  // Before the run has a name it cannot be stopped: that happens with its first event.
  await user.click(await screen.findByRole("button", { name: "Stop" }));
  expect(screen.getByRole("button", { name: "Stopping…" })).toBeVisible();
  if (first) stream.send(first);
  expect(await screen.findByText("Stopped.")).toBeVisible();
  expect(calls.filter(({ route }) => route.endsWith("/cancel"))).toHaveLength(1);
  expect(screen.getByRole("button", { name: "Send" })).toBeVisible();
});

test("an earlier message is said differently: the conversation is rewound to it first", async () => {
  const { state, calls } = stored({
    "POST /v1/sessions/s1/rewind": () => {
      state.items = [];
      return json({});
    },
    [RUNS]: () => feed().response(),
  });
  state.items = items("u1", said("Helo"), answered("What?"));
  state.runs = [run()];
  const user = await show("s1");
  await user.click(await screen.findByRole("button", { name: "Edit the question" }));
  const box = screen.getByLabelText("Edit the question");
  await user.clear(box);
  await user.type(box, "Hello");
  await user.click(within(screen.getByTestId("turn")).getByRole("button", { name: "Send" }));
  await waitFor(() => expect(calls.some(({ route }) => route === RUNS)).toBe(true));
  expect(calls.find(({ route }) => route.endsWith("/rewind"))?.body).toEqual({ before_seq: 1 });
  expect(calls.find(({ route }) => route === RUNS)?.body).toMatchObject({ message: "Hello" });
  expect(screen.queryByText("What?")).toBeNull();
});

test("a failed run can be tried again, an interrupted one goes on", async () => {
  const stream = feed();
  const { state, calls } = stored({
    "POST /v1/runs/u1/resume": () => eventStream([]),
    "GET /v1/runs/u1/events": () => stream.response(),
  });
  state.items = items("u1", said("Hi"));
  state.runs = [run({ status: "interrupted", served_by: [] })];
  const user = await show("s1");
  expect(await screen.findByText("The gateway stopped in the middle of this run.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Go on" }));
  await waitFor(() => expect(calls.some(({ route }) => route.endsWith("/resume"))).toBe(true));
  stream.send(
    ...events(started(), { type: "run.failed", error: { code: "no_account", message: "all are out" } }),
  );
  state.runs = [run({ status: "failed", error: { code: "no_account", message: "all are out" } })];
  expect(await screen.findByText("all are out")).toBeVisible();
  expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
});

test("a viewer reads the conversation and is told why there is no more", async () => {
  const { state } = stored();
  state.items = items("u1", said("Hi"), answered("Hello"));
  await show("s1", "viewer");
  expect(await screen.findByText("Hello")).toBeVisible();
  expect(screen.getByLabelText("Message")).toBeDisabled();
  expect(screen.queryByRole("button", { name: "Edit the question" })).toBeNull();
});

test("how a stored call of a tool ended is told by its run, once it is unfolded", async () => {
  const log = events(
    started(),
    { type: "tool.call", id: "c1", name: "web_fetch", arguments: "{}" },
    { type: "tool.result", id: "c1", name: "web_fetch", is_error: true, result: "refused", duration_ms: 12 },
    completed("No."),
  );
  const { state } = stored({ "GET /v1/runs/u1/events": () => eventStream(log.map(sse)) });
  state.items = items(
    "u1",
    said("Hi"),
    { type: "function_call", call_id: "c1", name: "web_fetch", arguments: "{}" },
    { type: "function_call_output", call_id: "c1", output: "refused" },
    answered("No."),
  );
  state.runs = [run()];
  const user = await show("s1");
  expect(screen.queryByText("Failed")).toBeNull();
  await user.click(await screen.findByText("web_fetch"));
  expect(await screen.findByText("Failed")).toBeVisible();
  expect(screen.getByText("12ms")).toBeVisible();
});
