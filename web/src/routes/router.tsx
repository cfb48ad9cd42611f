import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { NotFound } from "@/features/shell/NotFound";
import { PageError } from "@/features/shell/PageError";
import { Root } from "@/features/shell/Root";
import { pages } from "./pages";
import {
  activitySearch,
  agentsSearch,
  chatSearch,
  inviteSearch,
  keysSearch,
  mcpSearch,
  poolSearch,
  poolsSearch,
  providersSearch,
  requestsSearch,
  tenantsSearch,
  usageSearch,
  usersSearch,
} from "./search";

const root = createRootRoute({ component: Root, notFoundComponent: NotFound });

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: pages.overview,
});

const pools = createRoute({
  getParentRoute: () => root,
  path: "/pools",
  validateSearch: poolsSearch,
  component: pages.pools,
});

const pool = createRoute({
  getParentRoute: () => root,
  path: "/pools/$name",
  validateSearch: poolSearch,
  component: pages.pool,
});

const chat = createRoute({
  getParentRoute: () => root,
  path: "/chat",
  validateSearch: chatSearch,
  component: pages.chat,
});

const requests = createRoute({
  getParentRoute: () => root,
  path: "/requests",
  validateSearch: requestsSearch,
  component: pages.requests,
});

const usage = createRoute({
  getParentRoute: () => root,
  path: "/usage",
  validateSearch: usageSearch,
  component: pages.usage,
});

const agents = createRoute({
  getParentRoute: () => root,
  path: "/agents",
  validateSearch: agentsSearch,
  component: pages.agents,
});

const providers = createRoute({
  getParentRoute: () => root,
  path: "/providers",
  validateSearch: providersSearch,
  component: pages.providers,
});

const mcp = createRoute({
  getParentRoute: () => root,
  path: "/settings/mcp",
  validateSearch: mcpSearch,
  component: pages.mcp,
});

const keys = createRoute({
  getParentRoute: () => root,
  path: "/settings/keys",
  validateSearch: keysSearch,
  component: pages.keys,
});

const users = createRoute({
  getParentRoute: () => root,
  path: "/settings/users",
  validateSearch: usersSearch,
  component: pages.users,
});

const tenants = createRoute({
  getParentRoute: () => root,
  path: "/settings/tenants",
  validateSearch: tenantsSearch,
  component: pages.tenants,
});

const activity = createRoute({
  getParentRoute: () => root,
  path: "/settings/activity",
  validateSearch: activitySearch,
  component: pages.activity,
});

const account = createRoute({
  getParentRoute: () => root,
  path: "/account",
  component: pages.account,
});

const me = createRoute({
  getParentRoute: () => root,
  path: "/me",
  component: pages.me,
});

const invite = createRoute({
  getParentRoute: () => root,
  path: "/invite",
  validateSearch: inviteSearch,
  component: pages.invite,
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: pages.settings,
});

const gallery = createRoute({
  getParentRoute: () => root,
  path: "/gallery",
  component: pages.gallery,
});

export function createAppRouter() {
  return createRouter({
    routeTree: root.addChildren([
      overview,
      pools,
      pool,
      chat,
      requests,
      usage,
      agents,
      providers,
      mcp,
      keys,
      users,
      tenants,
      activity,
      settings,
      account,
      me,
      invite,
      gallery,
    ]),
    defaultErrorComponent: PageError,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
