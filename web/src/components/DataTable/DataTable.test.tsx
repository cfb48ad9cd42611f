import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { type Column, DataTable, type DataTableProps } from ".";

interface Item {
  id: string;
  size: number | null;
}

const columns: Column<Item>[] = [
  {
    id: "name",
    header: "Name",
    shown: "fixed",
    sort: ({ id }) => id,
    cell: ({ id }) => <a href="/x">{id}</a>,
  },
  {
    id: "size",
    header: "Size",
    largestFirst: true,
    sort: ({ size }) => size,
    cell: ({ size }) => size ?? "–",
  },
  { id: "note", header: "Note", shown: "optional", cell: () => "a note" },
];
const items: Item[] = [
  { id: "item 10", size: 1 },
  { id: "item 2", size: null },
  { id: "item 1", size: 7 },
];

function show(props: Partial<DataTableProps<Item>> = {}) {
  const all = { label: "Items", columns, rows: items, rowId: ({ id }: Item) => id, ...props };
  const result = render(<DataTable {...all} />);
  return { ...result, user: userEvent.setup() };
}

const order = () => screen.getAllByRole("link").map(({ textContent }) => textContent);

test("a press on a heading sorts, a second one turns it round, a third one lets it be", async () => {
  const { user } = show();
  const heading = screen.getByRole("columnheader", { name: "Name" });
  expect(heading).toHaveAttribute("aria-sort", "none");
  await user.click(within(heading).getByRole("button"));
  expect(heading).toHaveAttribute("aria-sort", "ascending");
  expect(order()).toEqual(["item 1", "item 2", "item 10"]);
  await user.click(within(heading).getByRole("button"));
  expect(heading).toHaveAttribute("aria-sort", "descending");
  expect(order()).toEqual(["item 10", "item 2", "item 1"]);
  await user.click(within(heading).getByRole("button"));
  expect(heading).toHaveAttribute("aria-sort", "none");
  expect(order()).toEqual(["item 10", "item 2", "item 1"]);
});

test("rows without a value are last whichever way the others stand", async () => {
  const { user } = show();
  const press = () => user.click(screen.getByRole("button", { name: "Size" }));
  await press();
  expect(order()).toEqual(["item 1", "item 10", "item 2"]);
  await press();
  expect(order()).toEqual(["item 10", "item 1", "item 2"]);
});

test("columns are chosen, and the browser keeps the choice under the table's name", async () => {
  const { user, unmount } = show({ name: "items" });
  expect(screen.queryByText("a note")).toBeNull();
  await user.click(screen.getByRole("button", { name: "View" }));
  expect(screen.getByRole("menuitemcheckbox", { name: "Name" })).toHaveAttribute("aria-disabled", "true");
  await user.click(screen.getByRole("menuitemcheckbox", { name: "Note" }));
  await user.click(screen.getByRole("menuitemcheckbox", { name: "Size" }));
  await user.keyboard("{Escape}");
  unmount();
  show({ name: "items" });
  expect(screen.getAllByText("a note")).toHaveLength(3);
  expect(screen.queryByRole("columnheader", { name: "Size" })).toBeNull();
});

test("j and k walk the rows, Enter opens, and what is typed into a field stays there", async () => {
  const onOpen = vi.fn();
  const { user } = show({ onOpen, toolbar: <input aria-label="Find" /> });
  await user.keyboard("jj");
  expect(screen.getByText("item 2").closest("tr")).toHaveFocus();
  await user.keyboard("k{Enter}");
  expect(onOpen).toHaveBeenLastCalledWith(items[0]);
  await user.click(screen.getByLabelText("Find"));
  await user.keyboard("jk");
  expect(screen.getByLabelText("Find")).toHaveValue("jk");
  expect(screen.getByLabelText("Find")).toHaveFocus();
});

test("a press on a row opens it, one on what stands in it does not", async () => {
  const onOpen = vi.fn();
  const { user } = show({ onOpen });
  await user.click(screen.getByText("7"));
  expect(onOpen).toHaveBeenCalledExactlyOnceWith(items[2]);
  screen.getByText("item 1").addEventListener("click", (event) => event.preventDefault());
  await user.click(screen.getByText("item 1"));
  expect(onOpen).toHaveBeenCalledOnce();
});

