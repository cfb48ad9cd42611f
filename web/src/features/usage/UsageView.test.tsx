import { fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { UsageReport } from "@/api/types";
import { useUsage } from "@/hooks/useUsage";
import { renderInApp } from "../../../tests/render";
import { usageCounters, usageReport, usageRow } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { UsageView } from "./UsageView";

const FILTERS = { period: "7d", agent: "reviewer" } as const;
const onChange = vi.fn();

function Page() {
  const usage = useUsage(FILTERS, "account");
  return <UsageView usage={usage} filters={FILTERS} by="account" measure="requests" onChange={onChange} />;
}

function answer(change: Partial<UsageReport> = {}) {
  return stubGateway({
    "GET /v1/usage": ({ query }) => {
      const by = query.get("by");
      if (by === "weekday_hour")
        return json(
          usageReport({ by, rows: [usageRow({ key: "2-14", name: null, requests: 7 })], ...change }),
        );
      if (by === "day") return json(usageReport({ by, rows: [usageRow({ key: "2026-05-01" })], ...change }));
      if (query.get("to") === "2026-04-24T12:00:00Z")
        return json(usageReport({ totals: usageCounters({ requests: 8, output_tokens: 200 }) }));
      return json(usageReport(change));
    },
  });
}

test("the sums stand beside those of the same time before", async () => {
  answer();
  await renderInApp(<Page />);
  expect(await screen.findByText("+25% on the same time before")).toBeVisible();
  expect(screen.getByText("-50% on the same time before")).toBeVisible();
  expect(screen.getByText("90% of them cached")).toBeVisible();
});

test("what is no longer on record is neither counted as nothing nor compared with", async () => {
  const calls = answer({ kept_since: "2026-04-28T00:00:00Z" });
  await renderInApp(<Page />);
  expect(await screen.findByText(/on record from Apr 2/)).toBeVisible();
  expect(screen.queryByText(/same time before/)).toBeNull();
  expect(calls.some(({ query }) => query.get("to") === "2026-04-24T12:00:00Z")).toBe(false);
});

test("a name leads to its requests, with the filters and the time of the page", async () => {
  answer();
  await renderInApp(<Page />);
  expect(await screen.findByRole("link", { name: "openai-codex" })).toHaveAttribute(
    "href",
    "/requests?period=7d&agent=reviewer&account=p1",
  );
});

test("the week says its hours by keyboard, and as a table", async () => {
  answer();
  await renderInApp(<Page />);
  const user = userEvent.setup();
  const grid = await screen.findByRole("grid", { name: "Hours of the week" });
  expect(screen.getByText("Busiest: Tuesday, 14:00 – 15:00: 7 requests")).toBeVisible();
  within(grid).getByLabelText("Monday, 00:00 – 01:00: 0 requests").focus();
  fireEvent.keyDown(document.activeElement ?? grid, { key: "ArrowDown" });
  fireEvent.keyDown(document.activeElement ?? grid, { key: "End" });
  expect(within(grid).getByLabelText("Tuesday, 23:00 – 00:00: 0 requests")).toHaveFocus();
  const figure = grid.closest("figure") as HTMLElement;
  await user.click(within(figure).getByText("As a table"));
  const table = screen.getByRole("region", { name: "Hours of the week" });
  expect(within(table).getByText("14:00").closest("tr")).toHaveTextContent("14:000700000");
});

test("nothing used is said, with what to do", async () => {
  answer({ rows: [], totals: usageCounters({ requests: 0 }) });
  await renderInApp(<Page />);
  expect(await screen.findByText("Nothing was used")).toBeVisible();
});

test("what is counted by, and what the week is coloured by, is chosen", async () => {
  answer();
  await renderInApp(<Page />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Model" }));
  expect(onChange).toHaveBeenLastCalledWith({ by: "model" });
  await user.click(screen.getByRole("button", { name: "Tokens" }));
  expect(onChange).toHaveBeenLastCalledWith({ measure: "tokens" });
});
