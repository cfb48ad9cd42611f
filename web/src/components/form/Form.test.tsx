import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { setReachable } from "@/api/connection";
import { ConnectionError, toApiError } from "@/api/errors";
import { renderInApp } from "../../../tests/render";
import { Field } from "../Field";
import { Input } from "../inputs";
import { Form } from "./Form";
import { useDraft } from "./useDraft";

function Example({ error, onSave }: { error: unknown; onSave: () => void }) {
  const { draft, guard, set } = useDraft(() => ({ name: "" }));
  return (
    <Form
      save={{ isPending: false, error }}
      guard={guard}
      complete={draft.name !== ""}
      onSave={onSave}
      onClose={() => {}}
    >
      <Field label="Name">
        <Input value={draft.name} onChange={({ target }) => set({ name: target.value })} />
      </Field>
    </Form>
  );
}

async function filled(error: unknown) {
  const onSave = vi.fn();
  await renderInApp(<Example error={error} onSave={onSave} />);
  await userEvent.setup().type(screen.getByLabelText("Name"), "half{Enter}");
  return onSave;
}

test("what the gateway did not answer to is still there, and the form says when to send it again", async () => {
  setReachable(false);
  const onSave = await filled(new ConnectionError("gone"));
  expect(onSave).toHaveBeenCalledOnce();
  expect(screen.getByText(/it is not known whether this was done/)).toBeVisible();
  act(() => setReachable(true));
  expect(screen.getByText(/It answers again now/)).toBeVisible();
  expect(screen.getByLabelText("Name")).toHaveValue("half");
});

test("after too many attempts nothing is sent until the time has come", async () => {
  const onSave = await filled(toApiError(429, { error: "slow down", code: "too_many_attempts" }, 60));
  expect(screen.getByText(/You can try again in/)).toBeVisible();
  expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
  expect(onSave).not.toHaveBeenCalled();
});

test("what was not done for want of a session says so", async () => {
  await filled(toApiError(401, { error: "a valid token is required", code: "unauthorized" }));
  expect(screen.getByRole("alert")).toHaveTextContent("You were signed out, so this was not done.");
});
