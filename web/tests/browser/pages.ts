import type { Locator, Page } from "playwright-core";
import type { Permission } from "../../src/api/access";
import { words } from "./words";

/** A page as the tests go over them: what holds for one of these holds for all. */
export interface Entry {
  path: string;
  /** The key of its heading's words; or the heading itself, where it is a name. */
  heading: string;
  /** Who has it not is told so in its place. */
  needs?: Permission;
  /** A window is open over it; who may not change what it changes sees the page alone. */
  dialog?: Permission;
}

/** Every page for who is signed in, also with its windows open. A new page goes here. */
export const PAGES: readonly Entry[] = [
  { path: "/", heading: "overview.title" },
  { path: "/chat", heading: "chat.title" },
  { path: "/pools", heading: "pools.title" },
  { path: "/pools?edit=new", heading: "pools.title", dialog: "manage_providers" },
  { path: "/pools/openai-codex", heading: "openai-codex" },
  {
    path: "/pools/openai-codex?add=true",
    heading: "openai-codex",
    dialog: "manage_providers",
  },
  { path: "/pools/openai-codex?strategy=quota_aware", heading: "openai-codex" },
  { path: "/requests", heading: "requests.title" },
  { path: "/requests?from=2026-01-01T00:00:00Z&slower=10000", heading: "requests.title" },
  { path: "/usage", heading: "usage.title" },
  { path: "/usage?by=day&measure=tokens&period=30d", heading: "usage.title" },
  { path: "/agents", heading: "agents.title" },
  { path: "/agents?create=true", heading: "agents.title" },
  { path: "/providers", heading: "providers.title" },
  { path: "/providers?connect=new", heading: "providers.title", dialog: "manage_providers" },
  { path: "/providers?connect=new&way=import", heading: "providers.title", dialog: "manage_providers" },
  { path: "/providers?edit=new", heading: "providers.title", dialog: "manage_providers" },
  { path: "/settings/mcp", heading: "mcp.title" },
  { path: "/settings/mcp?edit=new", heading: "mcp.title", dialog: "manage_tools" },
  { path: "/settings/keys", heading: "keys.title", needs: "manage_keys" },
  { path: "/settings/keys?edit=new", heading: "keys.title", needs: "manage_keys", dialog: "manage_keys" },
  { path: "/settings/users", heading: "users.title", needs: "manage_members" },
  {
    path: "/settings/users?invite=true",
    heading: "users.title",
    needs: "manage_members",
    dialog: "manage_members",
  },
  { path: "/settings/tenants", heading: "tenants.title", needs: "manage_tenants" },
  {
    path: "/settings/tenants?edit=new",
    heading: "tenants.title",
    needs: "manage_tenants",
    dialog: "manage_tenants",
  },
  { path: "/settings/activity", heading: "activity.title", needs: "read_audit" },
  {
    path: "/settings/activity?from=2026-01-01T00:00:00Z",
    heading: "activity.title",
    needs: "read_audit",
  },
  { path: "/settings", heading: "settings.title" },
  { path: "/account", heading: "account.title" },
  { path: "/me", heading: "me.title" },
  { path: "/invite", heading: "invite.title" },
  { path: "/nothing-here", heading: "not_found.title" },
];

/** The pages without their windows. */
export const PLAIN_PAGES = PAGES.filter(({ path }) => !path.includes("?"));

/** The page's heading, also behind a window, which hides it from the accessibility tree. */
export function headingOf(page: Page, { heading }: Entry, language = "en"): Locator {
  const name = heading.includes(".") ? words(language)(heading) : heading;
  return page.getByRole("heading", { level: 1, name, exact: true, includeHidden: true });
}

/** The page and what it shows are there. */
export async function settled(page: Page, entry: Entry, language = "en"): Promise<void> {
  const say = words(language);
  await headingOf(page, entry, language).waitFor();
  const dialog = page.getByRole("dialog");
  await dialog.waitFor({ state: entry.dialog === undefined ? "detached" : "visible" });
  await page.getByText(say("common.loading"), { exact: true }).first().waitFor({ state: "detached" });
}

/** Goes there as a link would: the program is loaded once for all pages. What the page shows may still be on its way. */
export async function follow(page: Page, entry: Entry, language = "en"): Promise<void> {
  await page.evaluate((path) => window.history.pushState(null, "", path), entry.path);
  await headingOf(page, entry, language).waitFor();
}

/** Goes there, and waits for what the page shows. */
export async function visit(page: Page, entry: Entry, language = "en"): Promise<void> {
  await follow(page, entry, language);
  await settled(page, entry, language);
}
