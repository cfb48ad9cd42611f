import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { Composer } from "./Composer";

test("Enter sends, Shift+Enter makes a line", async () => {
  const onSend = vi.fn();
  render(<Composer busy={false} ready onSend={onSend} onStop={() => {}} />);
  await userEvent.setup().type(screen.getByLabelText("Message"), "a{Shift>}{Enter}{/Shift}b{Enter}");
  expect(onSend).toHaveBeenCalledExactlyOnceWith("a\nb", []);
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

test("when the answer ends, who is at the button that stops it is back in the field", () => {
  const composer = (busy: boolean) => <Composer busy={busy} ready onSend={() => {}} onStop={() => {}} />;
  const { rerender } = render(composer(true));
  screen.getByRole("button", { name: "Stop" }).focus();
  rerender(composer(false));
  expect(screen.getByLabelText("Message")).toHaveFocus();
});

const png = (name: string, bytes = 10) => new File([new Uint8Array(bytes)], name, { type: "image/png" });

test("pictures are picked, pasted and dropped; what cannot go along says why", async () => {
  const onSend = vi.fn();
  render(<Composer busy={false} ready pictures onSend={onSend} onStop={() => {}} />);
  const user = userEvent.setup();
  await user.upload(screen.getByTestId("image-input"), png("a.png"));
  expect(await screen.findByAltText("Picture 1")).toHaveAttribute(
    "src",
    expect.stringMatching(/^data:image/),
  );
  fireEvent.paste(screen.getByLabelText("Message"), { clipboardData: { files: [png("b.png")] } });
  await screen.findByAltText("Picture 2");
  const files = [png("big.png", 5 * 1024 * 1024 + 1), new File(["x"], "notes.txt", { type: "text/plain" })];
  fireEvent.drop(screen.getByLabelText("Message"), { dataTransfer: { files, types: ["Files"] } });
  expect(await screen.findByText("big.png is larger than 5 MB.")).toBeVisible();
  expect(screen.getByText(/notes.txt: only PNG/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Remove picture 1" }));
  await user.click(screen.getByRole("button", { name: "Send" }));
  expect(onSend).toHaveBeenCalledExactlyOnceWith("", [expect.stringMatching(/^data:image\/png/)]);
  expect(screen.queryByAltText("Picture 1")).toBeNull();
});

test("where messages can wait, a busy agent can still be told more", async () => {
  const onSend = vi.fn();
  render(<Composer busy queues ready onSend={onSend} onStop={() => {}} />);
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Message"), "also this");
  await user.click(screen.getByRole("button", { name: "Queue" }));
  expect(onSend).toHaveBeenCalledExactlyOnceWith("also this", []);
});
