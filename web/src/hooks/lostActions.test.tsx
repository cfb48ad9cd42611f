import { useMutation } from "@tanstack/react-query";
import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { ConnectionError } from "@/api/errors";
import { renderInApp } from "../../tests/render";
import { toasts } from "./toasts";

let fail = () => {};
const failing = () =>
  new Promise<never>((_resolve, reject) => {
    fail = () => reject(new ConnectionError("gone"));
  });

function Action({ told }: { told: boolean }) {
  const { mutate, isError } = useMutation({ mutationFn: failing, meta: { told } });
  return (
    <button type="button" onClick={() => mutate()}>
      {isError ? "Failed" : "Act"}
    </button>
  );
}

function Page({ told }: { told: boolean }) {
  const [there, setThere] = useState(true);
  return (
    <>
      {there && <Action told={told} />}
      <button type="button" onClick={() => setThere(false)}>
        Leave
      </button>
    </>
  );
}

async function begin(told: boolean, leaves: boolean) {
  const { unmount } = await renderInApp(<Page told={told} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "Act" }));
  if (leaves) await user.click(screen.getByRole("button", { name: "Leave" }));
  await act(async () => fail());
  return unmount;
}

test("what fails after its place was left is said in a notification", async () => {
  await begin(false, true);
  await waitFor(() => expect(toasts.get()).toHaveLength(1));
  expect(toasts.get()[0]).toMatchObject({
    tone: "bad",
    text: "Something you began was not done: The gateway could not be reached.",
    ms: null,
  });
});

test("what fails in its place, or is told in another way, is not said twice", async () => {
  const unmount = await begin(false, false);
  await screen.findByRole("button", { name: "Failed" });
  unmount();
  await begin(true, true);
  expect(toasts.get()).toEqual([]);
});
