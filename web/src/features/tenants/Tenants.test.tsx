import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { chosenTenant } from "@/api/tenant";
import { renderInApp } from "../../../tests/render";
import { session, tenant } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { TenantSwitch } from "../shell/TenantSwitch";
import { DeleteTenantDialog } from "./DeleteTenantDialog";
import { slugOf } from "./slugOf";
import { TenantForm } from "./TenantForm";
import { TenantTable } from "./TenantTable";

test("the short name follows the name until somebody writes one", async () => {
  const calls = stubGateway({ "POST /v1/tenants": () => json(tenant(), 201) });
  const onClose = vi.fn();
  await renderInApp(<TenantForm tenant={null} taken={["lab"]} onClose={onClose} />);
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Name"), "Lab");
  expect(screen.getByText("This name is already taken.")).toBeVisible();
  await user.type(screen.getByLabelText("Name"), " Zürich & Co.");
  expect(screen.getByLabelText("Short name")).toHaveValue("lab-zurich-co");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(calls[0]?.body).toEqual({ name: "Lab Zürich & Co.", slug: "lab-zurich-co" });
});

test("deleting a tenant takes its short name, here and in the call", async () => {
  const calls = stubGateway({ "DELETE /v1/tenants/t2": () => new Response(null, { status: 204 }) });
  const onClose = vi.fn();
  await renderInApp(<DeleteTenantDialog tenant={tenant()} onClose={onClose} />);
  const user = userEvent.setup();
  expect(screen.getByText(/1 account, no agent and all memberships/)).toBeVisible();
  await user.type(screen.getByLabelText("Type lab to confirm"), "lab");
  await user.click(screen.getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(calls[0]?.query.get("confirm")).toBe("lab");
});

test("a tenant is opened, switched to or deleted from its row; the first one stays", async () => {
  const calls = stubGateway({ "GET /v1/auth/session": () => json({ error: "no", code: "forbidden" }, 403) });
  const tenants = [tenant({ id: "t1", slug: "master", name: "Main", members: 3 }), tenant()];
  const [onEdit, onDelete] = [vi.fn(), vi.fn()];
  await renderInApp(<TenantTable rows={tenants} current="t1" onEdit={onEdit} onDelete={onDelete} />);
  const user = userEvent.setup();
  const act = (name: string) => user.click(screen.getByRole("button", { name: `More actions for ${name}` }));
  expect(screen.getByRole("row", { current: true })).toHaveTextContent("Main Shown now");
  expect(screen.queryByRole("button", { name: "Switch to Main" })).toBeNull();
  await act("Main");
  expect(await screen.findByText("The first tenant cannot be deleted.")).toBeVisible();
  expect(screen.queryByRole("menuitem", { name: "Delete" })).toBeNull();
  await user.keyboard("{Escape}");
  await act("Lab");
  await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
  await waitFor(() => expect(onDelete).toHaveBeenCalledExactlyOnceWith(tenants[1]));
  await user.click(screen.getByText("Lab"));
  expect(onEdit).toHaveBeenCalledExactlyOnceWith(tenants[1]);
  await user.click(screen.getByRole("button", { name: "Switch to Lab" }));
  expect(await screen.findByRole("alert")).toBeVisible();
  expect(calls.map(({ headers }) => headers.get("x-gateway-tenant-id"))).toEqual(["lab"]);
});

test("choosing a tenant asks who one is there, in its name", async () => {
  const tenants = [
    { ...session.tenant, role: "owner" as const },
    { id: "t2", slug: "lab", name: "Lab", role: "viewer" as const },
  ];
  const calls = stubGateway({ "GET /v1/auth/session": () => json({ ...session, tenants }) });
  const first = await renderInApp(<TenantSwitch session={{ ...session, tenants }} />);
  await userEvent.setup().selectOptions(screen.getByLabelText("Tenant"), "lab");
  await waitFor(() => expect(calls[0]?.headers.get("x-gateway-tenant-id")).toBe("lab"));
  expect(chosenTenant()).toBe("lab");
  first.unmount();
  await renderInApp(<TenantSwitch session={{ ...session, tenants: tenants.slice(0, 1) }} />);
  expect(screen.queryByLabelText("Tenant")).toBeNull();
});

test("a slug holds what a slug may hold", () => {
  expect(["Müller & Co", "  A  B  ", "日本"].map(slugOf)).toEqual(["muller-co", "a-b", ""]);
});
