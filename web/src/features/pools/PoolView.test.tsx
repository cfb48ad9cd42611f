import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { QuotaList } from "@/api/types";
import { renderInApp } from "../../../tests/render";
import { poolActivity, pooled, providerCounts, quota, quotaWindow } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { PoolView } from "./PoolView";
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

const noop = { tried: null, onTry: () => {} };
const account = (name: string) => within(document.querySelector(`[data-account="${name}"]`) as HTMLElement);

test("each account says its place, its health, what it has left and what it did", async () => {
  stubGateway({
    [ACTIVITY]: () =>
      json(poolActivity({ provider_counts: [providerCounts({ last_error: "usage_limit_reached" })] })),
  });
  await renderInApp(<PoolView pool={POOL} quota={QUOTA} {...noop} />);
  expect(await screen.findByText("Healthy 90")).toBeVisible();
  const first = account("openai-codex");
  for (const text of [
    "5 hours",
    "Week",
    "5% left · 95% used",
    "· almost used up",
    "its quota is used up",
    "owner · takes its turn",
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
  await renderInApp(<PoolView pool={{ ...POOL, accounts }} quota={QUOTA} {...noop} />);
  expect(account("openai-codex").getByText("Ready")).toBeVisible();
  const paused = account("openai-codex").getByText(/gpt-5.5 paused until/);
  expect(paused).toHaveTextContent(/ · this model is not in its plan$/);
  expect(account("codex-grace").queryByText(/paused/)).toBeNull();
});

test("what nobody read is unknown, and why is said", async () => {
  stubGateway({ [ACTIVITY]: () => json(poolActivity()) });
  await renderInApp(<PoolView pool={POOL} quota={QUOTA} {...noop} />);
  expect(account("codex-grace").getByText(/Quota could not be read: timed out/)).toBeVisible();
  expect(account("codex-linus").getByText(/Quota unknown/)).toBeVisible();
  expect(account("codex-linus").queryByText(/0%/)).toBeNull();
});

test("a request says whether it failed over, and unfolds to why", async () => {
  stubGateway({ [ACTIVITY]: () => json(poolActivity()) });
  await renderInApp(<PoolView pool={POOL} quota={QUOTA} {...noop} />);
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

test("a viewer sees all of it, and is told why nothing can be changed", async () => {
  const calls = stubGateway({ [ACTIVITY]: () => json(poolActivity()) });
  await renderInApp(<PoolView pool={POOL} quota={QUOTA} {...noop} tried="quota_aware" />, "viewer");
  const user = userEvent.setup();
  for (const name of ["More actions for codex-grace", "Use: By quota"]) {
    const button = screen.getByRole("button", { name });
    expect(button).toHaveAccessibleDescription(/signed in as Viewer/);
    await user.click(button);
  }
  expect(screen.getByLabelText("Conversations")).toBeDisabled();
  expect(screen.queryByRole("button", { name: "Move codex-grace" })).toBeNull();
  expect(calls.every(({ route }) => route.startsWith("GET"))).toBe(true);
});

test("the order is changed by keyboard, said, saved, and taken back", async () => {
  const calls = stubGateway({
    [ACTIVITY]: () => json(poolActivity()),
    "PUT /v1/providers/p1": () => json({ status: "updated" }),
  });
  await renderInApp(<PoolView pool={POOL} quota={QUOTA} {...noop} />);
  const user = userEvent.setup();
  const order = () =>
    [...document.querySelectorAll("[data-account]")].map((it) => it.getAttribute("data-account"));
  const handle = () => screen.getByRole("button", { name: "Move codex-linus" });
  handle().focus();
  await user.keyboard(" {ArrowUp}");
  expect(handle()).toHaveAttribute("aria-pressed", "true");
  expect(screen.getByText("codex-linus: number 2.")).toBeInTheDocument();
  await user.keyboard("{Escape}");
  expect(order()).toEqual(["openai-codex", "codex-grace", "codex-linus"]);
  expect(calls.some(({ route }) => route.startsWith("PUT"))).toBe(false);
  await user.keyboard(" {ArrowUp} ");
  await user.click(await screen.findByRole("button", { name: "Undo" }));
  const saved = () => calls.filter(({ route }) => route.startsWith("PUT")).map(({ body }) => body);
  await expect
    .poll(saved)
    .toEqual([
      { settings: { codex_pool: { extra_provider_names: ["codex-linus", "codex-grace"] } } },
      { settings: { codex_pool: { extra_provider_names: ["codex-grace", "codex-linus"] } } },
    ]);
});

test("an account is paused, made the primary, and taken out, each with a way back", async () => {
  const calls = stubGateway({
    [ACTIVITY]: () => json(poolActivity()),
    "PUT /v1/providers/p1": () => json({ status: "updated" }),
    "PUT /v1/providers/p2": () => json({ status: "updated" }),
  });
  await renderInApp(<PoolView pool={POOL} quota={QUOTA} {...noop} />);
  const user = userEvent.setup();
  for (const [item, said] of [
    ["Pause", "codex-grace is paused."],
    ["Make primary", "codex-grace comes first now."],
    ["Take out of the pool", "codex-grace was taken out."],
  ] as const) {
    await user.click(screen.getByRole("button", { name: "More actions for codex-grace" }));
    await user.click(await screen.findByRole("menuitem", { name: item }));
    expect(await screen.findByText(said)).toBeVisible();
    expect(screen.getByRole("button", { name: "Undo" })).toBeVisible();
  }
  const puts = calls.filter(({ route }) => route.startsWith("PUT"));
  expect(puts.map(({ route, body }) => [route, body])).toEqual([
    ["PUT /v1/providers/p2", { enabled: false }],
    ["PUT /v1/providers/p1", { settings: { codex_pool: { primary_provider_name: "codex-grace" } } }],
    ["PUT /v1/providers/p1", { settings: { codex_pool: { extra_provider_names: ["codex-linus"] } } }],
  ]);
});

test("another strategy is shown with what it would have done, before it is taken", async () => {
  const calls = stubGateway({
    [ACTIVITY]: () => json(poolActivity()),
    "GET /v1/providers/p1/pool-preview": () =>
      json({
        strategy: "quota_aware",
        current_strategy: "round_robin",
        requests: 200,
        from: null,
        to: null,
        by_account: [{ provider_name: "openai-codex", actual: 70, simulated: 150 }],
        moved: 80,
        unserved: 0,
        notes: ["quota_unknown", "of_a_newer_gateway"],
      }),
    "PUT /v1/providers/p1": () => json({ status: "updated" }),
  });
  await renderInApp(<PoolView pool={POOL} quota={QUOTA} {...noop} tried="quota_aware" />);
  const preview = await screen.findByTestId("preview");
  expect(preview).toHaveTextContent("80 requests would have gone elsewhere of 200 requests.");
  expect(within(preview).getByRole("row", { name: "openai-codex 70 150" })).toBeVisible();
  expect(preview).toHaveTextContent("of_a_newer_gateway");
  expect(calls.find(({ route }) => route.endsWith("pool-preview"))?.query.get("requests")).toBe("200");
  await userEvent.setup().click(screen.getByRole("button", { name: "Use: By quota" }));
  await expect
    .poll(() => calls.find(({ route }) => route.startsWith("PUT"))?.body)
    .toEqual({ settings: { codex_pool: { strategy: "quota_aware" } } });
});
