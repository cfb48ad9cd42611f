import { type FC, type LazyExoticComponent, lazy } from "react";
import { whenIdle } from "@/hooks/whenIdle";
import { withWords } from "@/i18n";

type Page =
  | "overview"
  | "pools"
  | "pool"
  | "chat"
  | "requests"
  | "usage"
  | "agents"
  | "providers"
  | "mcp"
  | "keys"
  | "users"
  | "tenants"
  | "activity"
  | "settings"
  | "account"
  | "me"
  | "invite"
  | "gallery";

// The types are written out: the pages' own types need the router's, which is made of these.
const load: Record<Page, () => Promise<{ default: FC }>> = {
  overview: () => import("./overview"),
  pools: withWords(() => import("./pools")),
  pool: withWords(() => import("./pool")),
  chat: withWords(() => import("./chat")),
  requests: withWords(() => import("./requests")),
  usage: withWords(() => import("./usage")),
  agents: withWords(() => import("./agents")),
  providers: withWords(() => import("./providers")),
  mcp: withWords(() => import("./mcp")),
  keys: withWords(() => import("./keys")),
  users: withWords(() => import("./users")),
  tenants: withWords(() => import("./tenants")),
  activity: withWords(() => import("./activity")),
  settings: withWords(() => import("./settings")),
  account: withWords(() => import("./account")),
  me: withWords(() => import("./me")),
  invite: withWords(() => import("./invite")),
  gallery: withWords(() => import("./gallery")),
};

// `React.lazy` and not the router's own: that one reloads the window when a page's file does not
// arrive, which loses everything when the gateway is only restarting. `PageError` offers it instead.
export const pages: Record<Page, LazyExoticComponent<FC>> = {
  overview: lazy(load.overview),
  pools: lazy(load.pools),
  pool: lazy(load.pool),
  chat: lazy(load.chat),
  requests: lazy(load.requests),
  usage: lazy(load.usage),
  agents: lazy(load.agents),
  providers: lazy(load.providers),
  mcp: lazy(load.mcp),
  keys: lazy(load.keys),
  users: lazy(load.users),
  tenants: lazy(load.tenants),
  activity: lazy(load.activity),
  settings: lazy(load.settings),
  account: lazy(load.account),
  me: lazy(load.me),
  invite: lazy(load.invite),
  gallery: lazy(load.gallery),
};

/** Fetches every page, once the first one is there, so that moving between them needs no gateway. They are small. */
export function preloadPages() {
  whenIdle(() => {
    const { gallery: _seldom, ...others } = load;
    for (const page of Object.values(others)) page().catch(() => {});
  });
}
