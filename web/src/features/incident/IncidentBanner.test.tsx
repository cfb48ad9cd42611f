import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { renderInApp } from "../../../tests/render";
import { IncidentBanner } from "./IncidentBanner";

const since = "2026-05-01T12:00:00Z";

test("an incident says what is wrong, with how many accounts, and since when", async () => {
  await renderInApp(<IncidentBanner incident={{ cause: "overload", since, accounts: 3 }} />);
  const banner = screen.getByRole("alert");
  expect(banner).toHaveTextContent("The upstream has trouble: it is overloaded. 3 accounts fail alike");
  expect(banner.querySelector("time")).toHaveAttribute("datetime", since);
});

test("a cause that the page has no words for stands as it came; without an incident there is nothing", async () => {
  await renderInApp(<IncidentBanner incident={{ cause: "moon_phase", since, accounts: 2 }} />);
  expect(screen.getByRole("alert")).toHaveTextContent("moon_phase");
  await renderInApp(<IncidentBanner incident={null} />);
  expect(screen.getAllByRole("alert")).toHaveLength(1);
});
