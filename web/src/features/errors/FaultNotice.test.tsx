import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { renderInApp } from "../../../tests/render";
import { FaultNotice } from "./FaultNotice";

test("a known failure is told with what to do, and the raw text stays below", async () => {
  await renderInApp(
    <FaultNotice cause="usage_limit" code="usage_limit_reached" message="The usage limit has been reached" />,
  );
  const notice = screen.getByRole("alert");
  for (const text of [
    "its quota is used up",
    /another account adds room/,
    "The usage limit has been reached",
  ]) {
    expect(notice).toHaveTextContent(text);
  }
  expect(notice).toHaveTextContent("usage_limit_reached");
});

test("a failure that the catalogue lacks stands as it came, and nothing stands as nothing", async () => {
  await renderInApp(<FaultNotice code="of_tomorrow" message="Something new" />);
  expect(screen.getByText("Something new")).toBeVisible();
  expect(screen.getByText("of_tomorrow")).toBeVisible();
  await renderInApp(<FaultNotice code={null} message={null} />);
  expect(screen.getAllByRole("alert")).toHaveLength(1);
});
