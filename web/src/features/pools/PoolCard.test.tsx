import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { QuotaList } from "@/api/types";
import { renderInApp } from "../../../tests/render";
import { poolActivity, pooled, providerCounts, quota, quotaWindow } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { PoolCard } from "./PoolCard";
import { poolsOf } from "./pools";

const RESETS = "Early resets available at ChatGPT: 2";
const ACTIVITY = "GET /v1/providers/p1/codex-pool-activity";
const [POOL] = poolsOf(pooled(["openai-codex", "codex-grace", "codex-linus"], "round_robin"));
if (!POOL) throw new Error("no sample");

const QUOTA: QuotaList = {
  generated_at: "2026-05-01T12:00:00Z",
  providers: [
    quota({
      reset_credits: { available: 2, applicable: 1 },
      windows: [
        quotaWindow({ used_percent: 95, remaining_percent: 5 }),
        quotaWindow({ label: "w", kind: "weekly" }),
      ],
      forecast: [
        {
          label: "5h",
          kind: "five_hour",
          meter: null,
          verdict: "runs_out",
          runs_out_at: null,
          runs_out_in_seconds: null,
          text: "soon",
        },
      ],
    }),
    quota({ provider_id: "p2", windows: [], error: "timed out", success: false }),
  ],
};

const noop = { onEdit: () => {}, onDissolve: () => {} };
const account = (name: string) => within(document.querySelector(`[data-account="${name}"]`) as HTMLElement);

test("each account says its place, its health, what it has left and what it did", async () => {
  stubGateway({
    [ACTIVITY]: () =>
      json(poolActivity({ provider_counts: [providerCounts({ last_error: "usage_limit_reached" })] })),
  });
  await renderInApp(<PoolCard pool={POOL} quota={QUOTA} {...noop} />);
  expect(await screen.findByText("Healthy 90")).toBeVisible();
  const first = account("openai-codex");
  for (const text of [
    "5 hours",
    "Week",
    "5% left · 95% used",
    "· almost used up",
    "usage_limit_reached",
    RESETS,
  ])
    expect(first.getByText(text)).toBeVisible();
  expect(first.getByText("runs out before the reset")).toHaveAttribute("title", "soon");
  expect(first.getByText("Chosen first").nextSibling).toHaveTextContent("8");
});

test("a model that an account does not serve for now is said in its row, though the account is ready", async () => {
  stubGateway({ [ACTIVITY]: () => json(poolActivity()) });
  const until = new Date(Date.now() + 600_000).toISOString();
  const [owner, ...members] = POOL.accounts;
  if (!owner) throw new Error("no owner");
  const model_blocks = [{ model: "gpt-5.5", reason: "model_not_in_plan", until }];
  const accounts = [{ ...owner, status: { ...owner.status, model_blocks } }, ...members];
  await renderInApp(<PoolCard pool={{ ...POOL, accounts }} quota={QUOTA} {...noop} />);
  expect(account("openai-codex").getByText("Ready")).toBeVisible();
  const paused = account("openai-codex").getByText(/gpt-5.5 paused until/);
  expect(paused).toHaveTextContent(/ · this model is not in its plan$/);
  expect(account("codex-grace").queryByText(/paused/)).toBeNull();
});

test("what nobody read is unknown, and why is said", async () => {
  stubGateway({ [ACTIVITY]: () => json(poolActivity()) });
  await renderInApp(<PoolCard pool={POOL} quota={QUOTA} {...noop} />);
  expect(account("codex-grace").getByText(/Quota could not be read: timed out/)).toBeVisible();
  expect(account("codex-linus").getByText(/Quota unknown/)).toBeVisible();
  expect(account("codex-linus").queryByText(/0%/)).toBeNull();
});

test("a request says whether it failed over, and unfolds to why", async () => {
  stubGateway({ [ACTIVITY]: () => json(poolActivity()) });
  await renderInApp(<PoolCard pool={POOL} quota={QUOTA} {...noop} />);
  expect(await screen.findByText("failover")).toHaveAttribute("title", "Failed before: openai-codex");
  const why = screen.getByRole("button", { name: "Why?" });
  expect(why).toHaveAttribute("aria-expanded", "false");
  await userEvent.setup().click(why);
  expect(why).toHaveAttribute("aria-expanded", "true");
  const decision = screen.getByTestId("decision");
  expect(decision).toHaveTextContent("codex-linus: its quota is used up");
  expect(screen.getByRole("link", { name: "Details of the request" })).toHaveAttribute(
    "href",
    "/requests?request=r1",
  );
});

test("a viewer sees all of it, and is told why the buttons do nothing", async () => {
  const calls = stubGateway({ [ACTIVITY]: () => json(poolActivity()) });
  let edited = false;
  const onEdit = () => {
    edited = true;
  };
  await renderInApp(<PoolCard pool={POOL} quota={QUOTA} {...noop} onEdit={onEdit} />, "viewer");
  const edit = screen.getByRole("button", { name: "Edit the pool of openai-codex" });
  expect(edit).toHaveAttribute("aria-disabled", "true");
  expect(edit).toHaveAccessibleDescription(/signed in as Viewer/);
  await userEvent.setup().click(edit);
  expect(edited).toBe(false);
  expect(calls.every(({ route }) => route.startsWith("GET"))).toBe(true);
});
