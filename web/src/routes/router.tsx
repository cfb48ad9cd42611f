import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { NotFound } from "@/features/shell/NotFound";
import { PageError } from "@/features/shell/PageError";
import { Root } from "@/features/shell/Root";
import { agentsSearch, chatSearch, providersSearch, requestsSearch } from "./search";

const root = createRootRoute({ component: Root, notFoundComponent: NotFound });

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("./overview")),
});

const chat = createRoute({
  getParentRoute: () => root,
  path: "/chat",
  validateSearch: chatSearch,
  component: lazyRouteComponent(() => import("./chat")),
});

const requests = createRoute({
  getParentRoute: () => root,
  path: "/requests",
  validateSearch: requestsSearch,
  component: lazyRouteComponent(() => import("./requests")),
});

const agents = createRoute({
  getParentRoute: () => root,
  path: "/agents",
  validateSearch: agentsSearch,
  component: lazyRouteComponent(() => import("./agents")),
});

const providers = createRoute({
  getParentRoute: () => root,
  path: "/providers",
  validateSearch: providersSearch,
  component: lazyRouteComponent(() => import("./providers")),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyRouteComponent(() => import("./settings")),
});

export function createAppRouter() {
  return createRouter({
    routeTree: root.addChildren([overview, chat, requests, agents, providers, settings]),
    defaultPreload: "intent",
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
