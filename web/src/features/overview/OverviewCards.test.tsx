import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { attention, capacity, capacityWindow, overview } from "../../../tests/insight";
import { renderInApp } from "../../../tests/render";
import { pooled } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { AttentionCard } from "./AttentionCard";
import { CapacityCard } from "./CapacityCard";
import { HeadlineText } from "./HeadlineText";
import { Numbers } from "./Numbers";
import { RunwayCard } from "./RunwayCard";

const PROVIDERS = () => json({ providers: pooled(["openai-codex", "codex-grace", "codex-linus"]) });

test("the page is said in one sentence", async () => {
  const { unmount } = await renderInApp(
    <HeadlineText overview={overview()} capacity={capacity(capacityWindow())} />,
  );
  expect(screen.getByRole("status")).toHaveTextContent(
    "All is well: 3 of 3 accounts serve, and the quota lasts until it resets.",
  );
  unmount();
  const end = new Date(Date.now() + 40.5 * 60_000).toISOString();
  const forecast = { verdict: "runs_out" as const, runs_out_at: end, text: "", points: [] };
  await renderInApp(<HeadlineText overview={overview()} capacity={capacity(capacityWindow({ forecast }))} />);
  expect(screen.getByRole("status")).toHaveTextContent(
    "3 of 3 accounts serve, but the 5-hour quota will not last until its reset: it is empty in about 40 min.",
  );
});

test("what is left is never said to be more than it is, and has a source and an age", async () => {
  await renderInApp(<CapacityCard capacity={capacity(capacityWindow())} />);
  expect(screen.getByRole("img", { name: "Left of the window: 5 hours: 62%" })).toBeVisible();
  expect(screen.getByText(/from the usage page, oldest reading/)).toBeVisible();
  const [first] = screen.getAllByRole("listitem");
  expect(first).toHaveTextContent("codex-graceruns out 60%");
});

test("a window that nobody read is unknown, not empty", async () => {
  const window = capacityWindow({
    remaining_percent: null,
    used_percent: null,
    by_account: [],
    unknown_accounts: ["a", "b"],
  });
  await renderInApp(<CapacityCard capacity={capacity(window)} />);
  expect(screen.getByRole("img", { name: "Left of the window: 5 hours: unknown" })).toBeVisible();
  expect(screen.getByText(/Nothing has been read yet\. · 2 accounts unknown/)).toBeVisible();
  expect(screen.queryByText(/0%/)).toBeNull();
});

test("each thing that waits has the one thing to do", async () => {
  stubGateway({ "GET /v1/providers": PROVIDERS });
  const items = [
    attention(),
    attention({ kind: "requests_failed", provider_name: null, count: 3 }),
    attention({ kind: "running_out", severity: "soon", provider_name: "codex-grace" }),
    attention({ kind: "mcp_server_down", provider_name: null, name: "files" }),
  ];
  await renderInApp(<AttentionCard items={items} />);
  const pool = await screen.findByRole("link", { name: "See the pool" });
  await expect.poll(() => pool.getAttribute("href")).toBe("/pools/openai-codex");
  const hrefs = screen.getAllByRole("link").map((link) => link.getAttribute("href"));
  expect(hrefs).toEqual([
    "/providers?connect=codex-linus",
    "/requests?outcome=failed&period=24h",
    "/pools/openai-codex",
    "/settings/mcp",
  ]);
  expect(screen.getByText("3 requests failed in 24 h")).toBeVisible();
  expect(screen.getByText("The MCP server files is down")).toBeVisible();
});

test("a viewer may look at everything, and is told why the sign-in is for others", async () => {
  stubGateway({ "GET /v1/providers": PROVIDERS });
  await renderInApp(<AttentionCard items={[attention(), attention({ kind: "exhausted" })]} />, "viewer");
  const button = screen.getByRole("button", { name: "Sign in again" });
  expect(button).toHaveAccessibleDescription(/signed in as Viewer/);
  expect(screen.getByRole("link", { name: "See the reset" })).toBeVisible();
});

test("what was not measured is a dash, never a zero", async () => {
  await renderInApp(<Numbers day={overview().last_24h} />);
  const tile = (label: string) => screen.getByText(label).parentElement as HTMLElement;
  expect(within(tile("First word, median")).getByText("–")).toBeVisible();
  expect(tile("Added latency, median")).toHaveTextContent("4ms95 % below 61ms");
  expect(tile("Saved by failover")).toHaveTextContent("10%19 answers by another account");
  expect(tile("Answered")).toHaveTextContent("99%190 answered, 2 failed");
});

test("the runway says its verdict, and everything it draws stands in its table", async () => {
  await renderInApp(<RunwayCard capacity={capacity(capacityWindow())} />);
  expect(screen.getByText("At this pace it lasts until the reset.")).toBeVisible();
  const table = screen.getByRole("region", { name: "Will it last?: 5 hours" });
  const headers = within(table).getAllByRole("columnheader");
  expect(headers.map((it) => it.textContent)).toEqual([
    "Time",
    "Left so far",
    "Probably left",
    "At best",
    "At worst",
    "Marked",
  ]);
  expect(within(table).getByText("codex-grace +22%")).toBeVisible();
});
