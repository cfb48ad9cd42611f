import { render, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { BarList } from "./BarList";
import { Gauge } from "./Gauge";
import { Sparkline } from "./Sparkline";
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

test("a list of bars is a table with the longest as its scale", () => {
  render(
    <BarList
      label="By account"
      columns={["Account", "Requests", "Share"]}
      items={[
        { key: "a", label: "ada", text: "10", parts: [{ key: "x", value: 10, colour: "good" }] },
        { key: "b", label: "grace", text: "5", parts: [{ key: "x", value: 5, colour: "good" }] },
      ]}
    />,
  );
  const [, first, second] = screen.getAllByRole("row");
  const bar = (row: HTMLElement | undefined) => row?.querySelector<HTMLElement>("[style]")?.style.width;
  expect([bar(first), bar(second)]).toEqual(["100%", "50%"]);
  expect(screen.getByRole("rowheader", { name: "grace" })).toBeVisible();
});

test("a sparkline says in words what it shows", () => {
  render(<Sparkline label="From 4 to 9 requests an hour" values={[4, null, 9]} />);
  expect(screen.getByRole("img", { name: "From 4 to 9 requests an hour" })).toBeVisible();
});
