import { afterAll, beforeAll, expect, test } from "vitest";
import type { Permission, Role } from "../../../src/api/access";
import { LEAST } from "../../../src/api/permissions";
import { type Browser, launch } from "../browser";
import { type Entry, PAGES, PLAIN_PAGES, visit } from "../pages";
import { type Cookie, enterAs, GATEWAY_URL } from "../session";
import { makeUser, open, removeUser, sharedSession } from "../support";
import { words } from "../words";
import { needed } from "./needed";
import { changes, pressEverything } from "./presses";

const say = words("en");
const PASSWORD = "four words of a role";
const emailOf = (role: Role) => `browser-${role}@example.com`;

/** What changes something from a page, by the key of its button's words. */
const CONTROLS: { path: string; control: string; needs: Permission }[] = [
  { path: "/pools", control: "pools.create", needs: "manage_providers" },
  { path: "/agents", control: "agents.create", needs: "manage_agents" },
  { path: "/providers", control: "providers.connect", needs: "manage_providers" },
  { path: "/providers", control: "providers.add", needs: "manage_providers" },
  { path: "/settings/mcp", control: "mcp.add", needs: "manage_tools" },
  { path: "/settings/keys", control: "keys.create", needs: "manage_keys" },
  { path: "/settings/users", control: "users.invite", needs: "manage_members" },
  { path: "/settings/tenants", control: "tenants.create", needs: "manage_tenants" },
];

/** Why this role may not, in the words of the page. */
function reason(permission: Permission, role: Role): string {
  const key = { owner: "access.owner_only", admin: "access.admin_only" }[LEAST[permission] as string];
  return say(key ?? "access.denied").replace("{role}", say(`settings.roles.${role}`));
}

async function sessionOf(role: Role): Promise<Cookie[]> {
  // The gateway's token is an owner.
  if (role === "owner") return sharedSession();
  await removeUser(emailOf(role));
  await makeUser(emailOf(role), PASSWORD, role);
  return enterAs(emailOf(role), PASSWORD);
}

async function permissionsOf(cookies: Cookie[]): Promise<Set<Permission>> {
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const answer = await fetch(`${GATEWAY_URL}/v1/auth/session`, { headers: { cookie } });
  return new Set(((await answer.json()) as { permissions: Permission[] }).permissions);
}

/** The tests of one role: it sees every page, may press what it may do, and is told why it may not do the rest. */
export function doesWhatItMay(role: Role): void {
  let browser: Browser;
  let may: Set<Permission>;

  /** The page as this role gets it: a window only where it may change something. */
  const theirs = ({ dialog, ...entry }: Entry): Entry =>
    dialog !== undefined && may.has(dialog) ? { ...entry, dialog } : entry;

  beforeAll(async () => {
    const cookies = await sessionOf(role);
    may = await permissionsOf(cookies);
    browser = await launch();
    await browser.context.addCookies(cookies);
    await open(browser.page, "/");
    await browser.page.locator("#main h1").waitFor();
  });

  afterAll(async () => {
    await browser.close();
    if (role !== "owner") await removeUser(emailOf(role));
    expect(browser.complaints).toEqual([]);
  });

  /** It can be pressed if the role may; else the page says why not. */
  async function isForWhomItIs({ control, needs }: (typeof CONTROLS)[number]): Promise<void> {
    const { page } = browser;
    const button = page
      .locator("#main")
      .getByRole("button", { name: say(control) })
      .first();
    const usable = (await button.count()) > 0 && (await button.getAttribute("aria-disabled")) !== "true";
    expect([control, usable]).toEqual([control, may.has(needs)]);
    if (!usable) await page.getByText(reason(needs, role)).first().waitFor();
  }

  test.each(PAGES)("$path is shown with what may be changed, or says why it is not", async (entry) => {
    const { page } = browser;
    await visit(page, theirs(entry));
    const refused = entry.needs !== undefined && !may.has(entry.needs);
    const why = entry.needs && page.getByText(reason(entry.needs, role), { exact: true });
    expect([entry.path, (await why?.count()) ?? 0]).toEqual([entry.path, refused ? 1 : 0]);
    for (const each of CONTROLS) if (each.path === entry.path) await isForWhomItIs(each);
  });

  test("the navigation leads to every page that may be opened, and to no other", async () => {
    const { page } = browser;
    for (const { path, needs } of PLAIN_PAGES) {
      const links = await page.locator(`nav a[href="${path}"]`).count();
      if (needs) expect([path, links > 0]).toEqual([path, may.has(needs)]);
    }
  });

  // Nothing is beyond an owner. What is sent is looked at and dropped, so that nothing changes for the others.
  test.each(role === "owner" ? [] : PLAIN_PAGES)(
    "nothing that can be pressed on $path is beyond the role",
    async (entry) => {
      const { page } = browser;
      const sent = await changes(page, () => pressEverything(page, entry));
      const beyond = sent.filter((call) => !needed(call).every((each) => may.has(each as Permission)));
      expect(beyond).toEqual([]);
    },
  );
}
