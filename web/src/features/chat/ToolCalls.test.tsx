import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { ToolCalls } from "./ToolCalls";

test("a call is folded under its name, and its arguments are laid out", () => {
  render(<ToolCalls calls={[{ index: 0, name: "look_up", arguments: '{"id":1}' }]} asked />);
  expect(screen.getByTestId("tool-call")).not.toHaveAttribute("open");
  expect(screen.getByText("look_up")).toBeVisible();
  expect(screen.getByTestId("tool-call").querySelector("pre")).toHaveTextContent('{ "id": 1 }');
  expect(screen.getByText(/waits for the results/)).toBeVisible();
});

test("arguments that are still coming stand as they are", () => {
  render(<ToolCalls calls={[{ index: 0, name: "look_up", arguments: '{"id' }]} asked={false} />);
  expect(screen.getByText('{"id')).toBeInTheDocument();
  expect(screen.queryByText(/waits for the results/)).toBeNull();
});
