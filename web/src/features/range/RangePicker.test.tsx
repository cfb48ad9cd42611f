import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderInApp } from "../../../tests/render";
import { RangePicker } from "./RangePicker";

const NONE = { period: undefined, from: undefined, to: undefined };

test("one of the usual times is one press, and says which it is", async () => {
  const onChange = vi.fn();
  await renderInApp(<RangePicker range={{ period: "7d" }} onChange={onChange} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "Time: Last 7 days" }));
  expect(screen.getByRole("button", { name: "Last 7 days" })).toHaveAttribute("aria-pressed", "true");
  await user.click(screen.getByRole("button", { name: "Last 24 hours" }));
  expect(onChange).toHaveBeenLastCalledWith({ ...NONE, period: "24h" });
});

test("two ends are taken as they stand, and never backwards", async () => {
  const onChange = vi.fn();
  await renderInApp(<RangePicker range={{}} open onChange={onChange} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "Time: Any time" }));
  fireEvent.change(screen.getByLabelText("From"), { target: { value: "2026-05-02T10:00" } });
  fireEvent.change(screen.getByLabelText("To"), { target: { value: "2026-05-01T10:00" } });
  expect(screen.getByRole("alert")).toHaveTextContent("before the beginning");
  expect(screen.getByRole("button", { name: "Apply" })).toBeDisabled();
  fireEvent.change(screen.getByLabelText("To"), { target: { value: "2026-05-03T10:00" } });
  await user.click(screen.getByRole("button", { name: "Apply" }));
  expect(onChange).toHaveBeenLastCalledWith({
    period: undefined,
    from: new Date(2026, 4, 2, 10).toISOString(),
    to: new Date(2026, 4, 3, 10).toISOString(),
  });
});

test("the time after is only to be had where there is one", async () => {
  await renderInApp(<RangePicker range={{ period: "7d" }} steps onChange={() => {}} />);
  expect(screen.getByRole("button", { name: "The same time after" })).toBeDisabled();
  await renderInApp(<RangePicker range={{ period: "yesterday" }} steps onChange={() => {}} />);
  expect(screen.getAllByRole("button", { name: "The same time after" })[1]).toBeEnabled();
});
