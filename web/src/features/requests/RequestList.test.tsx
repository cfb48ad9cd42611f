import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Trace } from "@/api/types";
import { useRequests } from "@/hooks/useRequests";
import type { RequestsSearch } from "@/routes/search";
import { renderInApp } from "../../../tests/render";
import { attempt, trace } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { RequestList } from "./RequestList";

const at = (minute: number): Trace =>
  trace({
    id: `r${minute}`,
    model: `model-${minute}`,
    started_at: new Date(Date.UTC(2026, 4, 1, 12, minute)).toISOString(),
  });

function List({ filters = {} }: { filters?: RequestsSearch }) {
  const requests = useRequests(filters);
  return (
    <>
      <button type="button" onClick={() => void requests.refetch()}>
        Refresh
      </button>
      <RequestList
        requests={requests}
        filters={filters}
        openId={undefined}
        onOpen={() => {}}
        onClear={() => {}}
      />
    </>
  );
}

test("new requests come in by themselves, wait while the list is paused, and come in as it goes on", async () => {
  const stored = [at(2), at(1)];
  stubGateway({ "GET /v1/requests": () => json({ requests: stored, next_cursor: null }) });
  await renderInApp(<List />);
  const user = userEvent.setup();
  const models = () => screen.getAllByText(/^model-/).map(({ textContent }) => textContent);
  await screen.findByText("model-2");
  const refresh = () => user.click(screen.getByRole("button", { name: "Refresh" }));

  stored.unshift(at(3));
  await refresh();
  await screen.findByText("model-3");

  await user.click(screen.getByRole("button", { name: "Pause" }));
  expect(screen.getByText("Paused: nothing new")).toBeVisible();
  stored.unshift(at(5), at(4));
  await refresh();
  expect(await screen.findByText("2 new requests wait")).toBeVisible();
  expect(models()).toEqual(["model-3", "model-2", "model-1"]);

  await user.click(screen.getByRole("button", { name: "Go on" }));
  await waitFor(() => expect(models()).toEqual(["model-5", "model-4", "model-3", "model-2", "model-1"]));
});

test("only the newest page is asked for again", async () => {
  const calls = stubGateway({
    "GET /v1/requests": ({ query }) =>
      json(
        query.has("cursor")
          ? { requests: [at(1)], next_cursor: null }
          : { requests: [at(3), at(2)], next_cursor: "older" },
      ),
  });
  await renderInApp(<List />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Load more" }));
  await screen.findByText("model-1");
  const before = calls.length;
  await user.click(screen.getByRole("button", { name: "Refresh" }));
  await waitFor(() => expect(calls.length).toBe(before + 1));
  expect(calls.at(-1)?.query.has("cursor")).toBe(false);
  expect(screen.getByText("model-1")).toBeVisible();
});

test("no request at all is told from none that matches", async () => {
  stubGateway({ "GET /v1/requests": () => json({ requests: [], next_cursor: null }) });
  await renderInApp(<List />);
  expect(await screen.findByText("No requests yet")).toBeVisible();
});

test("a gateway that answers with an error is said so, with a way to try again", async () => {
  let broken = true;
  stubGateway({
    "GET /v1/requests": () =>
      broken ? json({ error: "out of order" }, 400) : json({ requests: [at(1)], next_cursor: null }),
  });
  await renderInApp(<List />);
  expect(await screen.findByRole("alert")).toHaveTextContent("out of order");
  broken = false;
  await userEvent.setup().click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("model-1")).toBeVisible();
});

test("what the page picks itself is looked for further back, and how far is said", async () => {
  const calls = stubGateway({
    "GET /v1/requests": ({ query }) =>
      query.has("cursor")
        ? json({ requests: [{ ...at(1), duration_ms: 20_000 }], next_cursor: null })
        : json({ requests: [at(3), at(2)], next_cursor: "older" }),
  });
  await renderInApp(<List filters={{ slower: 10_000 }} />);
  expect(await screen.findByText("model-1")).toBeVisible();
  expect(screen.queryByText("model-3")).toBeNull();
  expect(screen.getByText("out of 3 that were read")).toBeVisible();
  expect(calls.every(({ query }) => !query.has("slower"))).toBe(true);
});

async function listed(one: Trace, filters: RequestsSearch = {}) {
  stubGateway({ "GET /v1/requests": () => json({ requests: [one], next_cursor: null }) });
  await renderInApp(<List filters={filters} />);
  await screen.findByText("Completed");
}

test("a row links to its details and keeps the filters", async () => {
  await listed(trace(), { outcome: "completed" });
  const href = "/requests?outcome=completed&request=r1";
  expect(document.querySelector("[data-row] a")).toHaveAttribute("href", href);
  expect(screen.getByText("1,000 in · 50 out")).toHaveAttribute(
    "title",
    "Cached input: 900. Reasoning output: 10.",
  );
});

test("unknown usage is a dash, never a zero", async () => {
  await listed(trace({ usage: null }));
  expect(screen.queryByText(/0 in/)).toBeNull();
});

test("the time is relative, with the date on hover", async () => {
  await listed(trace());
  expect(document.querySelector("[data-row] a time")).toHaveAttribute(
    "title",
    expect.stringContaining("2026"),
  );
});

test("a failover is marked, with the accounts that failed before", async () => {
  const attempts = [attempt({ provider_name: "codex-grace", outcome: "failed" }), attempt()];
  await listed(trace({ attempts, used_failover: true }));
  expect(screen.getByText("failover")).toHaveAttribute("title", "Failed before: codex-grace");
});
