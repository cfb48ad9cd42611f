import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { renderInApp } from "../../../tests/render";
import { trace } from "../../../tests/samples";
import { TraceDetails } from "./TraceDetails";
import { TraceTable } from "./TraceTable";

test("a row links to its details and keeps the filters", async () => {
  await renderInApp(<TraceTable traces={[trace()]} label="Requests" filters={{ status: "completed" }} />);
  expect(screen.getByRole("link")).toHaveAttribute("href", "/requests?status=completed&trace=r1");
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

test("the details name every account that was tried and why it failed", async () => {
  const failed = {
    provider_name: "codex-grace",
    outcome: "failed" as const,
    error_code: "quota",
    duration_ms: 9,
  };
  const refused = trace({ status: "failed", error_message: "no account can serve", attempts: [failed] });
  await renderInApp(<TraceDetails trace={refused} onClose={() => {}} />);
  for (const text of ["no account can serve", "codex-grace", "quota"])
    expect(screen.getByText(text)).toBeVisible();
});
