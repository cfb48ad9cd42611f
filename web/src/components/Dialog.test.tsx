import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { Dialog } from "./Dialog";
import { Menu, MenuItem } from "./Menu";

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
