import { render, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { Gauge } from "./Gauge";
import { TimeChart } from "./TimeChart";

const AT = Date.parse("2026-05-01T12:00:00Z");

test("where nothing can be drawn, the table says everything: values, gaps and marks", async () => {
  render(
    <TimeChart
      label="Quota"
      chart={{
        times: [AT, AT + 2000],
        series: [{ key: "a", label: "Left", colour: "series-1", values: [60, null] }],
        marks: [{ at: AT + 1000, label: "Reset", colour: "muted" }],
        format: (value) => `${value} %`,
      }}
    />,
  );
  const rows = within(screen.getByRole("region", { name: "Quota" })).getAllByRole("row");
  const cells = rows.map((row) => [...row.children].map((cell) => cell.textContent));
  expect(cells[0]).toEqual(["Time", "Left", "Marked"]);
  expect(cells.slice(1).map(([, ...rest]) => rest)).toEqual([
    ["60 %", ""],
    ["–", "Reset"],
    ["–", ""],
  ]);
});

test("a gauge says its value, and what is unknown is not drawn as empty", () => {
  const { rerender } = render(<Gauge label="Week" value={40} text="40 %" colour="good" />);
  expect(screen.getByRole("img", { name: "Week: 40 %" })).toHaveAttribute("data-known", "true");
  rerender(<Gauge label="Week" value={null} text="unknown" colour="good" />);
  expect(screen.getByRole("img", { name: "Week: unknown" })).toHaveAttribute("data-known", "false");
});
