import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { renderInApp } from "../../../tests/render";
import { attempt, trace } from "../../../tests/samples";
import { TraceTable } from "./TraceTable";

test("a row links to its details and keeps the filters", async () => {
  await renderInApp(<TraceTable traces={[trace()]} label="Requests" filters={{ outcome: "completed" }} />);
  expect(screen.getByRole("link")).toHaveAttribute("href", "/requests?outcome=completed&request=r1");
  expect(screen.getByText("Completed")).toBeVisible();
  expect(screen.getByText("1,000 in · 50 out")).toHaveAttribute(
    "title",
    "Cached input: 900. Reasoning output: 10.",
  );
});

test("unknown usage is a dash, never a zero", async () => {
  await renderInApp(<TraceTable traces={[trace({ usage: null })]} label="Requests" />);
  expect(screen.queryByText(/0 in/)).toBeNull();
});

test("the time is relative, with the date on hover", async () => {
  await renderInApp(<TraceTable traces={[trace()]} label="Requests" />);
  expect(screen.getByRole("link").querySelector("time")).toHaveAttribute(
    "title",
    expect.stringContaining("2026"),
  );
});

test("a failover is marked, with the accounts that failed before", async () => {
  const attempts = [attempt({ provider_name: "codex-grace", outcome: "failed" }), attempt()];
  await renderInApp(<TraceTable traces={[trace({ attempts, used_failover: true })]} label="Requests" />);
  expect(screen.getByText("failover")).toHaveAttribute("title", "Failed before: codex-grace");
});
