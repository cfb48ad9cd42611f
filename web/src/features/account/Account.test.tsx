import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { renderInApp } from "../../../tests/render";
import { sessionUser, signInMethods } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { deviceOf } from "./device";
import { PasswordCard } from "./PasswordCard";
import { qrCode } from "./qr";
import { SessionsCard } from "./SessionsCard";
import { TotpCard } from "./TotpCard";
import { WaysCard } from "./WaysCard";

const none = () => new Response(null, { status: 204 });

test("a second factor is set up with a code, and its recovery codes are shown once", async () => {
  const calls = stubGateway({
    "POST /v1/account/totp": () =>
      json({ secret: "JBSWY3DP", otpauth_url: "otpauth://totp/gateway:ada?secret=JBSWY3DP" }),
    "POST /v1/account/totp/confirm": () => json({ recovery_codes: ["aaaa-bbbb", "cccc-dddd"] }),
  });
  await renderInApp(<TotpCard user={sessionUser()} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "Set it up" }));
  expect(await screen.findByText("JBSWY3DP")).toBeVisible();
  expect(screen.getByRole("img", { name: /QR code/ })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: /Open in an app/ })).toHaveAttribute(
    "href",
    "otpauth://totp/gateway:ada?secret=JBSWY3DP",
  );
  await user.type(screen.getByLabelText("Code from the app"), "123 456{Enter}");
  expect(await screen.findByText("aaaa-bbbb")).toBeVisible();
  expect(calls.find(({ route }) => route.endsWith("confirm"))?.body).toEqual({ code: "123456" });
  await user.click(screen.getByRole("button", { name: "I have stored them" }));
  expect(screen.queryByText("aaaa-bbbb")).toBeNull();
});

test("switching it off takes the password", async () => {
  const calls = stubGateway({ "DELETE /v1/account/totp": none });
  await renderInApp(<TotpCard user={sessionUser({ has_totp: true })} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "Switch off" }));
  await user.type(screen.getByLabelText("Current password"), "secret{Enter}");
  await waitFor(() => expect(calls[0]?.body).toEqual({ password: "secret" }));
});

test("a password is changed with the present one, and set without by who has none", async () => {
  const calls = stubGateway({ "POST /v1/account/password": none });
  const first = await renderInApp(<PasswordCard user={sessionUser()} />);
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Current password"), "old one");
  await user.type(screen.getByLabelText("New password"), "a long new one{Enter}");
  expect(await screen.findByText(/The new password is in force/)).toBeVisible();
  expect(calls[0]?.body).toEqual({ current: "old one", new: "a long new one" });
  first.unmount();
  await renderInApp(<PasswordCard user={sessionUser({ has_password: false })} />);
  await user.type(screen.getByLabelText("New password"), "a long new one{Enter}");
  await waitFor(() => expect(calls.at(-1)?.body).toEqual({ new: "a long new one" }));
});

test("the ways in are listed; another one takes the password, and the last one stays", async () => {
  const identity = {
    id: "i1",
    issuer: "corp",
    label: "Corp",
    email: "ada@corp.example",
    created_at: "2026-05-01T12:00:00Z",
    last_used_at: null,
  };
  const calls = stubGateway({
    "GET /v1/account/identities": () => json({ identities: [identity] }),
    "GET /v1/auth/methods": () =>
      json(
        signInMethods({
          oidc: [
            { name: "corp", label: "Corp" },
            { name: "lab", label: "Lab" },
          ],
        }),
      ),
    "POST /v1/account/identities": () => json({ error: "no", code: "issuer_unavailable" }, 502),
    "DELETE /v1/account/identities/i1": none,
  });
  const first = await renderInApp(<WaysCard user={sessionUser()} />);
  const user = userEvent.setup();
  expect(await screen.findByText(/ada@corp.example/)).toBeVisible();
  expect(screen.getByText("E-mail address and password")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Add Corp" })).toBeNull();
  await user.click(await screen.findByRole("button", { name: "Add Lab" }));
  await user.type(screen.getByLabelText("Current password"), "secret{Enter}");
  expect(await screen.findByText(/The sign-in service can’t be reached/)).toBeVisible();
  expect(calls.find(({ route }) => route.startsWith("POST"))?.body).toEqual({
    issuer: "lab",
    password: "secret",
  });
  await user.click(screen.getByRole("button", { name: "Remove: Corp" }));
  await waitFor(() => expect(calls.some(({ route }) => route.startsWith("DELETE"))).toBe(true));
  first.unmount();
  await renderInApp(<WaysCard user={sessionUser({ has_password: false, is_managed: true })} />);
  expect(await screen.findByText(/ada@corp.example/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Remove: Corp" })).toBeNull();
});

test("sessions are listed, and all others can be ended", async () => {
  const at = "2026-05-01T12:00:00Z";
  const times = { created_at: at, last_seen_at: at, expires_at: at, method: "password" };
  const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
  const calls = stubGateway({
    "GET /v1/account/sessions": () =>
      json({
        sessions: [
          { id: "s1", current: true, user_agent: firefox, address: "127.0.0.1", ...times },
          { id: "s2", current: false, user_agent: null, address: null, ...times },
        ],
      }),
    "DELETE /v1/account/sessions/s2": none,
    "POST /v1/account/sessions/revoke-others": none,
  });
  await renderInApp(<SessionsCard />);
  const user = userEvent.setup();
  expect(await screen.findByText("Firefox, Linux")).toBeVisible();
  expect(screen.getByText("This one")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "End the session: Unknown device" }));
  await user.click(screen.getByRole("button", { name: "End all others" }));
  await waitFor(() =>
    expect(calls.map(({ route }) => route)).toEqual(
      expect.arrayContaining(["DELETE /v1/account/sessions/s2", "POST /v1/account/sessions/revoke-others"]),
    ),
  );
});

test("a browser is named by what it calls itself", () => {
  const mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";
  expect(deviceOf(`${mac} Version/26.0 Safari/605.1.15`)).toBe("Safari, macOS");
  expect(deviceOf(`${mac} Chrome/140.0 Safari/537.36 Edg/140.0`)).toBe("Edge, macOS");
  expect(deviceOf("curl/8.5.0")).toBe("curl");
  expect(deviceOf(null)).toBeNull();
});

test("a QR code is as the standard has it", () => {
  // Version 1 of "hi" with mask 2, compared once with the Python package `qrcode`.
  const rows = qrCode("hi")?.map((row) => row.map((dark) => (dark ? "#" : ".")).join(""));
  expect(rows).toEqual(HI);
  expect(qrCode("x".repeat(300))).toHaveLength(69);
  expect(qrCode("x".repeat(413))).toBeNull();
});

const HI = [
  "#######..####.#######",
  "#.....#..##.#.#.....#",
  "#.###.#.##.##.#.###.#",
  "#.###.#.##..#.#.###.#",
  "#.###.#.#..##.#.###.#",
  "#.....#.##..#.#.....#",
  "#######.#.#.#.#######",
  "........#.###........",
  "#.#####.....#.#####..",
  ".###.#.#..#.#..#....#",
  "..##..##.#.#.#..####.",
  "###.#....#.....##.#..",
  "###.#.#....#.#..#.#.#",
  "........#..####..#..#",
  "#######...#.#.##...#.",
  "#.....#.#######..#..#",
  "#.###.#.#...#..#..#..",
  "#.###.#.###.#..#..#..",
  "#.###.#.#..#.#..###..",
  "#.....#..##....##.#..",
  "#######.#.##.#..####.",
];