test("a row unfolds", async () => {
  const details = { label: ({ id }: Item) => `Details of ${id}`, render: ({ id }: Item) => `all of ${id}` };
  const { user } = show({ details });
  const button = screen.getByRole("button", { name: "Details of item 2" });
  await user.click(button);
  expect(button).toHaveAttribute("aria-expanded", "true");
  const unfolded = document.getElementById(button.getAttribute("aria-controls") ?? "");
  expect(unfolded).toHaveTextContent("all of item 2");
  await user.click(button);
  expect(screen.queryByText("all of item 2")).toBeNull();
});

test("what stands below a row follows it, wherever it is sorted to", async () => {
  const { user } = show({ below: ({ id }) => <p>below {id}</p> });
  const lines = () => [...document.querySelectorAll("tbody tr")].map(({ textContent }) => textContent);
  expect(lines()).toEqual([
    "item 101",
    "below item 10",
    "item 2–",
    "below item 2",
    "item 17",
    "below item 1",
  ]);
  await user.click(screen.getByRole("button", { name: "Name" }));
  expect(lines().slice(0, 2)).toEqual(["item 17", "below item 1"]);
});

test("where there is nothing, there is nothing to search and to choose", () => {
  const find = ({ id }: Item) => id;
  const { rerender } = show({ name: "items", find, rows: [], empty: <p>None yet</p> });
  expect(screen.queryByRole("searchbox")).toBeNull();
  expect(screen.queryByRole("button", { name: "View" })).toBeNull();
  rerender(
    <DataTable
      label="Items"
      columns={columns}
      rowId={({ id }) => id}
      name="items"
      find={find}
      rows={items}
    />,
  );
  expect(screen.getByRole("searchbox")).toBeVisible();
  expect(screen.getByRole("button", { name: "View" })).toBeVisible();
});

test("loading, an error and nothing at all are said in the table's place", () => {
  const { rerender, container } = show({ rows: undefined });
  expect(screen.getByRole("status")).toHaveTextContent("Loading…");
  expect(screen.getByRole("columnheader", { name: "Name" })).toBeVisible();
  const base = { label: "Items", columns, rowId: ({ id }: Item) => id, empty: <p>None yet</p> };
  rerender(<DataTable {...base} rows={[]} />);
  expect(screen.getByText("None yet")).toBeVisible();
  expect(container.querySelector("table")).toBeNull();
  rerender(<DataTable {...base} rows={undefined} error={new Error("broken")} onRetry={() => {}} />);
  expect(screen.getByRole("alert")).toHaveTextContent("broken");
  expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
});

test("the rows stand closer when the viewer wants them to", async () => {
  const { user } = show({ name: "items" });
  await user.click(screen.getByRole("button", { name: "View" }));
  await user.click(screen.getByRole("menuitemcheckbox", { name: "Compact rows" }));
  expect(localStorage.getItem("gateway.density")).toBe("compact");
  await user.click(screen.getByRole("menuitemcheckbox", { name: "Compact rows" }));
  expect(localStorage.getItem("gateway.density")).toBe("comfortable");
});

test("words are looked for in all rows, wherever they stand", async () => {
  const { user } = show({ find: ({ id, size }) => `${id} ${size}` });
  await user.keyboard("/");
  await user.keyboard("7 ITEM");
  await waitFor(() => expect(order()).toEqual(["item 1"]));
  await user.keyboard("x");
  expect(await screen.findByText("Nothing in this list matches “7 ITEMx”.")).toBeVisible();
});

const many: Item[] = Array.from({ length: 10_000 }, (_, size) => ({ id: `n${size}`, size }));

beforeEach(() => {
  // The test environment lays nothing out.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(800);
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(40);
});

test("of ten thousand rows only those in sight are in the page, and each says which one it is", async () => {
  const { user } = show({ rows: many });
  const table = screen.getByRole("table");
  expect(table).toHaveAttribute("aria-rowcount", "10001");
  const rows = document.querySelectorAll("tr[data-row]");
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.length).toBeLessThan(100);
  expect(rows[0]).toHaveAttribute("aria-rowindex", "2");
  await user.keyboard("j");
  expect(rows[0]).toHaveFocus();
});
