import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { Composer } from "./Composer";

test("Enter sends, Shift+Enter makes a line", async () => {
  const onSend = vi.fn();
  render(<Composer busy={false} ready onSend={onSend} onStop={() => {}} />);
  await userEvent.setup().type(screen.getByLabelText("Message"), "a{Shift>}{Enter}{/Shift}b{Enter}");
  expect(onSend).toHaveBeenCalledExactlyOnceWith("a\nb");
  expect(screen.getByLabelText("Message")).toHaveValue("");
});

test("Enter that ends a composition does not send", async () => {
  const onSend = vi.fn();
  render(<Composer busy={false} ready onSend={onSend} onStop={() => {}} />);
  const box = screen.getByLabelText("Message");
  fireEvent.change(box, { target: { value: "にほん" } });
  fireEvent.keyDown(box, { key: "Enter", isComposing: true });
  expect(onSend).not.toHaveBeenCalled();
});

test("while an answer streams, the button stops it", async () => {
  const onStop = vi.fn();
  render(<Composer busy ready onSend={() => {}} onStop={onStop} />);
  await userEvent.setup().click(screen.getByRole("button", { name: "Stop" }));
  expect(onStop).toHaveBeenCalledOnce();
});
