import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent, { PointerEventsCheckLevel } from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import { setReachable } from "@/api/connection";
import { showToast } from "@/hooks/toasts";
import { Dialog } from "./Dialog";
import { Menu, MenuItem } from "./Menu";
import { Toasts } from "./Toasts";

function Page() {
  const [open, setOpen] = useState(false);
  const show = () => setOpen(true);
  return (
    <>
      <button type="button" onClick={show}>
        Open
      </button>
      <Menu trigger={<button type="button">More</button>}>
        <MenuItem onSelect={show}>Open from menu</MenuItem>
      </Menu>
      {open && (
        <Dialog onClose={() => setOpen(false)} title="Window">
          <input aria-label="First" />
        </Dialog>
      )}
    </>
  );
}

test("the focus starts in the content and returns to the button that opened the window", async () => {
  render(<Page />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "Open" }));
  await waitFor(() => expect(screen.getByLabelText("First")).toHaveFocus());
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.getByRole("button", { name: "Open" })).toHaveFocus());
});

test("a window opened from a menu returns the focus to the menu's button", async () => {
  render(<Page />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "More" }));
  await user.click(await screen.findByRole("menuitem", { name: "Open from menu" }));
  await waitFor(() => expect(screen.getByLabelText("First")).toHaveFocus());
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.getByRole("button", { name: "More" })).toHaveFocus());
});

test("a window without a way out stays until it is through, and a notification can be pressed beside it", async () => {
  const onClose = vi.fn();
  const first = render(
    <Dialog title="Window">
      <input aria-label="First" />
    </Dialog>,
  );
  const user = userEvent.setup();
  expect(screen.queryByRole("button", { name: "Close" })).toBeNull();
  await user.keyboard("{Escape}");
  expect(screen.getByRole("dialog")).toBeVisible();
  first.unmount();
  render(
    <>
      <Toasts />
      <Dialog onClose={onClose} title="Window">
        <input aria-label="First" />
      </Dialog>
    </>,
  );
  act(() => void showToast({ tone: "idle", text: "Gone.", ms: null }));
  // The style sheet, which gives notifications their pointer back, is no part of this test.
  const near = userEvent.setup({ pointerEventsCheck: PointerEventsCheckLevel.Never });
  await near.click(within(await screen.findByRole("listitem")).getByRole("button"));
  await waitFor(() => expect(screen.queryByText("Gone.")).toBeNull());
  expect(onClose).not.toHaveBeenCalled();
  await user.keyboard("{Escape}");
  expect(onClose).toHaveBeenCalledOnce();
});

test("a window says that the gateway does not answer, since it covers what the page says", async () => {
  render(
    <Dialog onClose={() => {}} title="Window">
      <input aria-label="First" />
    </Dialog>,
  );
  expect(screen.queryByRole("status")).toBeNull();
  act(() => setReachable(false));
  expect(screen.getByRole("status")).toHaveTextContent("The gateway does not answer.");
});
